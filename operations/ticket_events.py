"""The events of a ticket's timeline, as changes to write."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.ticket_event import EventKind, TicketEvent
from operations.recording import Author
from operations.write import Insert


def event_of(
    ticket: Mapping[str, Any],
    kind: EventKind,
    by: Author,
    at: datetime,
    note: str | None = None,
    internal: bool = False,
    data: Mapping[str, Any] | None = None,
) -> Insert:
    """The event on that ticket, of which `id` and `estate_id` are asked."""
    values = {"kind": kind, "at": at, "account_id": by.account_id, "note": note, "is_internal": internal}
    where = {"ticket_id": ticket["id"], "estate_id": ticket["estate_id"]}
    return Insert(TicketEvent, {**where, **values, "data": None if data is None else dict(data)})
