"""Working a ticket: every step is an event on its timeline, written with the change it makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.building import Building
from models.faults import Fault
from models.staff import Staff
from models.ticket import OPEN_STATES, Ticket
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.chunks import chunks
from operations.intake import open_ticket
from operations.ticket_facts import class_values
from operations.write import Author, Change, Insert, Refused, Stale, Update, write
from rules.transitions import Action, Transition, step

__all__ = ["Outcome", "act", "act_on", "edit_ticket", "open_ticket", "reopening"]

# Columns on which the dates of a ticket hang.
_DECIDING = (
    *("kind", "category", "severity", "validity"),
    *("appointment_at", "owner_deadline_at", "promised_reply_at", "is_harm_ongoing"),
)

_NEEDED = (
    Ticket.id,
    Ticket.estate_id,
    Ticket.version,
    Ticket.state,
    Ticket.assignee_id,
    Ticket.reopen_count,
    Ticket.unit_id,
    Ticket.building_id,
    *(Ticket.__table__.columns[name] for name in _DECIDING),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a set: the tickets on which it was done, and those on which it could not be, with the reason."""

    done: list[int]
    refused: list[tuple[int, Fault]]


@dataclass(frozen=True, slots=True)
class _Assignee:
    """A member of staff; those of headquarters belong to no estate and may work in any."""

    id: int
    estate_id: int | None


@dataclass(frozen=True, slots=True)
class _Deed:
    action: Action
    by: Author
    at: datetime
    note: str | None
    reason: str | None
    assignee: _Assignee | None
    internal: bool


def act(
    session: Session,
    ticket_id: int,
    action: Action,
    by: Author,
    roles: Collection[Role],
    at: datetime,
    note: str | None = None,
    reason: str | None = None,
    assignee_id: int | None = None,
    version: int | None = None,
    internal: bool = False,
) -> None:
    """Do the action on one ticket: the change and its event. Raises Stale or Refused. Inside `writing`."""
    ticket = _locked(session, [ticket_id]).get(ticket_id)
    if ticket is None or version not in {None, ticket["version"]}:
        raise Stale(Ticket, [ticket_id])
    deed = _Deed(action, by, at, note, reason, _assignee(session, assignee_id), internal)
    verdict = _verdict(ticket, deed, roles)
    if isinstance(verdict, Fault):
        raise Refused(Ticket, {"": verdict})
    write(session, _changes(ticket, deed, verdict), by=by, at=at)


def act_on(
    session: Session,
    ticket_ids: Collection[int],
    action: Action,
    by: Author,
    roles: Collection[Role],
    at: datetime,
    note: str | None = None,
    reason: str | None = None,
    assignee_id: int | None = None,
    internal: bool = False,
) -> Outcome:
    """Do the action on each ticket of a set where it may be done, in one write. Inside `writing`."""
    deed = _Deed(action, by, at, note, reason, _assignee(session, assignee_id), internal)
    tickets = _locked(session, sorted(ticket_ids))
    verdicts = {ticket_id: _verdict(ticket, deed, roles) for ticket_id, ticket in tickets.items()}
    changes = [
        change
        for ticket_id, verdict in verdicts.items()
        if isinstance(verdict, Transition)
        for change in _changes(tickets[ticket_id], deed, verdict)
    ]
    write(session, changes, by=by, at=at)
    done = [ticket_id for ticket_id, verdict in verdicts.items() if isinstance(verdict, Transition)]
    refused = [(ticket_id, verdict) for ticket_id, verdict in verdicts.items() if isinstance(verdict, Fault)]
    return Outcome(done, refused + [(gone, _gone()) for gone in sorted(set(ticket_ids) - tickets.keys())])


def edit_ticket(
    session: Session,
    ticket_id: int,
    values: Mapping[str, Any],
    version: int | None,
    by: Author,
    at: datetime,
) -> None:
    """Set columns of a ticket; when it counts as something else now, that is an event. Inside `writing`.

    Refused when the ticket has ended and a date of it would move: what came late would be in time.
    """
    ticket = _locked(session, [ticket_id]).get(ticket_id)
    if ticket is None or version not in {None, ticket["version"]}:
        raise Stale(Ticket, [ticket_id])
    if too_late := _too_late(ticket, values):
        raise Refused(Ticket, too_late)
    before, after = class_values(ticket), class_values({**ticket, **values})
    placed = _place_of(session, ticket, values)
    changes: list[Change] = [Update(Ticket, ticket_id, {**values, **placed}, version)]
    if before != after:
        changes.append(_event(ticket, EventKind.RECLASSIFIED, by, at, data={"from": before, "to": after}))
    write(session, changes, by=by, at=at)


def reopening(
    ticket: Mapping[str, Any],
    by: Author,
    at: datetime,
    note: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[Change]:
    """The changes that reopen a ticket without anybody asking for it, with what led to it in `data`."""
    verdict = step(ticket["state"], Action.REOPEN, list(Role))
    if isinstance(verdict, Fault):
        raise Refused(Ticket, {"": verdict})
    deed = _Deed(Action.REOPEN, by, at, note, None, None, False)
    event = _event(ticket, verdict.event, by, at, note=note, data=data)
    return [Update(Ticket, ticket["id"], _values(ticket, deed, verdict)), event]


def _locked(session: Session, ticket_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The tickets by id; who else works them waits."""
    found: dict[int, Mapping[str, Any]] = {}
    for chunk in chunks(ticket_ids):
        statement = select(*_NEEDED).where(Ticket.id.in_(chunk)).order_by(Ticket.id).with_for_update()
        found.update({row.id: row._asdict() for row in session.execute(statement)})
    return found


def _assignee(session: Session, staff_id: int | None) -> _Assignee | None:
    statement = select(Staff.id, Staff.estate_id).where(Staff.id == staff_id, Staff.is_active)
    found = session.execute(statement).one_or_none()
    return None if found is None else _Assignee(found.id, found.estate_id)


def _assigned(deed: _Deed) -> dict[str, int | None]:
    return {"assignee_id": None if deed.assignee is None else deed.assignee.id}


def _verdict(ticket: Mapping[str, Any], deed: _Deed, roles: Collection[Role]) -> Transition | Fault:
    if deed.action is Action.ASSIGN and deed.assignee is None:
        return Fault(N_("Choose whom to assign the ticket to: somebody who works here"))
    if deed.assignee is not None and deed.assignee.estate_id not in {None, ticket["estate_id"]}:
        return Fault(N_("Choose somebody of the ticket's own estate"))
    return step(ticket["state"], deed.action, roles, deed.reason)


def _changes(ticket: Mapping[str, Any], deed: _Deed, verdict: Transition) -> list[Change]:
    values = _values(ticket, deed, verdict)
    event = _event(ticket, verdict.event, deed.by, deed.at, deed.note, deed.internal, _data(ticket, deed))
    return [event, Update(Ticket, ticket["id"], values)] if values else [event]


def _values(ticket: Mapping[str, Any], deed: _Deed, verdict: Transition) -> dict[str, Any]:
    """The columns of the ticket that the action sets."""
    state = {} if verdict.state is ticket["state"] else {"state": verdict.state}
    match deed.action:
        case Action.ASSIGN:
            return {**state, **_assigned(deed)}
        case Action.STOP_HARM:
            return {"is_harm_ongoing": False}
        case Action.RESOLVE:
            return {**state, "resolved_at": deed.at}
        case Action.CLOSE:
            return {**state, "closed_at": deed.at}
        case Action.CLOSE_UNRESOLVED | Action.VOID:
            return {**state, "resolved_at": None, "closed_at": deed.at, "close_reason": deed.reason}
        case Action.REOPEN:
            count = ticket["reopen_count"] + 1
            ended = {"resolved_at": None, "closed_at": None, "close_reason": None}
            return {**state, **ended, "reopen_count": count}
    return state


def _data(ticket: Mapping[str, Any], deed: _Deed) -> dict[str, Any] | None:
    if deed.action is Action.ASSIGN:
        return {"from": ticket["assignee_id"], "to": _assigned(deed)["assignee_id"]}
    return {"reason": deed.reason} if deed.reason else None


def _event(
    ticket: Mapping[str, Any],
    kind: EventKind,
    by: Author,
    at: datetime,
    note: str | None = None,
    internal: bool = False,
    data: Mapping[str, Any] | None = None,
) -> Insert:
    values = {"kind": kind, "at": at, "account_id": by.account_id, "note": note, "is_internal": internal}
    where = {"ticket_id": ticket["id"], "estate_id": ticket["estate_id"]}
    return Insert(TicketEvent, {**where, **values, "data": None if data is None else dict(data)})


def _too_late(ticket: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Fault]:
    """A sentence for each column that dates hang on and that would change on a ticket that has ended."""
    if ticket["state"] in OPEN_STATES:
        return {}
    fault = Fault(N_("The ticket is closed: reopen it first"))
    return {name: fault for name in _DECIDING if values.get(name, ticket[name]) != ticket[name]}


def _place_of(session: Session, ticket: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The building is the unit's, whenever there is a unit; with another building its butler takes over."""
    unit_id = values.get("unit_id", ticket["unit_id"])
    building_id = values.get("building_id", ticket["building_id"])
    if unit_id is not None:
        building_id = session.scalar(select(Unit.building_id).where(Unit.id == unit_id))
    placed = {"building_id": building_id}
    if building_id is not None and building_id != ticket["building_id"] and "butler_id" not in values:
        placed["butler_id"] = session.scalar(select(Building.butler_id).where(Building.id == building_id))
    return placed


def _gone() -> Fault:
    return Fault(N_("There is no such ticket any more"))
