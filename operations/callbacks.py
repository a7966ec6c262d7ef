"""Callbacks: what the owner answered, and what follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import N_
from models.callback import Callback, Satisfaction
from models.faults import Fault
from models.ticket import OPEN_STATES, Ticket, TicketKind, TicketState
from operations.tickets import reopening
from operations.write import Author, Insert, Refused, Update, write

_REOPENABLE = frozenset({TicketState.RESOLVED, TicketState.CLOSED})


def record_callback(session: Session, values: Mapping[str, Any], by: Author, at: datetime) -> int:
    """Record a callback and return its id; a dissatisfied owner's ticket is reopened.

    S3 第7篇 4.4 has it reported with the handling opinion; the reopening is ours. Inside `writing`.
    """
    ticket = _ticket(session, values.get("ticket_id"))
    if _is_unworked(ticket):
        sentence = N_("A callback asks about work that is done: resolve the ticket first")
        raise Refused(Callback, {"ticket_id": Fault(sentence)})
    row = {**values, "estate_id": ticket["estate_id"]}
    callback_id = write(session, [Insert(Callback, row)], by=by, at=at)[0]
    _reopen(session, ticket, callback_id, row, by, at)
    return callback_id


def edit_callback(
    session: Session,
    callback_id: int,
    values: Mapping[str, Any],
    version: int | None,
    by: Author,
    at: datetime,
) -> None:
    """Set columns of a callback; an answer corrected to dissatisfied reopens the ticket. Inside `writing`.

    Refused when it would go to another ticket.
    """
    statement = select(Callback.ticket_id, Callback.satisfaction).where(Callback.id == callback_id)
    before = session.execute(statement).one_or_none()
    if before is not None and values.get("ticket_id", before.ticket_id) != before.ticket_id:
        raise Refused(Callback, {"ticket_id": Fault(N_("A callback stays with its ticket: record another one"))})
    write(session, [Update(Callback, callback_id, values, version)], by=by, at=at)
    if before is not None and before.satisfaction is not Satisfaction.DISSATISFIED:
        _reopen(session, _ticket(session, before.ticket_id), callback_id, values, by, at)


def _ticket(session: Session, ticket_id: int | None) -> dict[str, Any]:
    columns = (Ticket.id, Ticket.estate_id, Ticket.kind, Ticket.state, Ticket.reopen_count)
    counting = (Ticket.category, Ticket.severity, Ticket.validity, Ticket.has_caused_harm)
    statement = select(*columns, *counting).where(Ticket.id == ticket_id).with_for_update()
    found = session.execute(statement).one_or_none()
    if found is None:
        raise no_such_ticket()
    return found._asdict()


def _is_unworked(ticket: Mapping[str, Any]) -> bool:
    """Whether nothing was ever resolved; a special service is asked about at mid-term too (S3 第7篇 4.1.1)."""
    is_first_round = ticket["state"] in OPEN_STATES and not ticket["reopen_count"]
    return is_first_round and ticket["kind"] is not TicketKind.SPECIAL_SERVICE


def no_such_ticket() -> Refused:
    """Of a callback whose ticket does not exist, or not for whoever records it."""
    return Refused(Callback, {"ticket_id": Fault(N_("Choose the ticket that the callback is about"))})


def _reopen(
    session: Session,
    ticket: Mapping[str, Any],
    callback_id: int,
    values: Mapping[str, Any],
    by: Author,
    at: datetime,
) -> None:
    if values.get("satisfaction") is Satisfaction.DISSATISFIED and ticket["state"] in _REOPENABLE:
        data = {"callback_id": callback_id}
        write(
            session, reopening(ticket, by, at, values.get("opinion") or values.get("shortcomings"), data), by=by, at=at
        )
