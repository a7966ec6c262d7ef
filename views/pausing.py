"""Who gains by pausing, as a page: tables by person, estate, reason and month, and the pauses behind each figure."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask import Response, request, url_for
from flask_admin import expose

from models.base import N_, Labelled, now
from models.pause import Pause, PauseReason
from models.ticket import Ticket
from reports.pausing import (
    MONTHS_AT_MOST,
    MONTHS_BY_DEFAULT,
    NOBODY,
    Gain,
    PausingQuestion,
    PausingReport,
    pauses_behind,
    pausing_report,
    tickets_behind,
)
from rules.months import month_of
from rules.permissions import Action, Scope
from views.access import default_zone, model_scope
from views.asking import Asking, Field, estate_field
from views.behind import PAGING, Behind, rows_file, rows_page
from views.database import db
from views.figures import Column, Figure, Table, TableRow, duration, link, name_figure, number_figure, percent
from views.language import translate
from views.summaries import Summary, SummaryPage

Row = tuple[str, Gain, Mapping[str, Any]]  # its name, its figures, and what the address of its pauses says of it


class PausingPage(SummaryPage):
    """Which share of the open time the clocks stood still: by person, estate, reason and month."""

    title = N_("Who gains by pausing")
    address = "pausing"
    icon = "pause-circle"
    parameters: ClassVar[tuple[str, ...]] = ("from", "to", "estate_id")

    def summary(self, scope: Scope) -> Summary:
        asking = Asking()
        asking.only(self.parameters)
        question = _asked(asking, scope)
        report = pausing_report(db.session, question, scope, now())
        fields = [
            Field("from", translate(N_("From month")), str(question.first)),
            Field("to", translate(N_("To month")), str(question.last)),
            estate_field(scope, question.estate_id),
        ]
        is_empty = not report.total.pauses
        return Summary(_lead(report), _notes(), fields, None, _tables(question, report), asking.faults, is_empty)

    @expose("/pauses")
    def pauses_view(self) -> Any:
        """The pauses behind a figure."""
        return rows_page(self, self._behind(Action.SEE), ".pauses_view")

    @expose("/pauses/<export_type>")
    def pauses_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._behind(Action.EXPORT))

    @expose("/tickets")
    def tickets_view(self) -> Any:
        """The tickets whose open time a figure adds up."""
        return rows_page(self, self._tickets(Action.SEE), ".tickets_view")

    @expose("/tickets/<export_type>")
    def tickets_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._tickets(Action.EXPORT))

    def _behind(self, action: Action) -> Behind:
        scope, asking = model_scope(Pause, action), Asking()
        asking.only((*self.parameters, "person", "reason", "told", *PAGING))
        question = _asked(asking, scope)
        reason, told = asking.choice("reason", PauseReason), asking.choice("told", Told)
        where = pauses_behind(db.session, question, scope, _person(asking), reason, told is Told.NO)
        chips = [f"{question.first} – {question.last}", *(translate(each.label) for each in (reason, told) if each)]
        return Behind(Pause, where, translate(N_("Pauses behind the figure")), chips, asking.faults)

    def _tickets(self, action: Action) -> Behind:
        scope, asking = model_scope(Ticket, action), Asking()
        asking.only((*self.parameters, "person", "kept", *PAGING))
        question, kept = _asked(asking, scope), asking.choice("kept", Kept)
        where = tickets_behind(db.session, question, scope, _person(asking), kept is Kept.BY_PAUSES)
        chips = [f"{question.first} – {question.last}", *([translate(kept.label)] if kept else [])]
        return Behind(Ticket, where, translate(N_("Tickets behind the figure")), chips, asking.faults)


class Told(Labelled):
    """Of pauses only those of which the owner was not told."""

    NO = "no", N_("Owner not told")


class Kept(Labelled):
    """Of tickets only those that met a date by their pauses alone."""

    BY_PAUSES = "by_pauses", N_("In time only by pausing")


def _person(asking: Asking) -> int | None:
    """The assignee asked for; `none` asks for the tickets without one."""
    return NOBODY if request.args.get("person") == "none" else asking.number("person")


def _asked(asking: Asking, scope: Scope) -> PausingQuestion:
    """The months and estate asked for; where nothing or nonsense is asked, the last three months."""
    this = month_of(now(), default_zone())
    last = asking.month("to") or this
    first = asking.month("from") or last.plus(1 - MONTHS_BY_DEFAULT)
    if not 0 < len(first.until(last)) <= MONTHS_AT_MOST:
        sentence = N_("The months must follow each other, %(value)s at most: the last three are shown")
        asking.refuse(sentence, str(MONTHS_AT_MOST))
        first, last = this.plus(1 - MONTHS_BY_DEFAULT), this
    return PausingQuestion(first, last, asking.estate("estate_id", scope))


def _lead(report: PausingReport) -> str:
    sentence = N_("%(pauses)s pauses stopped the clocks for %(paused)s, %(share)s of the time the tickets were open.")
    return translate(sentence) % {
        "pauses": report.total.pauses,
        "paused": duration(report.total.paused_seconds),
        "share": percent(report.total.share or 0),
    }


def _notes() -> list[str]:
    counted = N_(
        "Counted are the tickets opened in these months, each for whom it is assigned to at present. Time paused is "
        "what moved the dates: from when the owner was told (S2 二.4), as far as it was allowed, within the cap (ours)."
    )
    opened = N_("Open time runs round the clock from the first opening to the present end, or until now (ours).")
    saved = N_("In time only by pausing are tickets of which a date was met that would have passed without the pauses.")
    return [translate(counted), translate(opened), translate(saved)]


def _tables(question: PausingQuestion, report: PausingReport) -> list[Table]:
    nobody = translate(N_("Nobody assigned"))
    people: list[Row] = [
        (report.names.get(person, nobody), gain, {"person": person or "none"})
        for person, gain in report.by_person.items()
    ]
    places: list[Row] = [(place.name, gain, {"estate_id": place.id}) for place, gain in report.by_place.items()]
    reasons: list[Row] = [
        (translate(reason.label), gain, {"reason": reason.value}) for reason, gain in report.by_reason.items()
    ]
    months: list[Row] = [
        (str(month), gain, {"from": month, "to": month}) for month, gain in sorted(report.by_month.items())
    ]
    return [
        _table("people", N_("By person"), N_("Assignee"), question, _most_first(people)),
        _table("estates", N_("By estate"), N_("Estate"), question, _most_first(places)),
        _table("reasons", N_("By reason"), N_("Reason of the wait"), question, _most_first(reasons)),
        _table("months", N_("By month of opening"), N_("Month"), question, months),
    ]


def _most_first(rows: Iterable[Row]) -> list[Row]:
    """Those that gain most first; who paused nothing is left out."""
    return sorted((row for row in rows if row[1].pauses), key=lambda row: -(row[1].share or 0))


def _table(name: str, title: str, heading: str, question: PausingQuestion, rows: Iterable[Row]) -> Table:
    columns = [
        Column(translate(heading), is_number=False),
        Column(translate(N_("Paused share"))),
        Column(translate(N_("Time paused")), file_labels=(translate(N_("Hours paused")),)),
        Column(translate(N_("Time open")), file_labels=(translate(N_("Hours open")),)),
        Column(translate(N_("Pauses"))),
        Column(translate(N_("Owner not told"))),
        Column(translate(N_("In time only by pausing"))),
    ]
    asked = {"from": question.first, "to": question.last, "estate_id": question.estate_id}
    found = [TableRow(columns, _figures(row, asked)) for row in rows]
    return Table(name, translate(title), "", columns, found)


def _figures(row: Row, asked: Mapping[str, Any]) -> list[Figure]:
    name, gain, own = row
    pauses, share = url_for("pausing.pauses_view"), gain.share
    url = link(pauses, {**asked, **own})
    tickets = link(url_for("pausing.tickets_view"), {**asked, **own, "reason": None})
    return [
        name_figure(name),
        Figure("—", ("",)) if share is None else Figure(percent(share), (round(share, 4),), url if share else None),
        _hours(gain.paused_seconds, url if gain.paused_seconds else None),
        _hours(gain.open_seconds, tickets),
        number_figure(gain.pauses, url),
        number_figure(gain.untold, link(pauses, {**asked, **own, "told": Told.NO})),
        Figure("—", ("",)) if "reason" in own else number_figure(gain.saved, f"{tickets}&kept={Kept.BY_PAUSES}"),
    ]


def _hours(seconds: int, url: str | None) -> Figure:
    return Figure(duration(seconds), (round(seconds / 3600, 1),), url)
