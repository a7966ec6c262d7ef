"""What may be done with a ticket, as its page offers it and as the forms ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import abort, request
from sqlalchemy import select

from models.base import N_
from models.complaint import PlanState
from models.faults import Fault
from models.fields import parse
from models.staff import Staff
from models.ticket import OPEN_STATES, Ticket, TicketState
from models.ticket_event import TicketEvent
from operations.cases import cases
from operations.scope import conditions
from reports.explanation import Explanation
from rules import transitions
from rules.facts import DOING
from rules.hindrances import Case, hindrance
from rules.permissions import Action
from rules.transitions import MOVES, allowed
from views.access import author, model_scope, roles
from views.asked_fields import REASONED, Asked, fields, said
from views.database import db
from views.language import translate

_Act = transitions.Action

# Done with one press; every other action opens a small form first.
AT_ONCE = frozenset({_Act.START, _Act.RESUME, _Act.RESPOND, _Act.ARRIVE, _Act.HAND_IN_RECORD})
# What they ask for says it all.
_WITHOUT_NOTE = frozenset({_Act.TELL_OWNER, _Act.DRAFT_PLAN, _Act.KEEP_RECORD})
NEXT_STEPS = frozenset({_Act.ASSIGN, _Act.START, _Act.RESUME, _Act.RESOLVE, _Act.CLOSE, _Act.REOPEN})


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as the bar offers it."""

    action: transitions.Action
    is_next: bool
    is_owed: bool
    is_at_once: bool
    needs_reason: bool
    may_have_reason: bool
    may_have_note: bool
    needs_assignee: bool
    fields: Sequence[Asked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be done now, and the sentences that say what has to come before what cannot."""

    deeds: Sequence[Deed]
    hints: Sequence[str]


def offer(ticket: Ticket, reasons: Explanation, staff: Sequence[tuple[int, str]]) -> Offer:
    """What the person may do with the ticket now; what a milestone waits for is marked as owed."""
    possible = allowed(ticket.state, roles()) if _reaches(ticket) else []
    case = cases(db.session, {ticket.id: _row(ticket)})[ticket.id]
    against = {action: hindrance(case, action, roles(), author().account_id) for action in possible}
    free = [action for action in possible if against[action] is None]
    owed = {
        next((action for action in free if MOVES[action].event in DOING.get(each.kind, ())), None)
        for each in reasons.milestones
        if each.is_open and (each.late_seconds or each.due_at == reasons.next_due_at)
    }
    due = {action for action in free if action in owed or _is_called_for(action, case, ticket.state)}
    hints = {found.text(translate): None for action in NEXT_STEPS & {*possible} if (found := against[action])}
    return Offer([_deed(ticket, action, action in owed, action in due, staff) for action in free], list(hints))


def _deed(
    ticket: Ticket, action: transitions.Action, is_owed: bool, is_due: bool, staff: Sequence[tuple[int, str]]
) -> Deed:
    return Deed(
        action,
        is_next=action in NEXT_STEPS or is_due,
        is_owed=is_owed,
        is_at_once=action in AT_ONCE,
        needs_reason=MOVES[action].needs_reason,
        may_have_reason=action in REASONED,
        may_have_note=action not in _WITHOUT_NOTE,
        needs_assignee=action is _Act.ASSIGN,
        fields=fields(ticket, action, staff),
    )


def _row(ticket: Ticket) -> dict[str, Any]:
    names = ("id", "kind", "severity", "validity", "is_harm_ongoing")
    return {name: getattr(ticket, name) for name in names}


def _is_called_for(action: transitions.Action, case: Case, state: TicketState) -> bool:
    """Whether the next step hangs on it."""
    waiting = case.waiting
    match action:
        case _Act.STOP_HARM:
            return case.is_harm_ongoing
        case _Act.JUDGE:
            return case.validity is None
        case _Act.DRAFT_PLAN:
            return case.plan is not PlanState.DRAFTED
        case _Act.APPROVE_PLAN | _Act.RETURN_PLAN:
            return case.plan is PlanState.DRAFTED
        case _Act.KEEP_RECORD:
            return state not in OPEN_STATES and bool(case.missing)
        case _Act.TELL_OWNER:
            return waiting is not None and waiting.is_running and not waiting.is_told
        case _Act.ALLOW_PAUSE | _Act.REFUSE_PAUSE:
            return waiting is not None and waiting.is_needed
    return False


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
    """Note, reason, assignee and what else the action takes, as the form gives them. Raises Fault."""
    return {
        "note": asked_text("note"),
        "reason": asked_text("reason"),
        "assignee_id": asked_assignee(ticket.estate_id) if action is _Act.ASSIGN else None,
        "internal": request.form.get("internal") == "yes",
        "said": said(ticket, action, staff_to_assign(ticket.estate_id) if action is _Act.KEEP_RECORD else []),
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
