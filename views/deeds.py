"""What may be done with a ticket, as its page offers it and as the forms ask for it."""

from dataclasses import dataclass
from typing import Any

from flask import abort, request
from sqlalchemy import select

from models.base import N_
from models.faults import Fault
from models.fields import parse
from models.staff import Staff
from models.ticket import Ticket
from models.ticket_event import TicketEvent
from operations.scope import conditions
from reports.explanation import Explanation
from rules import transitions
from rules.facts import DOING
from rules.permissions import Action
from rules.transitions import MOVES, allowed
from views.access import model_scope, roles
from views.database import db
from views.language import translate

_Act = transitions.Action

# Done with one press; every other action opens a small form first.
AT_ONCE = frozenset({_Act.START, _Act.RESUME, _Act.RESPOND, _Act.ARRIVE, _Act.STOP_HARM, _Act.HAND_IN_RECORD})
NEXT_STEPS = frozenset({_Act.ASSIGN, _Act.START, _Act.RESUME, _Act.RESOLVE, _Act.CLOSE, _Act.REOPEN})


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as the bar offers it."""

    action: transitions.Action
    is_next: bool
    is_owed: bool
    is_at_once: bool
    needs_reason: bool
    needs_assignee: bool


def deeds(ticket: Ticket, reasons: Explanation) -> list[Deed]:
    """What the person may do with the ticket now; what a milestone waits for is marked as owed."""
    possible = allowed(ticket.state, roles()) if _reaches(ticket) else []
    owed = {
        next((action for action in possible if MOVES[action].event in DOING.get(each.kind, ())), None)
        for each in reasons.milestones
        if each.is_open and (each.late_seconds or each.due_at == reasons.next_due_at)
    }
    return [
        Deed(
            action,
            is_next=action in NEXT_STEPS or action in owed,
            is_owed=action in owed,
            is_at_once=action in AT_ONCE,
            needs_reason=MOVES[action].needs_reason,
            needs_assignee=action is _Act.ASSIGN,
        )
        for action in possible
    ]


def _reaches(ticket: Ticket) -> bool:
    bounds = conditions(Ticket, model_scope(Ticket, Action.EDIT))
    return db.session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, *bounds)) is not None


def staff_to_assign(estate_id: int) -> list[tuple[int, str]]:
    """The active staff of the estate that the person sees: id, and name with post."""
    statement = (
        select(Staff.id, Staff.name, Staff.role)
        .where(Staff.estate_id == estate_id, Staff.is_active, *conditions(Staff, model_scope(Staff)))
        .order_by(Staff.role, Staff.name, Staff.id)
    )
    return [(row.id, f"{row.name} · {translate(row.role.label)}") for row in db.session.execute(statement)]


def asked_action() -> transitions.Action:
    """The action that the form names; 400 for none that there is."""
    try:
        return transitions.Action(request.form.get("action", ""))
    except ValueError:
        abort(400)


def asked_arguments(ticket: Ticket, action: transitions.Action) -> dict[str, Any]:
    """Note, reason and assignee as the form gives them. Raises Fault."""
    return {
        "note": asked_text("note"),
        "reason": asked_text("reason"),
        "assignee_id": asked_assignee(ticket.estate_id) if action is _Act.ASSIGN else None,
        "internal": request.form.get("internal") == "yes",
    }


def asked_text(name: str) -> str | None:
    """A text of the form, as the timeline keeps it; None for a blank one. Raises Fault."""
    text: str | None = parse(TicketEvent.__table__.columns["note"].type, request.form.get(name, "")).value
    return text


def asked_assignee(estate_id: int) -> int | None:
    """The staff member whom the form names, of that estate; None for nobody. Raises Fault."""
    text = request.form.get("assignee_id", "")
    if not text:
        return None
    by_number = {str(row_id): row_id for row_id, _ in staff_to_assign(estate_id)}
    if text not in by_number:
        raise Fault(N_("There is no such record in this estate: choose another"))
    return by_number[text]
