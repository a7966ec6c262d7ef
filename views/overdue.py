"""The overdue list: the supervisor's morning page, and what is done from it to many tickets at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import abort, g, request, url_for
from flask_admin import expose

from models.base import N_, Base, Group, Permission, now, words
from models.bulk_change import BulkAction
from models.ticket import Ticket
from reports.listing import COUNT_CAP
from reports.overdue import (
    OverdueFilter,
    OverdueRow,
    overdue_count,
    overdue_counts_by_level,
    overdue_ids,
    overdue_page,
)
from rules.permissions import Action, Scope
from views import bulk, bulk_offers, lists
from views.access import demand, may_class, scope_of, zone_of
from views.cells import cell_text
from views.database import db
from views.downloads import table_file
from views.language import translate
from views.overdue_address import Asked, controls, read_asked
from views.overdue_rows import HEADINGS, OverdueGrid
from views.pages import MOST_WAITING, PanelPage
from views.wording import duration_text

CHUNK = 500
BULK = (BulkAction.ASSIGN, BulkAction.URGE)


def overdue_scope(action: Action = Action.SEE) -> Scope:
    """The tickets that the person reaches with the action."""
    return scope_of(Permission.SERVICE, action)


def number_overdue() -> int:
    """How many tickets of the person's are overdue; counted once per request, since every page shows it."""
    if "number_overdue" not in g:
        g.number_overdue = overdue_count(db.session, now(), overdue_scope())
    return int(g.number_overdue)


class OverduePage(PanelPage):
    """Tickets past any promise, most overdue first."""

    title = N_("Overdue")
    group = Group.SERVICE
    address = "overdue"
    icon = "alarm"
    permission = Permission.SERVICE

    def badge(self) -> int:
        return overdue_count(db.session, now(), overdue_scope(), cap=MOST_WAITING)

    @expose("/")
    def index_view(self) -> Any:
        asked, moment = read_asked(request.args), now()
        faults = [fault.text(translate) for fault in asked.address.faults.values()]
        found = None if faults else overdue_page(db.session, moment, overdue_scope(), asked.narrowed, asked.after)
        levels = overdue_counts_by_level(db.session, moment, overdue_scope(), replace(asked.narrowed, level=None))
        body = self.render(
            "tickets/overdue.html",
            address=asked.address,
            faults=faults,
            found=found,
            grid=OverdueGrid(),
            headings=HEADINGS,
            levels=levels,
            level=asked.narrowed.level,
            total=sum(number for level, number in levels.items() if asked.narrowed.level in {None, level}),
            filters=controls(asked.address, levels),
            bulk=possible_bulk(),
            can_export=may_class(Permission.SERVICE, Action.EXPORT),
            cursor_text=lists.cursor_text,
            counted=lambda number: f"{COUNT_CAP}+" if number > COUNT_CAP else str(number),
        )
        return (body, 400) if faults else body

    @expose("/export/<export_type>")
    def export_view(self, export_type: str) -> Any:
        """Every row of the filtered list as a file."""
        return self._file(export_type, read_asked(request.args), None)

    @expose("/act", methods=("POST",))
    def act_view(self) -> Any:
        """Bulk work on the rows chosen or on the whole filtered list; more than one asks first."""
        asked, deed, chosen = read_asked(request.args), request.form.get("deed", ""), bulk.asked_rows()
        if deed in {"csv", "xlsx"}:
            return self._file(deed, asked, chosen)
        action = bulk.asked_action()
        if action not in BULK or asked.address.faults:
            abort(400)
        demand(action in possible_bulk())
        if chosen is None:
            ids = overdue_ids(db.session, now(), overdue_scope(Action.EDIT), asked.narrowed)
        else:
            ids = bulk.rows_within(Ticket, chosen, action)
        kept: dict[str, Any] = asked.address.with_changes()
        here, back = url_for(".act_view", **kept), url_for(".index_view", **kept)
        work = bulk.Work(Ticket, action, ids, chosen, here, back)
        return bulk.answer_to(work, at_once=action is BulkAction.URGE and len(ids) == 1)

    def _file(self, kind: str, asked: Asked, chosen: Collection[int] | None) -> Any:
        demand(may_class(Permission.SERVICE, Action.EXPORT))
        if kind not in {"csv", "xlsx"}:
            abort(404)
        if asked.address.faults:
            abort(400)
        return table_file(kind, self.address, _header(), _file_rows(asked.narrowed, chosen))


def possible_bulk() -> list[BulkAction]:
    """What the person's roles may do to many tickets at once."""
    if not may_class(Permission.SERVICE, Action.EDIT):
        return []
    return [action for action in bulk_offers.ticket_actions() if action in BULK]


def zones_of(rows: Sequence[OverdueRow]) -> Mapping[int, Any]:
    """The time zone of each estate that has a row."""
    return {estate_id: zone_of(estate_id) for estate_id in {row.estate_id for row in rows}}


def _header() -> list[str]:
    names = ("code", "subject", "unit_id", "owner_id", "kind", "severity", "state", "assignee_id", "opened_at")
    labels = [_label(Ticket, name) for name in names]
    return [*labels, *(translate(each) for each in (N_("Due"), N_("Late by"), N_("Level"), N_("Milestones")))]


def _label(model: type[Base], name: str) -> str:
    declared = words(model.__table__.columns[name])
    return translate(declared.label) if declared else name


def _file_rows(narrowed: OverdueFilter, chosen: Collection[int] | None) -> Iterator[list[Any]]:
    moment, scope = now(), overdue_scope(Action.EXPORT)
    page = overdue_page(db.session, moment, scope, narrowed, size=CHUNK)
    while True:
        zones = zones_of(page.rows)
        yield from (_file_row(row, zones[row.estate_id]) for row in page.rows if chosen is None or row.id in chosen)
        if page.after is None:
            return
        page = overdue_page(db.session, moment, scope, narrowed, page.after, size=CHUNK)


def _file_row(row: OverdueRow, zone: Any) -> list[Any]:
    values = (row.code, row.subject, row.unit_code, row.owner_name, row.kind, row.severity, row.state)
    milestones = ", ".join(translate(each.label) for each in row.milestones)
    return [
        *(cell_text(value, zone) for value in (*values, row.assignee_name, row.opened_at, row.next_due_at)),
        duration_text(row.late_seconds),
        row.level,
        milestones,
    ]
