"""What a ticket counts as: the event when that changes, and what makes a complaint major on the spot."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.faults import Fault
from models.milestone import Milestone
from models.ticket import SEVERITIES, Severity, Ticket, TicketKind
from models.ticket_event import EventKind
from operations.agreements import LEADS
from operations.chunks import chunks
from operations.recording import Author
from operations.ticket_events import event_of
from operations.ticket_facts import class_values
from operations.write import Change, Update
from rules.ladder import MajorCause, major_cause

AnyRow = Mapping[str, Any]


def reclassified(ticket: AnyRow, values: AnyRow, by: Author, at: datetime) -> list[Change]:
    """The event of a ticket that counts as something else with these values; it turns major where they say so."""
    wanted = {**ticket, **values}
    cause = major_cause(*(wanted[name] for name in _CAUSES))
    wanted |= {"severity": Severity.MAJOR} if cause else {}
    before, after = class_values(ticket), class_values(wanted)
    if before == after:
        return []
    data = {"from": before, "to": after, **(_why(cause) if cause else {})}
    turned: list[Change] = [Update(Ticket, ticket["id"], {"severity": Severity.MAJOR})] if cause else []
    return [*turned, event_of(ticket, EventKind.RECLASSIFIED, by, at, data=data)]


def stays_major(ticket: AnyRow, values: AnyRow) -> dict[str, Fault]:
    """What turned major on the spot is not made less by hand (S3 第5篇 4.1.1–4.1.2)."""
    wanted = {**ticket, **values}
    cause = major_cause(*(wanted[name] for name in _CAUSES))
    if cause is None or ticket["severity"] is not Severity.MAJOR or wanted["severity"] is Severity.MAJOR:
        return {}
    sentence = N_("The complaint is major: %(cause)s (%(clause)s)")
    return {"severity": Fault(sentence, cause=cause, clause=cause.clause)}


_CAUSES = ("kind", "severity", "validity", "reopen_count", "has_caused_harm")


def _why(cause: MajorCause) -> dict[str, str]:
    return {"cause": cause.value, "clause": cause.clause}


def healed(
    session: Session, tickets: Mapping[int, AnyRow], values: AnyRow, roles: Collection[Role], at: datetime
) -> dict[int, dict[str, Fault]]:
    """By ticket a sentence for each column that these roles may not set any more: a date of it was missed, and as
    something else the ticket would be in time again. That it is graver than was thought, everybody may say (ours).
    """
    if not LEADS.isdisjoint(roles):
        return {}
    moved = {row_id: names for row_id, ticket in tickets.items() if (names := _eased(ticket, values))}
    late = [
        each
        for some in chunks(sorted(moved))
        for each in session.scalars(select(Milestone.ticket_id).where(Milestone.ticket_id.in_(some), _is_missed(at)))
    ]
    fault = Fault(N_("A date of this ticket was missed already: a supervisor or manager may still change this"))
    return {row_id: dict.fromkeys(moved[row_id], fault) for row_id in late}


def _is_missed(at: datetime) -> ColumnElement[bool]:
    return Milestone.due_at < func.coalesce(Milestone.done_at, at)


def _eased(ticket: AnyRow, values: AnyRow) -> list[str]:
    """What of the class of the ticket would be another, unless only its severity rises."""
    found = [name for name in class_values(ticket) if name in values and values[name] != ticket[name]]
    ranks = list(SEVERITIES.get(ticket["kind"], ()))
    wanted = {**ticket, **values}["severity"]
    rises = found == ["severity"] and wanted in ranks and ranks.index(wanted) > ranks.index(ticket["severity"])
    return [] if rises else found


def fitting_validity(ticket: AnyRow, values: AnyRow) -> dict[str, Any]:
    """What is no complaint any more has no validity."""
    is_other = values.get("kind", ticket["kind"]) is not TicketKind.COMPLAINT
    return {"validity": None} if is_other and ticket["validity"] is not None else {}
