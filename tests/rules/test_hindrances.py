from typing import Any

import pytest

from models.account import Role
from models.complaint import PlanState
from models.ticket import Severity, TicketKind, Validity
from rules.hindrances import BEFORE_HARM_STOPS, Case, Waiting, dismissal_fault, hindrance
from rules.transitions import Action

A, K, S, V = Action, TicketKind, Severity, Validity
ME, OTHER = 7, 8


def against(action: Action, account_id: int | None = ME, **facts: Any) -> str | None:
    """The sentence that stands against the action on a complaint, minor unless said otherwise."""
    fault = hindrance(Case(**{"kind": K.COMPLAINT, "severity": S.MINOR, **facts}), action, list(Role), account_id)
    return fault.text() if fault else None


@pytest.mark.parametrize("action", sorted(set(Action) - BEFORE_HARM_STOPS))
def test_while_harm_goes_on_it_is_stopped_first(action: Action) -> None:
    assert "Harm is still going on: first record by 'Harm stopped" in str(against(action, is_harm_ongoing=True))


@pytest.mark.parametrize("action", sorted(BEFORE_HARM_STOPS))
def test_stopping_reporting_assigning_and_noting_never_wait_for_it(action: Action) -> None:
    assert against(action, is_harm_ongoing=True) is None


def test_harm_that_is_not_marked_cannot_be_stopped() -> None:
    assert "No harm is marked" in str(against(A.STOP_HARM))


@pytest.mark.parametrize("action", [A.START, A.RESOLVE])
@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"severity": S.MINOR}, None),
        ({"severity": S.IMPORTANT}, "the supervisor drafts it, the manager approves it"),
        ({"severity": S.MAJOR, "validity": V.VALID}, "the supervisor drafts it, the manager approves it"),
        ({"severity": S.MAJOR, "plan": PlanState.DRAFTED}, "the manager approves or returns it first"),
        ({"severity": S.MAJOR, "plan": PlanState.RETURNED}, "the supervisor drafts it anew first"),
        ({"severity": S.MAJOR, "plan": PlanState.APPROVED}, None),
        ({"severity": S.MAJOR, "validity": V.INVALID}, None),
        ({"severity": S.MAJOR, "validity": V.OUTSIDE_REMIT}, None),
        ({"kind": K.REPAIR, "severity": S.URGENT}, None),
    ],
)
def test_important_and_major_complaints_are_worked_by_an_approved_plan(
    action: Action, facts: dict[str, Any], sentence: str | None
) -> None:
    found = against(action, **facts)
    assert found == sentence or (sentence is not None and sentence in str(found))


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"validity": V.VALID}, None),
        ({"validity": V.VALID, "missing": ("Root cause",)}, "before closing: Root cause"),
        ({"validity": None, "missing": ("Root cause",)}, "Say first by 'Judge the validity'"),
        ({"validity": V.INVALID, "missing": ("Root cause",)}, None),
        ({"validity": V.OUTSIDE_REMIT, "missing": ("Root cause",)}, None),
        ({"kind": K.REPAIR, "severity": S.URGENT}, None),
    ],
)
def test_a_valid_complaint_is_closed_with_its_record(facts: dict[str, Any], sentence: str | None) -> None:
    found = against(A.CLOSE, **facts)
    assert found == sentence or (sentence is not None and sentence in str(found))


@pytest.mark.parametrize(
    ("action", "facts", "sentence"),
    [
        (A.JUDGE, {"kind": K.HELP, "severity": None}, "Only complaints have this"),
        (A.KEEP_RECORD, {"kind": K.HELP, "severity": None}, "Only complaints have this"),
        (A.DRAFT_PLAN, {}, "Only important and major complaints"),
        (A.DRAFT_PLAN, {"severity": S.MAJOR, "plan": PlanState.APPROVED}, "approved already"),
        (A.APPROVE_PLAN, {"severity": S.MAJOR}, "draft one first"),
        (A.RETURN_PLAN, {"severity": S.MAJOR, "plan": PlanState.RETURNED}, "draft one first"),
        (
            A.APPROVE_PLAN,
            {"severity": S.MAJOR, "plan": PlanState.DRAFTED, "plan_by_id": ME},
            "drafted this plan yourself",
        ),
        (A.TELL_OWNER, {}, "resume work, then let it wait with its reason"),
        (A.TELL_OWNER, {"waiting": Waiting(True, True, False)}, "told of this wait already"),
        (A.ALLOW_PAUSE, {}, "No pause waits to be decided"),
        (A.REFUSE_PAUSE, {"waiting": Waiting(True, False, False)}, "No pause waits to be decided"),
        (
            A.ALLOW_PAUSE,
            {"waiting": Waiting(True, True, True, True, frozenset({ME}))},
            "You asked for this pause yourself",
        ),
        (
            A.REFUSE_PAUSE,
            {"waiting": Waiting(True, True, True, True, frozenset({ME}))},
            "You asked for this pause yourself",
        ),
    ],
)
def test_what_cannot_be_done_says_what_to_do_instead(action: Action, facts: dict[str, Any], sentence: str) -> None:
    assert sentence in str(against(action, **facts))


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        (A.JUDGE, {}),
        (A.KEEP_RECORD, {}),
        (A.DRAFT_PLAN, {"severity": S.MAJOR, "plan": PlanState.RETURNED}),
        (A.APPROVE_PLAN, {"severity": S.MAJOR, "plan": PlanState.DRAFTED, "plan_by_id": OTHER}),
        (A.RETURN_PLAN, {"severity": S.MAJOR, "plan": PlanState.DRAFTED, "plan_by_id": ME}),
        (A.TELL_OWNER, {"waiting": Waiting(True, False, False)}),
        (A.ALLOW_PAUSE, {"waiting": Waiting(True, True, True, True, frozenset({OTHER}))}),
        (A.REFUSE_PAUSE, {"waiting": Waiting(False, False, True, True, frozenset({OTHER}))}),
        (A.ALLOW_PAUSE, {"waiting": Waiting(True, True, True, True, frozenset({None})), "account_id": None}),
    ],
)
def test_nothing_stands_against_what_is_in_order(action: Action, facts: dict[str, Any]) -> None:
    assert against(action, **facts) is None


@pytest.mark.parametrize(
    ("validity", "role", "is_refused"),
    [
        (V.VALID, Role.CLERK, False),
        (V.INVALID, Role.CLERK, True),
        (V.OUTSIDE_REMIT, Role.CLERK, True),
        (V.INVALID, Role.SUPERVISOR, False),
        (V.OUTSIDE_REMIT, Role.MANAGER, False),
    ],
)
def test_only_supervisor_and_manager_dismiss_a_complaint(validity: Validity, role: Role, is_refused: bool) -> None:
    assert (dismissal_fault(validity, [role]) is not None) is is_refused
