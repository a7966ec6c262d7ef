"""What may be done with a ticket in which state, by whom, and what it becomes: one table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.account import Role
from models.base import N_, Labelled
from models.faults import Fault
from models.ticket import OPEN_STATES, TicketState
from models.ticket_event import EventKind


class Action(Labelled):
    """What people do with a ticket."""

    ASSIGN = "assign", N_("Assign")
    START = "start", N_("Start work")
    WAIT = "wait", N_("Wait")
    TELL_OWNER = "tell_owner", N_("Owner told of the wait")
    ALLOW_PAUSE = "allow_pause", N_("Allow the pause")
    REFUSE_PAUSE = "refuse_pause", N_("Refuse the pause")
    RESUME = "resume", N_("Resume work")
    RESPOND = "respond", N_("First response given")
    ARRIVE = "arrive", N_("On site")
    REPLY = "reply", N_("Reply to the owner")
    ANSWER = "answer", N_("Clear answer to the owner")
    STOP_HARM = "stop_harm", N_("Harm stopped, apology given")
    JUDGE = "judge", N_("Judge the validity")
    DRAFT_PLAN = "draft_plan", N_("Draft the handling plan")
    APPROVE_PLAN = "approve_plan", N_("Approve the handling plan")
    RETURN_PLAN = "return_plan", N_("Return the handling plan")
    REPORT_SUPERVISOR = "report_supervisor", N_("Report to the supervisor")
    REPORT_HQ = "report_hq", N_("Report to HQ")
    HAND_TO_SUPERVISOR = "hand_to_supervisor", N_("Hand over to the supervisor")
    HAND_TO_MANAGER = "hand_to_manager", N_("Hand over to the manager")
    RESOLVE = "resolve", N_("Resolve")
    KEEP_RECORD = "keep_record", N_("Complaint record")
    HAND_IN_RECORD = "hand_in_record", N_("Hand in the record")
    CLOSE = "close", N_("Close")
    CLOSE_UNRESOLVED = "close_unresolved", N_("Close unresolved")
    REOPEN = "reopen", N_("Reopen")
    VOID = "void", N_("Declare void")
    URGE = "urge", N_("Urge")
    NOTE = "note", N_("Add a note")


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table: the state that follows each state it may start from, and the event it leaves."""

    next_states: Mapping[TicketState, TicketState]
    roles: frozenset[Role]
    event: EventKind
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """The verdict that an action may be done: what the ticket becomes and the event to record."""

    state: TicketState
    event: EventKind


_S = TicketState
_CHIEFS = frozenset({Role.SUPERVISOR, Role.MANAGER})
_LEADS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR})
_DESK = _LEADS | {Role.CLERK}
_FRONT = _DESK | {Role.BUTLER}
_WORKERS = _FRONT | {Role.ENGINEER}
_BEGUN = OPEN_STATES - {_S.NEW}


def _to(state: TicketState, *since: TicketState) -> dict[TicketState, TicketState]:
    return dict.fromkeys(since, state)


def _staying(states: Collection[TicketState]) -> dict[TicketState, TicketState]:
    return {state: state for state in states}


MOVES: Mapping[Action, Move] = {
    # Who takes over work that has begun goes on with it.
    Action.ASSIGN: Move(
        _to(_S.ASSIGNED, _S.NEW, _S.ASSIGNED, _S.REOPENED) | _staying({_S.IN_PROGRESS, _S.WAITING}),
        _FRONT,
        EventKind.ASSIGNED,
    ),
    Action.START: Move(_to(_S.IN_PROGRESS, _S.NEW, _S.ASSIGNED, _S.REOPENED), _WORKERS, EventKind.STARTED),
    Action.WAIT: Move(_to(_S.WAITING, *(OPEN_STATES - {_S.WAITING})), _WORKERS, EventKind.WAITING),
    Action.TELL_OWNER: Move(_staying({_S.WAITING}), _WORKERS, EventKind.OWNER_TOLD),
    # Also once work has been resumed or the ticket resolved: who decides may come later than the parts.
    Action.ALLOW_PAUSE: Move(_staying(OPEN_STATES | {_S.RESOLVED}), _CHIEFS, EventKind.PAUSE_ALLOWED),
    Action.REFUSE_PAUSE: Move(
        _staying(OPEN_STATES | {_S.RESOLVED}), _CHIEFS, EventKind.PAUSE_REFUSED, needs_reason=True
    ),
    Action.RESUME: Move(_to(_S.IN_PROGRESS, _S.WAITING), _WORKERS, EventKind.STARTED),
    Action.RESPOND: Move(_staying(OPEN_STATES), _WORKERS, EventKind.RESPONDED),
    Action.ARRIVE: Move(_staying(OPEN_STATES), _WORKERS, EventKind.ARRIVED),
    Action.REPLY: Move(_staying(OPEN_STATES), _WORKERS, EventKind.REPLIED),
    Action.ANSWER: Move(_staying(OPEN_STATES), _WORKERS, EventKind.ANSWERED),
    Action.STOP_HARM: Move(_staying(OPEN_STATES), _WORKERS, EventKind.HARM_STOPPED),
    Action.JUDGE: Move(_staying(OPEN_STATES | {_S.RESOLVED}), _DESK, EventKind.VALIDITY_JUDGED),
    # S3 第5篇 3.2: the supervisor drafts the plan, the manager approves it before work starts.
    Action.DRAFT_PLAN: Move(_staying(OPEN_STATES), _CHIEFS, EventKind.PLAN_DRAFTED),
    Action.APPROVE_PLAN: Move(_staying(OPEN_STATES), frozenset({Role.MANAGER}), EventKind.PLAN_APPROVED),
    Action.RETURN_PLAN: Move(
        _staying(OPEN_STATES), frozenset({Role.MANAGER}), EventKind.PLAN_RETURNED, needs_reason=True
    ),
    Action.REPORT_SUPERVISOR: Move(_staying(OPEN_STATES), _WORKERS, EventKind.REPORTED),
    Action.REPORT_HQ: Move(_staying(OPEN_STATES), _LEADS, EventKind.REPORTED_HQ),
    Action.HAND_TO_SUPERVISOR: Move(_staying(OPEN_STATES), _WORKERS, EventKind.HANDED_SUPERVISOR),
    Action.HAND_TO_MANAGER: Move(_staying(OPEN_STATES), _FRONT, EventKind.HANDED_MANAGER),
    Action.RESOLVE: Move(_to(_S.RESOLVED, *OPEN_STATES), _WORKERS, EventKind.RESOLVED),
    Action.KEEP_RECORD: Move(_staying(OPEN_STATES | {_S.RESOLVED}), _FRONT, EventKind.RECORD_KEPT),
    # Still owed after a reopening, for the resolution before it (S3 第5篇 5.3.1).
    Action.HAND_IN_RECORD: Move(_staying(_BEGUN | {_S.RESOLVED, _S.CLOSED}), _WORKERS, EventKind.RECORD_HANDED_IN),
    Action.CLOSE: Move(_to(_S.CLOSED, _S.RESOLVED), _DESK, EventKind.CLOSED),
    # S3 第6篇 3.3.3, 4.8: the manager alone, and the reason is written down.
    Action.CLOSE_UNRESOLVED: Move(
        _to(_S.CLOSED_UNRESOLVED, *OPEN_STATES),
        frozenset({Role.MANAGER}),
        EventKind.CLOSED_UNRESOLVED,
        needs_reason=True,
    ),
    Action.REOPEN: Move(_to(_S.REOPENED, _S.RESOLVED, _S.CLOSED, _S.CLOSED_UNRESOLVED), _FRONT, EventKind.REOPENED),
    Action.VOID: Move(_to(_S.VOID, *OPEN_STATES, _S.RESOLVED), _LEADS, EventKind.VOIDED, needs_reason=True),
    Action.URGE: Move(_staying(OPEN_STATES | {_S.RESOLVED, _S.CLOSED}), _LEADS, EventKind.URGED),
    Action.NOTE: Move(_staying(list(TicketState)), _WORKERS, EventKind.NOTED),
}


Verdict = Transition | Fault


def allowed(state: TicketState, roles: Collection[Role]) -> list[Action]:
    """What somebody with these roles may do with a ticket in that state, a reason for some presumed."""
    return [action for action in Action if isinstance(step(state, action, roles, "…"), Transition)]


def step(state: TicketState, action: Action, roles: Collection[Role], reason: str | None = None) -> Verdict:
    """What the ticket becomes, or why the action cannot be done."""
    move = MOVES[action]
    if state not in move.next_states:
        sentence = N_("%(action)s is not possible while the ticket is: %(state)s")
        return Fault(sentence, action=action, state=state)
    if move.roles.isdisjoint(roles):
        return Fault(N_("Your role may not do this: %(action)s"), action=action)
    if move.needs_reason and not (reason or "").strip():
        return Fault(N_("Give the reason: it stays on the ticket"))
    return Transition(move.next_states[state], move.event)
