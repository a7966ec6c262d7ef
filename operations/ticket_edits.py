"""Setting columns of tickets: what then counts anew, was agreed or moves is told by events."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.building import Building
from models.faults import Fault
from models.ticket import OPEN_STATES, Ticket
from models.unit import Unit
from operations.agreements import LEADS, agreements, spent
from operations.chunks import chunks
from operations.reclassifying import fitting_validity, healed, reclassified, stays_major
from operations.ticket_rows import DECIDING, AnyRow, Outcome, first, gone, locked
from operations.write import Author, Change, Refused, Stale, Update, sift, write
from rules.transitions import Action

Tickets = Mapping[int, AnyRow]


def edit_ticket(
    session: Session,
    ticket_id: int,
    values: AnyRow,
    version: int | None,
    by: Author,
    at: datetime,
    roles: Collection[Role] = tuple(Role),
) -> None:
    """Set columns of a ticket; when it counts as something else now, that is an event. Inside `writing`.

    Refused when the ticket has ended and a date of it would move, or when these roles may not move an agreed date
    any more: what came late would be in time; and where harm would be over without a word of how.
    """
    tickets = locked(session, [ticket_id])
    if ticket_id not in tickets or version not in {None, tickets[ticket_id]["version"]}:
        raise Stale(Ticket, [ticket_id])
    if against := _against(session, tickets, values, roles, at).get(ticket_id):
        raise Refused(Ticket, against)
    update = _updates(session, tickets, values)[ticket_id]
    update = Update(Ticket, ticket_id, update.values, version)
    write(session, [update, *_told(session, tickets, [update], by, at)], by=by, at=at)


def edit_on(
    session: Session,
    ticket_ids: Collection[int],
    values: AnyRow,
    by: Author,
    at: datetime,
    roles: Collection[Role] = tuple(Role),
) -> Outcome:
    """As `edit_ticket`, on each ticket of a set where that can stand, in one write. Inside `writing`."""
    tickets = locked(session, ticket_ids)
    against = _against(session, tickets, values, roles, at)
    refused = {row_id: first(faults) for row_id, faults in against.items()}
    refused |= {row_id: gone() for row_id in set(ticket_ids) - tickets.keys()}
    updates = _updates(session, tickets, values)
    sifted = sift(session, [updates[row_id] for row_id in sorted(tickets.keys() - refused.keys())])
    refused |= {row_id: first(faults) for row_id, faults in sifted.refused.items()}
    write(session, [*sifted.good, *_told(session, tickets, sifted.good, by, at)], by=by, at=at)
    return Outcome([update.id for update in sifted.good], sorted(refused.items()), sifted.unchanged)


def too_late(session: Session, wanted: Mapping[int, AnyRow], roles: Collection[Role], at: datetime) -> dict[int, Fault]:
    """The tickets of which these values would move a date though they have ended, or though these roles may not move
    it any more; who works them waits.
    """
    found = {}
    for row_id, ticket in locked(session, wanted).items():
        values = wanted[row_id]
        faults = _too_late(ticket, values) or _missed(session, {row_id: ticket}, values, roles, at).get(row_id)
        if faults:
            found[row_id] = first(faults)
    return found


def _missed(
    session: Session, tickets: Tickets, values: AnyRow, roles: Collection[Role], at: datetime
) -> dict[int, dict[str, Fault]]:
    """By ticket a sentence for each column by which what was missed would be in time after all."""
    past, agreed = healed(session, tickets, values, roles, at), spent(session, tickets, values, roles, at)
    return {row_id: {**past.get(row_id, {}), **agreed.get(row_id, {})} for row_id in past.keys() | agreed.keys()}


def _against(
    session: Session, tickets: Tickets, values: AnyRow, roles: Collection[Role], at: datetime
) -> dict[int, dict[str, Fault]]:
    """By ticket a sentence for each column that cannot be set so."""
    against = _missed(session, tickets, values, roles, at)
    for row_id, ticket in tickets.items():
        faults = {
            **stays_major(ticket, values),
            **_unsaid(ticket, values),
            **_taken_back(ticket, values, roles),
            **against.get(row_id, {}),
            **_too_late(ticket, values),
        }
        if faults:
            against[row_id] = faults
    return against


def _unsaid(ticket: AnyRow, values: AnyRow) -> dict[str, Fault]:
    """Harm is not over by a tick taken out: the apology is to be recorded (S3 第5篇 5.1.1)."""
    if not ticket["is_harm_ongoing"] or values.get("is_harm_ongoing", True):
        return {}
    sentence = N_("Record by '%(action)s' on the ticket's page how the harm was stopped")
    return {"is_harm_ongoing": Fault(sentence, action=Action.STOP_HARM)}


def _taken_back(ticket: AnyRow, values: AnyRow, roles: Collection[Role]) -> dict[str, Fault]:
    """That somebody was hurt keeps a complaint major: not everybody takes that out again (ours)."""
    if not ticket["has_caused_harm"] or values.get("has_caused_harm", True) or not LEADS.isdisjoint(roles):
        return {}
    return {"has_caused_harm": Fault(N_("What was said about harm is taken back by a supervisor or manager only"))}


def _too_late(ticket: AnyRow, values: AnyRow) -> dict[str, Fault]:
    """A sentence for each column that dates hang on and that would change on a ticket that has ended."""
    if ticket["state"] in OPEN_STATES:
        return {}
    fault = Fault(N_("The ticket is closed: reopen it first"))
    return {name: fault for name in DECIDING if values.get(name, ticket[name]) != ticket[name]}


def _updates(session: Session, tickets: Tickets, values: AnyRow) -> dict[int, Update]:
    """The values with what follows from them, by ticket."""
    placed = _places(session, tickets, values)
    return {
        row_id: Update(Ticket, row_id, {**values, **placed[row_id], **fitting_validity(ticket, values)})
        for row_id, ticket in tickets.items()
    }


def _told(session: Session, tickets: Tickets, updates: Collection[Update], by: Author, at: datetime) -> list[Change]:
    """The events of the updates: reclassifications and agreements."""
    if not updates:
        return []
    found = [event for update in updates for event in reclassified(tickets[update.id], update.values, by, at)]
    shared = next(iter(updates)).values  # dates are set to the same on all
    edited = {update.id: tickets[update.id] for update in updates}
    return [*found, *agreements(session, edited, shared, by, at)]


def _places(session: Session, tickets: Tickets, values: AnyRow) -> dict[int, dict[str, Any]]:
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


def _moves(place: AnyRow, ticket: AnyRow) -> bool:
    return place["building_id"] is not None and place["building_id"] != ticket["building_id"]


def _by_id(session: Session, key: Any, value: Any, wanted: Collection[int | None]) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {}
    for chunk in chunks(sorted(each for each in wanted if each is not None)):
        found |= {row[0]: row[1] for row in session.connection().execute(_pairs(key, value), {"ids": chunk})}
    return found


@cache
def _pairs(key: Any, value: Any) -> Select[Any]:
    return select(key, value).where(key.in_(bindparam("ids", expanding=True)))
