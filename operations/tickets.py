"""Working a ticket: every step is an event on its timeline, written with the change it makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
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
from operations.write import Author, Change, Insert, Refused, Stale, Update, sift, write
from rules.transitions import Action, Transition, step

__all__ = ["Outcome", "act", "act_on", "edit_on", "edit_ticket", "open_ticket", "reopening", "undoing"]

# Columns on which the dates of a ticket hang.
_DECIDING = (
    *("kind", "category", "severity", "validity"),
    *("appointment_at", "owner_deadline_at", "promised_reply_at", "is_harm_ongoing"),
)

_TICKET = Ticket.__table__.columns
_NEEDED = (
    *("id", "estate_id", "version", "state", "assignee_id", "reopen_count", "unit_id", "building_id"),
    *_DECIDING,
)
_LOCKED = (
    select(*(_TICKET[name] for name in _NEEDED))
    .where(_TICKET["id"].in_(bindparam("ids", expanding=True)))
    .order_by(_TICKET["id"])
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a set: the rows on which it was done, those on which it could not be, with the reason, and those that were
    so already.
    """

    done: list[int]
    refused: list[tuple[int, Fault]]
    unchanged: list[int] = field(default_factory=list)


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
    allowed = {ticket_id: verdict for ticket_id, verdict in verdicts.items() if isinstance(verdict, Transition)}
    same = [ticket_id for ticket_id, verdict in allowed.items() if _is_same(tickets[ticket_id], deed, verdict)]
    done = [ticket_id for ticket_id in allowed if ticket_id not in set(same)]
    changes = [change for done_id in done for change in _changes(tickets[done_id], deed, allowed[done_id])]
    write(session, changes, by=by, at=at)
    refused = [(ticket_id, verdict) for ticket_id, verdict in verdicts.items() if isinstance(verdict, Fault)]
    return Outcome(done, refused + [(gone, _gone()) for gone in sorted(set(ticket_ids) - tickets.keys())], same)


def _is_same(ticket: Mapping[str, Any], deed: _Deed, verdict: Transition) -> bool:
    """Whether it would assign the ticket to whom it is assigned already and say nothing: no event tells of that."""
    if deed.action is not Action.ASSIGN or deed.note or verdict.state is not ticket["state"]:
        return False
    return all(ticket[name] == value for name, value in _assigned(deed).items())


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
    placed = _places(session, {ticket_id: ticket}, values)[ticket_id]
    update = Update(Ticket, ticket_id, {**values, **placed}, version)
    write(session, [update, *_reclassified(ticket, values, by, at)], by=by, at=at)


def edit_on(
    session: Session, ticket_ids: Collection[int], values: Mapping[str, Any], by: Author, at: datetime
) -> Outcome:
    """As `edit_ticket`, on each ticket of a set where that can stand, in one write. Inside `writing`."""
    tickets = _locked(session, sorted(ticket_ids))
    refused = {
        ticket_id: _first(found) for ticket_id, ticket in tickets.items() if (found := _too_late(ticket, values))
    }
    refused |= {gone: _gone() for gone in set(ticket_ids) - tickets.keys()}
    placed = _places(session, tickets, values)
    open_ids = sorted(tickets.keys() - refused.keys())
    sifted = sift(session, [Update(Ticket, each, {**values, **placed[each]}) for each in open_ids])
    refused |= {ticket_id: _first(found) for ticket_id, found in sifted.refused.items()}
    events = [event for update in sifted.good for event in _reclassified(tickets[update.id], values, by, at)]
    write(session, [*sifted.good, *events], by=by, at=at)
    return Outcome([update.id for update in sifted.good], sorted(refused.items()), sifted.unchanged)


def too_late(session: Session, wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, Fault]:
    """The tickets that have ended and of which a date would move with these values; who works them waits."""
    tickets = _locked(session, sorted(wanted))
    return {
        ticket_id: _first(found)
        for ticket_id, ticket in tickets.items()
        if (found := _too_late(ticket, wanted[ticket_id]))
    }


def undoing(ticket_id: int, estate_id: int, events: Sequence[int], by: Author, at: datetime) -> Change:
    """The event that says that what these events tell is taken back; they stay, and nothing hangs on them any more."""
    ticket = {"id": ticket_id, "estate_id": estate_id}
    return _event(ticket, EventKind.UNDONE, by, at, data={"events": list(events)})


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
        rows = session.connection().execute(_LOCKED, {"ids": chunk})
        found.update({row.id: row._asdict() for row in rows})
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


def _first(faults: Mapping[str, Fault]) -> Fault:
    return next(iter(faults.values()))


def _reclassified(ticket: Mapping[str, Any], values: Mapping[str, Any], by: Author, at: datetime) -> list[Change]:
    """The event of a ticket that counts as something else with these values."""
    before, after = class_values(ticket), class_values({**ticket, **values})
    data = {"from": before, "to": after}
    return [_event(ticket, EventKind.RECLASSIFIED, by, at, data=data)] if before != after else []


def _places(
    session: Session, tickets: Mapping[int, Mapping[str, Any]], values: Mapping[str, Any]
) -> dict[int, dict[str, Any]]:
    """The building is the unit's, whenever there is a unit; with another building its butler takes over."""
    units = {row_id: values.get("unit_id", ticket["unit_id"]) for row_id, ticket in tickets.items()}
    homes = _by_id(session, Unit.id, Unit.building_id, set(units.values()))
    placed: dict[int, dict[str, Any]] = {
        row_id: {"building_id": homes.get(units[row_id], values.get("building_id", ticket["building_id"]))}
        for row_id, ticket in tickets.items()
    }
    moved = {row_id: place["building_id"] for row_id, place in placed.items() if _moves(place, tickets[row_id])}
    butlers = _by_id(session, Building.id, Building.butler_id, set(moved.values()))
    for row_id, building_id in moved.items() if "butler_id" not in values else ():
        placed[row_id]["butler_id"] = butlers.get(building_id)
    return placed


def _moves(place: Mapping[str, Any], ticket: Mapping[str, Any]) -> bool:
    return place["building_id"] is not None and place["building_id"] != ticket["building_id"]


def _by_id(session: Session, key: Any, value: Any, wanted: Collection[int | None]) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {}
    for chunk in chunks(sorted(each for each in wanted if each is not None)):
        found |= {row[0]: row[1] for row in session.execute(select(key, value).where(key.in_(chunk)))}
    return found


def _gone() -> Fault:
    return Fault(N_("There is no such ticket any more"))
