"""Tickets in hand: the rows to be worked, locked, and what became of a set of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.base import N_
from models.faults import Fault
from models.ticket import Ticket
from operations.chunks import chunks

AnyRow = Mapping[str, Any]
# Columns on which the dates of a ticket hang.
DECIDING = (
    *("kind", "category", "severity", "validity"),
    *("appointment_at", "owner_deadline_at", "promised_reply_at", "is_harm_ongoing", "has_caused_harm"),
)

_TICKET = Ticket.__table__.columns
_NEEDED = (
    *("id", "estate_id", "version", "state", "assignee_id", "reopen_count", "unit_id", "building_id"),
    *("owner_id", "contact_name", "opened_at", "standard_set_id"),
    *DECIDING,
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


def locked(session: Session, ticket_ids: Collection[int]) -> dict[int, AnyRow]:
    """The tickets by id, lowest first; who else works them waits."""
    found: dict[int, AnyRow] = {}
    for chunk in chunks(sorted(ticket_ids)):
        rows = session.connection().execute(_LOCKED, {"ids": chunk})
        found.update({row.id: row._asdict() for row in rows})
    return found


def gone() -> Fault:
    """Of a ticket that does not exist."""
    return Fault(N_("There is no such ticket any more"))


def first(faults: Mapping[str, Fault]) -> Fault:
    """One sentence of those about several columns."""
    return next(iter(faults.values()))
