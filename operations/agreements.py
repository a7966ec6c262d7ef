"""Dates agreed with the owner: each setting and moving is an event, and what has passed is not moved by everybody."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.faults import Fault
from models.milestone import Milestone, MilestoneKind
from models.owner import Owner
from models.ticket_event import EventKind
from operations.chunks import chunks
from operations.recording import Author, plain
from operations.ticket_events import event_of
from operations.write import Insert

# The dates of a ticket that both sides agree on, with the milestone whose due time each is.
AGREED: Mapping[str, MilestoneKind] = {
    "appointment_at": MilestoneKind.ON_SITE,
    "owner_deadline_at": MilestoneKind.RESOLUTION,
    "promised_reply_at": MilestoneKind.PROMISED_REPLY,
}
LEADS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR})
_OWNERS = select(Owner.__table__.c.id, Owner.__table__.c.name).where(
    Owner.__table__.c.id.in_(bindparam("ids", expanding=True))
)

Tickets = Mapping[int, Mapping[str, Any]]


def agreements(session: Session, tickets: Tickets, values: Mapping[str, Any], by: Author, at: datetime) -> list[Insert]:
    """The events of the dates that these values set or move, by field: from, to and with whom it was agreed."""
    moved = {row_id: found for row_id, ticket in tickets.items() if (found := _moved(ticket, values))}
    names = _names(session, [tickets[row_id] for row_id in moved])
    return [
        event_of(
            tickets[row_id],
            EventKind.AGREED,
            by,
            at,
            data={
                "field": name,
                "from": plain(tickets[row_id].get(name)),
                "to": plain(values[name]),
                "with": values.get("contact_name") or tickets[row_id].get("contact_name") or names.get(row_id),
            },
        )
        for row_id, fields in moved.items()
        for name in fields
    ]


def spent(
    session: Session, tickets: Tickets, values: Mapping[str, Any], roles: Collection[Role], at: datetime
) -> dict[int, dict[str, Fault]]:
    """By ticket a sentence for each agreed date that these roles may not move any more: its milestone was missed or
    done, and what came late would be in time (ours).
    """
    if not LEADS.isdisjoint(roles):
        return {}
    moved = {row_id: fields for row_id, ticket in tickets.items() if (fields := _moved(ticket, values))}
    sentence = N_("What hangs on this date was missed or done already: a supervisor or manager may still move it")
    over = _over(session, list(moved), at) if moved else {}
    found = {
        row_id: {name: Fault(sentence) for name in fields if AGREED[name] in over.get(row_id, ())}
        for row_id, fields in moved.items()
    }
    return {row_id: faults for row_id, faults in found.items() if faults}


def _moved(ticket: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    return [name for name in AGREED if name in values and values[name] != ticket.get(name)]


def _over(session: Session, ticket_ids: Collection[int], at: datetime) -> Mapping[int, set[MilestoneKind]]:
    """By ticket the kinds of milestones that were due before, or are done; of the present round."""
    found: dict[int, dict[MilestoneKind, bool]] = defaultdict(dict)
    columns = (Milestone.ticket_id, Milestone.kind, Milestone.due_at, Milestone.done_at)
    for chunk in chunks(sorted(ticket_ids)):
        of_kinds = (Milestone.ticket_id.in_(chunk), Milestone.kind.in_(AGREED.values()))
        for row in session.execute(select(*columns).where(*of_kinds).order_by(Milestone.round)):
            found[row.ticket_id][row.kind] = row.done_at is not None or (row.due_at is not None and row.due_at < at)
    return {row_id: {kind for kind, is_over in kinds.items() if is_over} for row_id, kinds in found.items()}


def _names(session: Session, tickets: Collection[Mapping[str, Any]]) -> dict[int, str]:
    """By ticket the name of its owner."""
    owners = {ticket["owner_id"] for ticket in tickets if ticket.get("owner_id") is not None}
    names: dict[int, str] = {}
    for chunk in chunks(sorted(owners)):
        names |= {row.id: row.name for row in session.connection().execute(_OWNERS, {"ids": chunk})}
    return {ticket["id"]: names[ticket["owner_id"]] for ticket in tickets if ticket.get("owner_id") in names}
