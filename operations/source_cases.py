"""Tickets that were taken in and promised elsewhere: their timelines as the source tells them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from models.ticket import Ticket
from models.ticket_event import EventKind
from operations.recording import Author
from operations.ticket_events import event_of
from operations.write import Change, Insert, Update

AnyRow = Mapping[str, Any]


def timeline(changes: Iterable[tuple[Change, int]], estate_id: int, by: Author, at: datetime) -> list[Change]:
    """The events of tickets that were loaded, each with its id: opened and closed when the source says so.

    Nobody is told of them: they happened before, and elsewhere.
    """
    found: list[Change] = []
    for change, ticket_id in changes:
        ticket = {"id": ticket_id, "estate_id": estate_id}
        values = change.values if isinstance(change, Insert | Update) else {}
        if change.model is Ticket and isinstance(change, Insert):
            data = {"source": values.get("source_system")}
            found.append(event_of(ticket, EventKind.OPENED, by, values["opened_at"], data=data))
        if change.model is Ticket and values.get("source_closed_at") is not None:
            note = values.get("close_reason")
            found.append(event_of(ticket, EventKind.CLOSED, by, values["source_closed_at"], note))
    return found
