import pytest

from models.account import Role
from models.faults import Fault
from models.ticket import OPEN_STATES, TicketState
from models.ticket_event import EventKind
from rules.transitions import MOVES, Action, Transition, allowed, step

A = Action
S = TicketState
EVERYBODY = list(Role)


@pytest.mark.parametrize(
    ("state", "action", "expected", "event"),
    [
        (S.NEW, A.ASSIGN, S.ASSIGNED, EventKind.ASSIGNED),
        (S.REOPENED, A.ASSIGN, S.ASSIGNED, EventKind.ASSIGNED),
        (S.IN_PROGRESS, A.ASSIGN, S.IN_PROGRESS, EventKind.ASSIGNED),
        (S.WAITING, A.ASSIGN, S.WAITING, EventKind.ASSIGNED),
        (S.NEW, A.START, S.IN_PROGRESS, EventKind.STARTED),
        (S.ASSIGNED, A.START, S.IN_PROGRESS, EventKind.STARTED),
        (S.IN_PROGRESS, A.WAIT, S.WAITING, EventKind.WAITING),
        (S.WAITING, A.RESUME, S.IN_PROGRESS, EventKind.STARTED),
        (S.NEW, A.RESOLVE, S.RESOLVED, EventKind.RESOLVED),
        (S.WAITING, A.RESOLVE, S.RESOLVED, EventKind.RESOLVED),
        (S.RESOLVED, A.CLOSE, S.CLOSED, EventKind.CLOSED),
        (S.NEW, A.CLOSE_UNRESOLVED, S.CLOSED_UNRESOLVED, EventKind.CLOSED_UNRESOLVED),
        (S.RESOLVED, A.REOPEN, S.REOPENED, EventKind.REOPENED),
        (S.CLOSED, A.REOPEN, S.REOPENED, EventKind.REOPENED),
        (S.CLOSED_UNRESOLVED, A.REOPEN, S.REOPENED, EventKind.REOPENED),
        (S.NEW, A.VOID, S.VOID, EventKind.VOIDED),
        (S.WAITING, A.TELL_OWNER, S.WAITING, EventKind.OWNER_TOLD),
        (S.IN_PROGRESS, A.ALLOW_PAUSE, S.IN_PROGRESS, EventKind.PAUSE_ALLOWED),
        (S.RESOLVED, A.REFUSE_PAUSE, S.RESOLVED, EventKind.PAUSE_REFUSED),
        (S.RESOLVED, A.JUDGE, S.RESOLVED, EventKind.VALIDITY_JUDGED),
        (S.NEW, A.DRAFT_PLAN, S.NEW, EventKind.PLAN_DRAFTED),
        (S.NEW, A.APPROVE_PLAN, S.NEW, EventKind.PLAN_APPROVED),
        (S.NEW, A.RETURN_PLAN, S.NEW, EventKind.PLAN_RETURNED),
        (S.RESOLVED, A.KEEP_RECORD, S.RESOLVED, EventKind.RECORD_KEPT),
        (S.RESOLVED, A.HAND_IN_RECORD, S.RESOLVED, EventKind.RECORD_HANDED_IN),
        (S.VOID, A.NOTE, S.VOID, EventKind.NOTED),
    ],
)
def test_an_action_leads_to_the_next_state(state: S, action: A, expected: S, event: EventKind) -> None:
    assert step(state, action, EVERYBODY, reason="because") == Transition(expected, event)


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (S.NEW, A.CLOSE),
        (S.NEW, A.REOPEN),
        (S.NEW, A.HAND_IN_RECORD),
        (S.IN_PROGRESS, A.START),
        (S.RESOLVED, A.RESOLVE),
        (S.RESOLVED, A.CLOSE_UNRESOLVED),
        (S.CLOSED, A.ASSIGN),
        (S.CLOSED, A.VOID),
        (S.VOID, A.REOPEN),
        (S.VOID, A.URGE),
    ],
)
def test_an_action_that_does_not_fit_the_state_is_refused(state: S, action: A) -> None:
    verdict = step(state, action, EVERYBODY, reason="because")
    assert isinstance(verdict, Fault)
    assert verdict.places == {"action": action, "state": state}


@pytest.mark.parametrize(
    ("action", "state", "roles"),
    [
        (A.CLOSE_UNRESOLVED, S.NEW, {Role.MANAGER}),
        (A.CLOSE, S.RESOLVED, {Role.CLERK, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR}),
        (A.VOID, S.NEW, {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR}),
        (A.URGE, S.NEW, {Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR}),
        (
            A.ASSIGN,
            S.NEW,
            {Role.CLERK, Role.BUTLER, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
        ),
        (
            A.RESOLVE,
            S.NEW,
            {Role.CLERK, Role.BUTLER, Role.ENGINEER, Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR},
        ),
    ],
)
def test_only_these_roles_may(action: A, state: S, roles: set[Role]) -> None:
    assert {role for role in Role if action in allowed(state, [role])} == roles


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HQ, Role.QUALITY_OFFICER, Role.ESTATE_ADMIN])
@pytest.mark.parametrize("state", list(S))
def test_who_only_looks_may_do_nothing(role: Role, state: S) -> None:
    assert allowed(state, [role]) == []


def test_a_role_that_may_not_is_told_so() -> None:
    verdict = step(S.NEW, A.CLOSE_UNRESOLVED, [Role.SUPERVISOR, Role.ADMINISTRATOR], reason="because")
    assert isinstance(verdict, Fault)
    assert verdict.message == "Your role may not do this: %(action)s"


@pytest.mark.parametrize("reason", [None, "", "  "])
@pytest.mark.parametrize("action", [A.CLOSE_UNRESOLVED, A.VOID])
def test_ending_a_ticket_without_resolution_needs_a_reason(action: A, reason: str | None) -> None:
    verdict = step(S.NEW, action, EVERYBODY, reason)
    assert isinstance(verdict, Fault)
    assert verdict.message == "Give the reason: it stays on the ticket"


def test_every_open_ticket_can_be_resolved_and_every_action_has_a_row() -> None:
    assert set(MOVES[A.RESOLVE].next_states) == OPEN_STATES
    assert set(MOVES) == set(Action)
