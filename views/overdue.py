"""The overdue list: the supervisor's morning page, and what is done from it to many tickets at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import select

from models.base import N_, Base, Group, Permission, now, words
from models.faults import Fault
from models.ticket import Ticket
from operations.scope import conditions
from operations.tickets import Outcome, act_on
from operations.write import writing
from reports.overdue import (
    OverdueFilter,
    OverdueRow,
    overdue_count,
    overdue_counts_by_level,
    overdue_ids,
    overdue_page,
)
from rules import transitions
from rules.permissions import Action, Scope
from rules.transitions import MOVES
from views import lists
from views.access import author, demand, may, may_class, roles, scope_of, zone_of
from views.cells import cell_text
from views.database import db
from views.deeds import asked_assignee, asked_text, staff_to_assign
from views.downloads import table_file
from views.language import translate
from views.overdue_address import Asked, controls, read_asked
from views.pages import PanelPage, Tile
from views.wording import duration_text

CHUNK = 500
BULK = {"reassign": transitions.Action.ASSIGN, "urge": transitions.Action.URGE}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A ticket on which it could not be done, and why."""

    id: int
    code: str
    sentence: str


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
        return number_overdue()

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
            zones=_zones(found.rows if found else ()),
            levels=levels,
            level=asked.narrowed.level,
            total=sum(number for level, number in levels.items() if asked.narrowed.level in {None, level}),
            filters=controls(asked.address, levels),
            bulk=possible_bulk(),
            can_export=may_class(Permission.SERVICE, Action.EXPORT),
            cursor_text=lists.cursor_text,
            duration_text=duration_text,
            cell_text=cell_text,
        )
        return (body, 400) if faults else body

    @expose("/export/<export_type>")
    def export_view(self, export_type: str) -> Any:
        """Every row of the filtered list as a file."""
        return self._file(export_type, read_asked(request.args), None)

    @expose("/act", methods=("POST",))
    def act_view(self) -> Any:
        """Bulk work on the rows chosen or on the whole filtered list; more than one asks first."""
        asked, deed = read_asked(request.args), request.form.get("deed", "")
        chosen = None if request.form.get("which") == "all" else _posted_ids()
        if deed in {"csv", "xlsx"}:
            return self._file(deed, asked, chosen)
        if deed not in BULK or asked.address.faults:
            abort(400)
        demand(deed in possible_bulk())
        ids = self._reached(asked, chosen)
        if not ids:
            flash(translate(N_("Choose at least one ticket.")), "warning")
            return self._back(asked)
        is_sure = request.form.get("sure") == str(len(ids))
        if not is_sure and (len(ids) > 1 or deed == "reassign"):
            return self._ask(deed, asked, chosen, ids)
        return self._do(deed, asked, chosen, ids)

    def _reached(self, asked: Asked, chosen: Sequence[int] | None) -> list[int]:
        scope = overdue_scope(Action.EDIT)
        if chosen is None:
            return list(overdue_ids(db.session, now(), scope, asked.narrowed))
        return [row.id for row in _tickets(chosen, scope)]

    def _ask(
        self, deed: str, asked: Asked, chosen: Sequence[int] | None, ids: Sequence[int], fault: Fault | None = None
    ) -> Any:
        """The page that says how many tickets it is about, and takes the assignee and a note."""
        estate_ids = {row.estate_id for row in _tickets(ids, overdue_scope(Action.EDIT))}
        changed = "sure" in request.form and request.form["sure"] != str(len(ids))
        body = self.render(
            "tickets/confirm.html",
            action=BULK[deed],
            deed=deed,
            address=asked.address,
            chosen=chosen,
            number=len(ids),
            is_changed=changed,
            fault=fault.text(translate) if fault else "",
            staff=staff_to_assign(min(estate_ids)) if deed == "reassign" and len(estate_ids) == 1 else [],
            is_one_estate=len(estate_ids) == 1,
        )
        return (body, 422) if fault else body

    def _do(self, deed: str, asked: Asked, chosen: Sequence[int] | None, ids: Sequence[int]) -> Any:
        try:
            note, assignee_id = asked_text("note"), _assignee(ids) if deed == "reassign" else None
        except Fault as fault:
            return self._ask(deed, asked, chosen, ids, fault)
        with writing(db.session):
            outcome = act_on(db.session, ids, BULK[deed], author(), roles(), now(), note=note, assignee_id=assignee_id)
        return self._told(deed, asked, outcome)

    def _told(self, deed: str, asked: Asked, outcome: Outcome) -> Any:
        places = {"action": translate(BULK[deed].label), "number": len(outcome.done)}
        sentence = translate(N_("%(action)s: done on %(number)s tickets.")) % places
        if not outcome.refused:
            flash(sentence, "success")
            return self._back(asked)
        return self.render(
            "tickets/outcome.html", sentence=sentence, refusals=_refusals(outcome), address=asked.address
        )

    def _back(self, asked: Asked) -> Any:
        return redirect(url_for(".index_view", **asked.address.with_changes()))  # type: ignore[arg-type]  # lists are fine

    def _file(self, kind: str, asked: Asked, chosen: Sequence[int] | None) -> Any:
        demand(may_class(Permission.SERVICE, Action.EXPORT))
        if kind not in {"csv", "xlsx"}:
            abort(404)
        if asked.address.faults:
            abort(400)
        return table_file(kind, self.address, _header(), _file_rows(asked.narrowed, chosen))


def possible_bulk() -> dict[str, transitions.Action]:
    """What the person's roles may do to many tickets at once."""
    if not may_class(Permission.SERVICE, Action.EDIT):
        return {}
    return {name: action for name, action in BULK.items() if not MOVES[action].roles.isdisjoint(roles())}


def _tickets(ids: Collection[int], scope: Scope) -> list[Any]:
    """Id, code and estate of those of the tickets that lie within the scope."""
    wanted = sorted(set(ids))
    found: list[Any] = []
    for start in range(0, len(wanted), CHUNK):
        among = Ticket.id.in_(wanted[start : start + CHUNK])
        found += db.session.execute(
            select(Ticket.id, Ticket.code, Ticket.estate_id).where(among, *conditions(Ticket, scope))
        ).all()
    return found


def _zones(rows: Sequence[OverdueRow]) -> Mapping[int, Any]:
    """The time zone of each row's estate."""
    return {row.id: zone_of(row.estate_id) for row in _tickets([row.id for row in rows], overdue_scope())}


def _assignee(ids: Sequence[int]) -> int:
    """The staff member whom the form names, if all the tickets are of one estate. Raises Fault."""
    estate_ids = {row.estate_id for row in _tickets(ids, overdue_scope(Action.EDIT))}
    if len(estate_ids) > 1:
        raise Fault(N_("These tickets belong to several estates: choose those of one"))
    assignee_id = asked_assignee(min(estate_ids))
    if assignee_id is None:
        raise Fault(N_("Choose whom to assign the ticket to"))
    return assignee_id


def _posted_ids() -> list[int]:
    found = [lists.record_id(text) for text in request.form.getlist("id")]
    if None in found:
        abort(400)
    return [row_id for row_id in found if row_id is not None]


def _refusals(outcome: Outcome) -> list[Refusal]:
    codes = {row.id: row.code for row in _tickets([row_id for row_id, _ in outcome.refused], overdue_scope())}
    return [
        Refusal(row_id, codes.get(row_id, f"#{row_id}"), fault.text(translate)) for row_id, fault in outcome.refused
    ]


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
        zones = _zones(page.rows)
        yield from (_file_row(row, zones[row.id]) for row in page.rows if chosen is None or row.id in chosen)
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


def overdue_tiles() -> list[Tile]:
    """How many are overdue, alarming when there are any."""
    if not may(Ticket, Action.SEE):
        return []
    number = number_overdue()
    return [Tile(translate(N_("Overdue")), url_for("overdue.index_view"), "alarm", number, is_alarm=number > 0)]
