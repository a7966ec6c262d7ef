"""The escalation summary as tables and chart, each figure with the list of the rows it counts."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import url_for

from models.base import N_
from models.ticket import TicketKind
from reports.escalation import LADDER_CLAUSE, LEVELS, LIMITS_CLAUSE, Age, EscalationReport, Promise, Speed
from reports.zones import Place
from rules.satisfaction import Share
from views.figures import (
    Column,
    Figure,
    Table,
    TableRow,
    duration,
    link,
    name_figure,
    number_figure,
    share_columns,
    share_figures,
    table_row,
)
from views.language import translate
from views.summary_charts import Drawing, escalation_spec

_LEVEL_NAMES: Mapping[int, str] = {
    0: N_("Front desk or assignee"),
    1: N_("Client-service supervisor"),
    2: N_("Centre manager"),
    3: N_("HQ and general manager"),
}


def level_name(level: int) -> str:
    """The level of the ladder with its number."""
    who = level_who(level)
    return f"{level} · {who}" if who else str(level)


def level_who(level: int) -> str:
    """Who stands at the level; nothing for one above those that the standards name."""
    name = _LEVEL_NAMES.get(level)
    return translate(name) if name else ""


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
    links = Links(report, estate_id)
    return [make(links, report) for make in (_open_tickets, _steps, _speeds, _promises)]


def chart(report: EscalationReport, estate_id: int | None) -> tuple[Drawing, str] | None:
    """The chart, to be drawn at a width, and what it shows in words; None when no ticket is open."""
    if not report.open_tickets:
        return None
    links, told = Links(report, estate_id), _by_age(report)
    rows = [
        {
            "level": level_name(level),
            "age": translate(age.label),
            "rank": rank,
            "number": number,
            "url": links.to(links.open, level=level, age=age.value),
        }
        for level in _levels(report)
        for rank, (age, number) in enumerate(zip(Age, told[None, level], strict=False))
        if number
    ]
    label = translate(N_("Open tickets by level and age; the table has the figures"))
    levels = [level_name(level) for level in _levels(report)]
    return partial(escalation_spec, rows, levels, [translate(age.label) for age in Age]), label


def _levels(report: EscalationReport) -> list[int]:
    return sorted({*LEVELS, *(level for _, level, _ in report.open_tickets), *(level for _, level in report.steps)})


def _rows_of(report: EscalationReport) -> list[Place | None]:
    """A row per estate, and one for all together where there are several."""
    return [*report.places, None] if len(report.places) > 1 else list(report.places)


def _place_name(place: Place | None) -> Figure:
    return name_figure(place.name if place else translate(N_("All estates")))


class Links:
    """Where the rows are listed that the figures count; one estate asked for goes into every link."""

    def __init__(self, report: EscalationReport, estate_id: int | None) -> None:
        self.estate_id = estate_id
        self.open, self.steps = url_for("escalation.tickets_view"), url_for("escalation.steps_view")
        self.times, self.resolutions = url_for("escalation.times_view"), url_for("escalation.resolutions_view")
        self.step_list, self.ticket_list = url_for("ladder-steps.index_view"), url_for("tickets.index_view")

    def to(self, address: str, place: Place | None = None, **parameters: Any) -> str:
        return link(address, {**parameters, "estate_id": place.id if place else self.estate_id})


def _open_tickets(links: Links, report: EscalationReport) -> Table:
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        Column(translate(N_("Level")), is_number=False),
        *(Column(translate(age.label)) for age in Age),
        Column(translate(N_("Total"))),
    ]
    levels, told = _levels(report), _by_age(report)
    rows = [
        _open_row(columns, links, place, level, numbers)
        for place in _rows_of(report)
        for level in levels
        if any(numbers := told[place, level])
    ]
    return Table("open", translate(N_("Open tickets by level and age")), "", columns, rows)


def _by_age(report: EscalationReport) -> Mapping[tuple[Place | None, int], tuple[int, ...]]:
    """Open tickets by place, or all together, and level: a number for each age."""
    counted: defaultdict[tuple[Place | None, int], Counter[Age]] = defaultdict(Counter)
    for (place, level, age), number in report.open_tickets.items():
        counted[place, level][age] += number
        counted[None, level][age] += number
    return defaultdict(tuple, {key: tuple(ages[age] for age in Age) for key, ages in counted.items()})


def _open_row(
    columns: Sequence[Column], links: Links, place: Place | None, level: int, numbers: tuple[int, ...]
) -> TableRow:
    def make() -> Sequence[Figure]:
        spans = zip((*Age, None), (*numbers, sum(numbers)), strict=True)
        figures = [
            number_figure(number, links.to(links.open, place, level=level, age=age and age.value))
            for age, number in spans
        ]
        return [_place_name(place), name_figure(level_name(level)), *figures]

    return table_row(columns, ("open", place, links.estate_id, level, numbers), make)


def _steps(links: Links, report: EscalationReport) -> Table:
    levels = [level for level in _levels(report) if level]
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        *(Column(level_name(level)) for level in levels),
    ]
    climbed = {place: tuple(report.steps.get((place, level), 0) for level in levels) for place in report.places}
    together = tuple(map(sum, zip(*climbed.values(), strict=True)))
    rows = [
        _step_row(columns, links, report, place, dict(zip(levels, numbers, strict=True)))
        for place in _rows_of(report)
        if any(numbers := climbed[place] if place else together)
    ]
    note = translate(N_("Steps of the ladder that came due since the month began, in the estate's time."))
    return Table("steps", translate(N_("Steps up the ladder this month")), note, columns, rows)


def _step_row(
    columns: Sequence[Column],
    links: Links,
    report: EscalationReport,
    place: Place | None,
    numbers: Mapping[int, int],
) -> TableRow:
    start = report.month_start(place)

    def url(level: int) -> str:
        if start is None:  # months that began apart: no filter of the list says which steps these are
            return links.to(links.steps, place, level=level)
        span: dict[str, Any] = {"due_at.from": _moment(start), "due_at.past": "yes"}
        return links.to(links.step_list, place, level=level, **span)

    def make() -> Sequence[Figure]:
        return [_place_name(place), *(number_figure(number, url(level)) for level, number in numbers.items())]

    return table_row(columns, ("steps", place, links.estate_id, start, tuple(numbers.items())), make)


def _speeds(links: Links, report: EscalationReport) -> Table:
    start = report.past_start(None)
    mean, median = N_("Mean in hours"), (N_("Median from, in hours"), N_("Median below, in hours"))
    columns = [
        Column(translate(N_("Ticket kind")), is_number=False),
        Column(translate(N_("Resolved tickets"))),
        Column(translate(N_("Mean")), file_labels=(translate(mean),)),
        Column(translate(N_("Median lies between")), file_labels=tuple(map(translate, median))),
    ]
    rows = [_speed_row(columns, links, kind, speed, start) for kind, speed in report.speeds.items()]
    note = translate(
        N_(
            "Of the tickets resolved this month and in the two months before, in the estate's time. The median is told "
            "as the span in which it lies: tickets are counted by spans of time along the limits of the standards."
        )
    )
    return Table("times", translate(N_("Time to resolve")), note, columns, rows)


def _speed_row(
    columns: Sequence[Column], links: Links, kind: TicketKind, speed: Speed, start: datetime | None
) -> TableRow:
    def make() -> Sequence[Figure]:
        # Months that began apart: no filter of the list says which tickets these are.
        url = links.to(links.times, kind=kind.value)
        if start is not None:
            since: dict[str, Any] = {"resolved_at.from": _moment(start)}
            url = links.to(links.ticket_list, kind=kind.value, **since)
        return [
            name_figure(translate(kind.label)),
            number_figure(speed.resolved, url),
            Figure(duration(speed.mean_seconds), (round(speed.mean_seconds / 3600, 2),)),
            _median_figure(speed),
        ]

    return table_row(columns, ("times", kind, speed, start, links.estate_id), make)


def _median_figure(speed: Speed) -> Figure:
    lower, upper = speed.median_from, speed.median_below
    if upper is None:
        return Figure(f"≥ {duration(lower)}", (round(lower / 3600, 2), ""))
    return Figure(f"{duration(lower)} – {duration(upper)}", (round(lower / 3600, 2), round(upper / 3600, 2)))


def _promises(links: Links, report: EscalationReport) -> Table:
    columns = [
        Column(translate(N_("Estate")), is_number=False),
        Column(translate(N_("Resolutions due"))),
        Column(translate(N_("In time"))),
        Column(translate(N_("Late or not done"))),
        *share_columns(translate(N_("Share in time"))),
    ]
    rows = [
        _promise_row(columns, links, place, share)
        for place in _rows_of(report)
        if (share := _promise_share(report, place)).total
    ]
    note = translate(
        N_("Of the resolutions that came due this month and in the two months before, in the estate's time.")
    )
    return Table("in-time", translate(N_("Resolved in time")), note, columns, rows)


def _promise_share(report: EscalationReport, place: Place | None) -> Share:
    shares = [share for each, share in report.promises.items() if place in (None, each)]
    return Share(sum(share.good for share in shares), sum(share.total for share in shares))


def _promise_row(columns: Sequence[Column], links: Links, place: Place | None, share: Share) -> TableRow:
    def make() -> Sequence[Figure]:
        every = links.to(links.resolutions, place)
        url = {promise: links.to(links.resolutions, place, promise=promise.value) for promise in Promise}
        return [
            _place_name(place),
            number_figure(share.total, every),
            number_figure(share.good, url[Promise.IN_TIME]),
            number_figure(share.total - share.good, url[Promise.LATE]),
            *share_figures(share, every),
        ]

    return table_row(columns, ("promises", place, links.estate_id, share), make)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
