"""The two summaries, satisfaction and escalation: chart, tables, files, and the rows behind every figure."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Response, abort, request, url_for
from flask_admin import expose
from markupsafe import Markup

from models.base import N_, Group, Permission, now
from models.callback import Callback
from models.milestone import LadderStep, Milestone
from models.standard import HIGHEST_LEVEL
from models.ticket import Ticket, TicketKind
from reports.escalation import (
    Age,
    Promise,
    escalation_report,
    promises_behind,
    steps_behind,
    tickets_behind,
    times_behind,
)
from reports.satisfaction import (
    MONTHS_AT_MOST,
    MONTHS_BY_DEFAULT,
    Answer,
    Butler,
    Question,
    callbacks_behind,
    last_twelve_months,
    satisfaction_report,
)
from rules.permissions import Action, Scope
from views import escalation_tables, satisfaction_tables
from views.access import default_zone, demand, may_class, model_scope, scope_of
from views.asking import Asking, Field, estate_field
from views.behind import PAGING, Behind, rows_file, rows_page
from views.charts import chart_svg
from views.database import db
from views.downloads import table_file
from views.escalation_tables import level_name
from views.figures import Table
from views.language import translate
from views.pages import PanelPage, Way
from views.summary_charts import NARROW, WIDE, Drawing


@dataclass(frozen=True, slots=True)
class Summary:
    """What a summary shows: its sentences, controls, chart (how to draw it, and its description) and tables."""

    lead: str
    notes: Sequence[str]
    fields: Sequence[Field]
    chart: tuple[Drawing, str] | None
    tables: Sequence[Table]
    faults: Sequence[str]
    is_empty: bool


class SummaryPage(PanelPage):
    """A page made of one summary; each of its tables is a file too."""

    group = Group.SERVICE
    permission = Permission.SERVICE

    def summary(self, scope: Scope) -> Summary:
        """The figures that the address asks for, within the scope."""
        raise NotImplementedError

    @expose("/")
    def index(self) -> Any:
        summary = self.summary(scope_of(self.permission, Action.SEE))
        body = self.render(
            "summaries/summary.html",
            summary=summary,
            chart=self._chart(summary),
            asked=request.args.to_dict(flat=False),
            can_export=may_class(self.permission, Action.EXPORT),
        )
        return (body, 400) if summary.faults else body

    @expose("/export/<table>/<export_type>")
    def export(self, table: str, export_type: str) -> Response:
        demand(may_class(self.permission, Action.EXPORT))
        summary = self.summary(scope_of(self.permission, Action.EXPORT))
        found = next((each for each in summary.tables if each.name == table), None)
        if found is None or export_type not in ("csv", "xlsx"):
            abort(404)
        if summary.faults:
            abort(400)
        return table_file(export_type, f"{self.address}-{table}", found.header(), found.file_rows())

    def _chart(self, summary: Summary) -> Markup | None:
        return drawn(*summary.chart) if summary.chart is not None else None


_CHARTS_KEPT = 64  # in each worker, some 50 kB each; all are kept on the disk
_drawn: OrderedDict[str, Markup] = OrderedDict()


def drawn(draw: Drawing, label: str) -> Markup | None:
    """The chart for a page and for a phone; as long as what it shows stays the same it is taken from memory."""
    content = json.dumps([draw.func.__qualname__, draw.args, label])
    if content not in _drawn:
        chart = chart_svg([draw(width=WIDE), draw(width=NARROW)], label)
        if chart is None:
            return None
        _drawn[content] = chart
        while len(_drawn) > _CHARTS_KEPT:
            _drawn.popitem(last=False)
    return _drawn[content]


class SatisfactionPage(SummaryPage):
    """How satisfied owners are, from callbacks."""

    title = N_("Satisfaction")
    address = "satisfaction"
    icon = "emoji-smile"
    parameters: ClassVar[tuple[str, ...]] = ("from", "to", "estate_id", "kind")

    def summary(self, scope: Scope) -> Summary:
        asking = Asking()
        asking.only(self.parameters)
        question = asked_question(asking, scope)
        report = satisfaction_report(db.session, question, scope)
        return Summary(
            satisfaction_tables.lead(report),
            satisfaction_tables.notes(),
            _satisfaction_fields(question, scope),
            satisfaction_tables.chart(question, report),
            satisfaction_tables.tables(question, report),
            asking.faults,
            is_empty=not report.by_month,
        )

    @expose("/callbacks")
    def callbacks_view(self) -> Any:
        """The callbacks behind a figure that the list of callbacks cannot be filtered to."""
        return rows_page(self, self._behind(Action.SEE), ".callbacks_view")

    @expose("/callbacks/<export_type>")
    def callbacks_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._behind(Action.EXPORT))

    def _behind(self, action: Action) -> Behind:
        scope, asking = model_scope(Callback, action), Asking()
        asking.only((*self.parameters, "answer", "butler_id", *PAGING))
        question = asked_question(asking, scope)
        answer = asking.choice("answer", Answer)
        butler = asked_butler(asking)
        where = callbacks_behind(db.session, question, scope, answer, butler)
        chips = [f"{question.first} – {question.last}"]
        chips += [translate(each.label) for each in (question.kind, answer) if each is not None]
        return Behind(Callback, where, translate(N_("Callbacks behind the figure")), chips, asking.faults)


def asked_question(asking: Asking, scope: Scope) -> Question:
    """The months, estate and kind asked for; where nothing or nonsense is asked, the last twelve months."""
    usual = last_twelve_months(now(), default_zone())
    last = asking.month("to") or usual.last
    first = asking.month("from") or last.plus(1 - MONTHS_BY_DEFAULT)
    if not 0 < len(first.until(last)) <= MONTHS_AT_MOST:
        sentence = N_("The months must follow each other, %(value)s at most: the last twelve are shown")
        asking.refuse(sentence, str(MONTHS_AT_MOST))
        first, last = usual.first, usual.last
    return Question(first, last, asking.estate("estate_id", scope), asking.choice("kind", TicketKind))


def asked_butler(asking: Asking) -> Butler | None:
    """The butler asked for; `none` asks for the tickets without one."""
    if request.args.get("butler_id") == "none":
        return Butler(None, "")
    butler_id = asking.number("butler_id")
    return None if butler_id is None else Butler(butler_id, "")


def _satisfaction_fields(question: Question, scope: Scope) -> list[Field]:
    kinds = [("", translate(N_("All kinds"))), *((kind.value, translate(kind.label)) for kind in TicketKind)]
    return [
        Field("from", translate(N_("From month")), str(question.first)),
        Field("to", translate(N_("To month")), str(question.last)),
        estate_field(scope, question.estate_id),
        Field("kind", translate(N_("Ticket kind")), question.kind.value if question.kind else "", kinds),
    ]


class EscalationPage(SummaryPage):
    """What climbs the ladder, how long it takes, and what is done in time."""

    title = N_("Escalation")
    address = "escalation"
    icon = "bar-chart-steps"

    def summary(self, scope: Scope) -> Summary:
        asking = Asking()
        asking.only(("estate_id",))
        estate_id = asking.estate("estate_id", scope)
        report = escalation_report(db.session, now(), scope, estate_id)
        return Summary(
            escalation_tables.lead(report),
            escalation_tables.notes(),
            [estate_field(scope, estate_id)],
            escalation_tables.chart(report, estate_id),
            escalation_tables.tables(report, estate_id),
            asking.faults,
            is_empty=not (report.open_tickets or report.steps or report.speeds or report.promises),
        )

    @expose("/tickets")
    def tickets_view(self) -> Any:
        """The open tickets of a level and an age."""
        return rows_page(self, self._tickets(Action.SEE), ".tickets_view")

    @expose("/tickets/<export_type>")
    def tickets_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._tickets(Action.EXPORT))

    @expose("/resolutions")
    def resolutions_view(self) -> Any:
        """The resolutions that were due, done in time or not."""
        return rows_page(self, self._resolutions(Action.SEE), ".resolutions_view")

    @expose("/resolutions/<export_type>")
    def resolutions_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._resolutions(Action.EXPORT))

    @expose("/times")
    def times_view(self) -> Any:
        """The tickets whose time to resolve is told, where the estates keep different calendars."""
        return rows_page(self, self._times(Action.SEE), ".times_view")

    @expose("/times/<export_type>")
    def times_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._times(Action.EXPORT))

    @expose("/steps")
    def steps_view(self) -> Any:
        """The steps of the ladder that came due this month, each estate by its own calendar."""
        return rows_page(self, self._steps(Action.SEE), ".steps_view")

    @expose("/steps/<export_type>")
    def steps_export(self, export_type: str) -> Response:
        return rows_file(export_type, self._steps(Action.EXPORT))

    def _steps(self, action: Action) -> Behind:
        scope, asking = model_scope(LadderStep, action), Asking()
        asking.only(("level", "estate_id", *PAGING))
        level = asking.number("level", largest=HIGHEST_LEVEL)
        where = steps_behind(db.session, now(), scope, level, asking.estate("estate_id", scope))
        chips = [] if level is None else [level_name(level)]
        return Behind(LadderStep, where, translate(N_("Steps up the ladder this month")), chips, asking.faults)

    def _times(self, action: Action) -> Behind:
        scope, asking = model_scope(Ticket, action), Asking()
        asking.only(("kind", "estate_id", *PAGING))
        kind = asking.choice("kind", TicketKind)
        where = times_behind(db.session, now(), scope, kind, asking.estate("estate_id", scope))
        chips = [] if kind is None else [translate(kind.label)]
        title = translate(N_("Tickets resolved this month and in the two before"))
        return Behind(Ticket, where, title, chips, asking.faults)

    def _tickets(self, action: Action) -> Behind:
        asking = Asking()
        asking.only(("level", "age", "estate_id", *PAGING))
        level, age = asking.number("level", largest=HIGHEST_LEVEL), asking.choice("age", Age)
        where = tickets_behind(now(), level, age, asking.estate("estate_id", model_scope(Ticket, action)))
        chips = [] if level is None else [level_name(level)]
        chips += [] if age is None else [translate(age.label)]
        return Behind(Ticket, where, translate(N_("Open tickets")), chips, asking.faults)

    def _resolutions(self, action: Action) -> Behind:
        scope, asking = model_scope(Milestone, action), Asking()
        asking.only(("promise", "estate_id", *PAGING))
        promise = asking.choice("promise", Promise)
        where = promises_behind(db.session, now(), scope, promise, asking.estate("estate_id", scope))
        chips = [] if promise is None else [translate(promise.label)]
        title = translate(N_("Resolutions due this month and in the two before"))
        return Behind(Milestone, where, title, chips, asking.faults)


def summary_ways() -> list[Way]:
    """The way to both summaries, for those who may see service."""
    if not may_class(Permission.SERVICE, Action.SEE):
        return []
    pages = (SatisfactionPage, EscalationPage)
    return [Way(translate(page.title), url_for(f"{page.address}.index"), page.icon) for page in pages]
