"""The timeline of a ticket as people read it: each event with who, when, what was said and what it changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models.account import Account
from models.base import N_, words
from models.fields import parse
from models.staff import Staff
from models.ticket import Ticket
from models.ticket_event import EventKind, TicketEvent
from views.access import zone_of
from views.case_lines import CASES, case_lines, turned_lines
from views.cells import formatter
from views.database import db
from views.draft_words import moved_lines
from views.language import translate
from views.told import TELLING, told_lines

EVENTS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An event: its moment in the estate's time, its label, who, the note, and what else its data says."""

    at: datetime
    label: str
    who: str
    note: str | None
    is_internal: bool
    details: list[str]


def timeline(ticket: Ticket) -> list[Entry]:
    """The latest events of the ticket, newest first."""
    statement = (
        select(TicketEvent, Account.name)
        .outerjoin(Account, Account.id == TicketEvent.account_id)
        .where(TicketEvent.ticket_id == ticket.id)
        .order_by(TicketEvent.at.desc(), TicketEvent.id.desc())
        .limit(EVENTS_SHOWN)
    )
    found = [(event, name) for event, name in db.session.execute(statement)]
    names = _staff_names({event.data["to"] for event, _ in found if event.kind is EventKind.ASSIGNED and event.data})
    kinds = {event.id: event.kind for event, _ in found}
    zone = zone_of(ticket.estate_id)
    return [
        Entry(
            event.at.astimezone(zone),
            translate(event.kind.label),
            name or translate(N_("Automatic")),
            event.note,
            event.is_internal,
            _details(event, names, kinds),
        )
        for event, name in found
    ]


def _staff_names(ids: Collection[int]) -> Mapping[int, str]:
    rows = db.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _details(event: TicketEvent, names: Mapping[int, str], kinds: Mapping[int, EventKind]) -> list[str]:
    data = event.data or {}
    match event.kind:
        case EventKind.ASSIGNED:
            return [f"→ {names.get(data.get('to', 0), '—')}"]
        case EventKind.RECLASSIFIED:
            before, after = data.get("from", {}), data.get("to", {})
            changed = [_reclassified(name, before, after) for name in after if before.get(name) != after[name]]
            return [*changed, *turned_lines(data)]
        case kind if kind in CASES:
            return case_lines(event, zone_of(event.estate_id))
        case kind if kind in TELLING:
            return told_lines(event, zone_of(event.estate_id))
        case EventKind.DATES_MOVED:
            return moved_lines(data, zone_of(event.estate_id))
        case EventKind.UNDONE:
            return [translate(kinds[row_id].label) for row_id in data.get("events", ()) if row_id in kinds]
    return [data["reason"]] if data.get("reason") else []


def _reclassified(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    column = Ticket.__table__.columns[name]
    show = formatter(Ticket, column)
    declared = words(column)
    first, last = (show(parse(column.type, each.get(name) or "").value, None) or "—" for each in (before, after))
    return f"{translate(declared.label) if declared else name}: {first} → {last}"
