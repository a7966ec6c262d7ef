"""The escalation summary as tables and chart, each figure with the list of the rows it counts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import url_for

from models.base import N_
from reports.escalation import LADDER_CLAUSE, LEVELS, LIMITS_CLAUSE, Age, EscalationReport, Promise
from reports.zones import Place
from rules.satisfaction import Share
from views.figures import (
    Column,
    Figure,
    Table,
    duration,
    name_figure,
    number_figure,
    share_columns,
    share_figures,
)
from views.language import translate
from views.summary_charts import escalation_spec

_LEVEL_NAMES: Mapping[int, str] = {
    0: N_("Front desk or assignee"),
    1: N_("Client-service supervisor"),
    2: N_("Centre manager"),
    3: N_("HQ and general manager"),
}


def level_name(level: int) -> str:
    """The level of the ladder with its number."""
    name = _LEVEL_NAMES.get(level)
    return f"{level} · {translate(name)}" if name else str(level)


def lead(report: EscalationReport) -> str:
    """The one sentence that the page begins with."""
    number = sum(report.open_tickets.values())
    climbed = sum(tickets for (_, level, _), tickets in report.open_tickets.items() if level)
    sentence = N_("%(number)s tickets are open; time has taken %(climbed)s of them up the ladder.")
    return translate(sentence) % {"number": number, "climbed": climbed}


def notes() -> list[str]:
    """How the figures are made, with their clauses."""
    level = N_(
        "A ticket's level is the highest step of the ladder due by now (%(clause)s), whether the sweep has recorded it "
        "yet or not. Its age counts from the first opening, in days of 24 hours."
    )
    time = N_(
        "Time to resolve runs from the first opening to the present resolution (ours). In time: the resolution was "
        "done when it was due (limits: %(clause)s); tickets entered wrongly do not count."
    )
    return [translate(level) % {"clause": LADDER_CLAUSE}, translate(time) % {"clause": LIMITS_CLAUSE}]


def tables(report: EscalationReport, estate_id: int | None) -> list[Table]:
    """The tables of the page, in its order."""
    return [
        _open_tickets(report, estate_id),
        _steps(report, estate_id),
        _speeds(report, estate_id),
        _promises(report, estate_id),
    ]


def chart(report: EscalationReport, estate_id: int | None) -> tuple[dict[str, Any], str] | None:
    """The spec of the chart and what it shows in words; None when no ticket is open."""
    if not report.open_tickets:
        return None
    rows = [
        {
            "level": level_name(level),
            "age": translate(age.label),
            "rank": rank,
            "number": number,
            "url": _tickets_url(estate_id, level, age),
        }
        for level in _levels(report)
        for rank, age in enumerate(Age)
        if (number := _sum(report, None, level, age))
    ]
    label = translate(N_("Open tickets by level and age; the table has the figures"))
    levels = [level_name(level) for level in _levels(report)]
    return escalation_spec(rows, levels, [translate(age.label) for age in Age]), label


def _levels(report: EscalationReport) -> list[int]:
    return sorted({*LEVELS, *(level for _, level, _ in report.open_tickets), *(level for _, level in report.steps)})


def _sum(report: EscalationReport, place: Place | None, level: int | None = None, age: Age | None = None) -> int:
    return sum(
        number
        for (each, its_level, its_age), number in report.open_tickets.items()
        if place in (None, each) and level in (None, its_level) and age in (None, its_age)
    )


def _rows_of(report: EscalationReport) -> list[Place | None]:
    """A row per estate, and one for all together where there are several."""
    return [*report.places, None] if len(report.places) > 1 else list(report.places)


def _place_name(place: Place | None) -> Figure:
    return name_figure(place.name if place else translate(N_("All estates")))


def _estate(place: Place | None, estate_id: int | None) -> dict[str, Any]:
    wanted = place.id if place else estate_id
    return {} if wanted is None else {"estate_id": wanted}


def _tickets_url(estate_id: int | None, level: int | None, age: Age | None) -> str:
    wanted = {"level": level, "age": age.value if age else None, "estate_id": estate_id}
    chosen: dict[str, Any] = {key: value for key, value in wanted.items() if value is not None}
    return url_for("escalation.tickets_view", **chosen)


def _open_tickets(report: EscalationReport, estate_id: int | None) -> Table:
    rows = [
        [
            _place_name(place),
            name_figure(level_name(level)),
            *(_open_figure(report, place, estate_id, level, age) for age in (*Age, None)),
        ]
        for place in _rows_of(report)
        for level in _levels(report)
        if _sum(report, place, level)
    ]
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        Column(translate(N_("Level")), is_number=False),
        *(Column(translate(age.label)) for age in Age),
        Column(translate(N_("Total"))),
    ]
    return Table("open", translate(N_("Open tickets by level and age")), "", columns, rows)


def _open_figure(
    report: EscalationReport, place: Place | None, estate_id: int | None, level: int, age: Age | None
) -> Figure:
    url = _tickets_url(place.id if place else estate_id, level, age)
    return number_figure(_sum(report, place, level, age), url)


def _steps(report: EscalationReport, estate_id: int | None) -> Table:
    levels = [level for level in _levels(report) if level]
    rows = [
        [_place_name(place), *(_step_figure(report, place, estate_id, level) for level in levels)]
        for place in _rows_of(report)
        if any(number for (each, _), number in report.steps.items() if place in (None, each))
    ]
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        *(Column(level_name(level)) for level in levels),
    ]
    note = translate(N_("Steps of the ladder that came due since the month began, in the estate's time."))
    return Table("steps", translate(N_("Steps up the ladder this month")), note, columns, rows)


def _step_figure(report: EscalationReport, place: Place | None, estate_id: int | None, level: int) -> Figure:
    number = sum(count for (each, its), count in report.steps.items() if its == level and place in (None, each))
    start = report.month_start(place)
    if start is None:  # months that began apart: no filter of the list says which steps these are
        return number_figure(number, url_for("escalation.steps_view", level=level, **_estate(place, estate_id)))
    span: dict[str, Any] = {"due_at.from": _moment(start), "due_at.to": _moment(report.now)}
    return number_figure(number, url_for("ladder-steps.index_view", level=level, **span, **_estate(place, estate_id)))


def _speeds(report: EscalationReport, estate_id: int | None) -> Table:
    span: dict[str, Any] = {"resolved_at.from": _moment(report.since), "resolved_at.to": _moment(report.now)}
    rows = [
        [
            name_figure(translate(kind.label)),
            number_figure(
                speed.resolved,
                url_for("tickets.index_view", kind=kind.value, **span, **_estate(None, estate_id)),
            ),
            Figure(duration(speed.mean_seconds), (round(speed.mean_seconds / 3600, 2),)),
            Figure(duration(speed.median_seconds), (round(speed.median_seconds / 3600, 2),)),
        ]
        for kind, speed in report.speeds.items()
    ]
    mean, median = N_("Mean in hours"), N_("Median in hours")
    columns = [
        Column(translate(N_("Ticket kind")), is_number=False),
        Column(translate(N_("Resolved tickets"))),
        Column(translate(N_("Mean")), file_labels=(translate(mean),)),
        Column(translate(N_("Median")), file_labels=(translate(median),)),
    ]
    note = translate(N_("Of the tickets resolved in the last 90 days."))
    return Table("times", translate(N_("Time to resolve")), note, columns, rows)


def _promises(report: EscalationReport, estate_id: int | None) -> Table:
    shares = {place: _promise_share(report, place) for place in _rows_of(report)}
    rows = [
        [_place_name(place), *_promise_figures(share, _estate(place, estate_id))]
        for place, share in shares.items()
        if share.total
    ]
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        Column(translate(N_("Resolutions due"))),
        Column(translate(N_("In time"))),
        Column(translate(N_("Late or not done"))),
        *share_columns(translate(N_("Share in time"))),
    ]
    note = translate(N_("Of the resolutions that were due in the last 90 days."))
    return Table("in-time", translate(N_("Resolved in time")), note, columns, rows)


def _promise_share(report: EscalationReport, place: Place | None) -> Share:
    shares = [share for each, share in report.promises.items() if place in (None, each)]
    return Share(sum(share.good for share in shares), sum(share.total for share in shares))


def _promise_figures(share: Share, estate: Mapping[str, Any]) -> list[Figure]:
    every = url_for("escalation.resolutions_view", **estate)
    url = {promise: url_for("escalation.resolutions_view", promise=promise.value, **estate) for promise in Promise}
    return [
        number_figure(share.total, every),
        number_figure(share.good, url[Promise.IN_TIME]),
        number_figure(share.total - share.good, url[Promise.LATE]),
        *share_figures(share, every),
    ]


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
