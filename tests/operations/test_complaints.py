from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction
from models.callback import CallbackOutcome, Satisfaction
from models.complaint import ComplaintRecord, HandlingPlan, PlanState
from models.milestone import Milestone, MilestoneKind
from models.ticket import Severity, Ticket, TicketKind, TicketState, Validity
from models.ticket_event import EventKind, TicketEvent
from operations.bulk import Done, Order, carry_out
from operations.callbacks import record_callback
from operations.tickets import act, edit_ticket
from operations.write import Refused, Stale, writing
from rules.permissions import EVERYTHING
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLERK, SUPERVISOR, MANAGER = [Role.CLERK], [Role.SUPERVISOR], [Role.MANAGER]
LATER = OPENED + HOUR


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def complain(session: Session, cast: Cast, severity: Severity = Severity.MINOR, **facts: Any) -> int:
    return report(session, cast, kind=TicketKind.COMPLAINT, severity=severity, subject="保洁不到位", **facts)


def do(session: Session, ticket_id: int, action: Action, roles: list[Role] = SUPERVISOR, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, roles, others.pop("at", LATER), **others)


def judge(session: Session, ticket_id: int, validity: Validity, roles: list[Role] = SUPERVISOR, **others: Any) -> None:
    said = {"validity": validity, "passed_on_to": others.pop("passed_on_to", None)}
    do(session, ticket_id, Action.JUDGE, roles, said=said, **others)


def record(session: Session, ticket_id: int, cast: Cast, **said: Any) -> None:
    do(session, ticket_id, Action.KEEP_RECORD, CLERK, said={**whole_record(cast), **said})


def whole_record(cast: Cast) -> dict[str, Any]:
    return {
        "responsible_department": "保洁部",
        "responsible_staff_id": cast.butler_id,
        "root_cause": "漏扫",
        "training": "保洁标准培训",
        "owner_signed_name": "陈静",
        "owner_signed_at": LATER,
    }


def events(session: Session, ticket_id: int, kind: EventKind) -> list[TicketEvent]:
    of_ticket = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind == kind)
    return list(session.scalars(of_ticket.order_by(TicketEvent.id)))


def edit(session: Session, ticket_id: int, at: datetime = LATER, **values: Any) -> None:
    with writing(session):
        edit_ticket(session, ticket_id, values, None, BY, at)


# Harm


def test_the_apology_is_kept_in_its_words(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, is_harm_ongoing=True)
    with pytest.raises(Refused, match="Write down the apology"):
        do(session, ticket_id, Action.STOP_HARM)
    do(session, ticket_id, Action.STOP_HARM, said={"apology": "给您添麻烦了，非常抱歉"}, note="已关闸")
    (event,) = events(session, ticket_id, EventKind.HARM_STOPPED)
    assert (event.note, event.data) == ("已关闸", {"apology": "给您添麻烦了，非常抱歉"})
    do(session, ticket_id, Action.START)


def test_work_begins_once_the_harm_is_stopped(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, is_harm_ongoing=True)
    with pytest.raises(Refused, match="Harm is still going on"):
        do(session, ticket_id, Action.START)
    do(session, ticket_id, Action.REPORT_SUPERVISOR)
    do(session, ticket_id, Action.ASSIGN, assignee_id=cast.engineer_id)
    assert ticket(session, ticket_id).state is TicketState.ASSIGNED


def test_harm_is_not_over_by_an_edit(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, is_harm_ongoing=True)
    with pytest.raises(Refused, match="Record by 'Harm stopped, apology given'"):
        edit(session, ticket_id, is_harm_ongoing=False)


# Validity


@pytest.mark.parametrize(
    ("validity", "others", "kind", "data"),
    [
        (Validity.VALID, {}, EventKind.VALIDITY_JUDGED, {"from": None, "to": "valid"}),
        (
            Validity.INVALID,
            {"reason": "查无此事"},
            EventKind.VALIDITY_JUDGED,
            {"from": None, "to": "invalid", "reason": "查无此事"},
        ),
        (
            Validity.OUTSIDE_REMIT,
            {"passed_on_to": "城管"},
            EventKind.PASSED_ON,
            {"from": None, "to": "outside_remit", "passed_on_to": "城管"},
        ),
    ],
)
def test_a_judgement_is_an_event_with_what_was_said(
    session: Session, cast: Cast, validity: Validity, others: dict[str, Any], kind: EventKind, data: dict[str, Any]
) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, validity, **others)
    (event,) = events(session, ticket_id, kind)
    assert (ticket(session, ticket_id).validity, event.data) == (validity, data)


@pytest.mark.parametrize(
    ("validity", "roles", "others", "sentence"),
    [
        (None, SUPERVISOR, {}, "Choose whether the complaint is valid"),
        (Validity.INVALID, SUPERVISOR, {}, "Give the reason why"),
        (Validity.OUTSIDE_REMIT, SUPERVISOR, {}, "to whom the complaint was passed on"),
        (Validity.INVALID, CLERK, {"reason": "查无此事"}, "Only the supervisor or manager"),
        (Validity.VALID, [Role.ENGINEER], {}, "Your role"),
    ],
)
def test_a_judgement_without_its_words_is_refused(
    session: Session, cast: Cast, validity: Validity, roles: list[Role], others: dict[str, Any], sentence: str
) -> None:
    ticket_id = complain(session, cast)
    with pytest.raises(Refused, match=sentence):
        judge(session, ticket_id, validity, roles, **others)
    assert ticket(session, ticket_id).validity is None


def test_what_is_no_complaint_any_more_has_no_validity(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, Validity.VALID)
    edit(session, ticket_id, kind=TicketKind.HELP, severity=None)
    assert ticket(session, ticket_id).validity is None


# The plan


def test_an_important_complaint_is_worked_once_its_plan_is_approved(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, Severity.IMPORTANT)
    with pytest.raises(Refused, match="the supervisor drafts it, the manager approves it"):
        do(session, ticket_id, Action.START)
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "重新清洁"})
    with pytest.raises(Refused, match="Your role"):
        do(session, ticket_id, Action.APPROVE_PLAN, SUPERVISOR)
    do(session, ticket_id, Action.APPROVE_PLAN, MANAGER, note="同意")
    do(session, ticket_id, Action.START)
    plan = session.scalars(select(HandlingPlan)).one()
    assert (plan.state, plan.text, plan.remark, plan.decided_at) == (PlanState.APPROVED, "重新清洁", "同意", LATER)


def test_a_returned_plan_stays_and_another_takes_its_place(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, Severity.MAJOR)
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "重新清洁"})
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "重新清洁并道歉"})
    with pytest.raises(Refused, match="Give the reason"):
        do(session, ticket_id, Action.RETURN_PLAN, MANAGER)
    do(session, ticket_id, Action.RETURN_PLAN, MANAGER, reason="缺期限")
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "三日内重新清洁"})
    plans = session.execute(select(HandlingPlan.text, HandlingPlan.state).order_by(HandlingPlan.id)).all()
    assert plans == [("重新清洁并道歉", PlanState.RETURNED), ("三日内重新清洁", PlanState.DRAFTED)]


def test_who_approves_a_plan_that_was_rewritten_meanwhile_is_told(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, Severity.MAJOR)
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "重新清洁"})
    shown = ticket(session, ticket_id).version
    do(session, ticket_id, Action.DRAFT_PLAN, said={"plan": "不处理"})
    with pytest.raises(Stale):
        do(session, ticket_id, Action.APPROVE_PLAN, MANAGER, version=shown)


def test_only_who_sees_the_whole_gives_up_a_complaint_without_a_plan(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, Severity.MAJOR)
    with pytest.raises(Refused, match="Your role"):
        do(session, ticket_id, Action.CLOSE_UNRESOLVED, SUPERVISOR, reason="业主失联")
    do(session, ticket_id, Action.CLOSE_UNRESOLVED, MANAGER, reason="业主失联")


# The record


def test_a_valid_complaint_is_closed_once_its_record_is_whole(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    do(session, ticket_id, Action.RESOLVE)
    with pytest.raises(Refused, match="Say first by 'Judge the validity'"):
        do(session, ticket_id, Action.CLOSE, CLERK)
    judge(session, ticket_id, Validity.VALID, CLERK)
    record(session, ticket_id, cast, owner_signed_name=None, training=None)
    with pytest.raises(Refused, match="before closing: Preventive training, Signed by the owner as"):
        do(session, ticket_id, Action.CLOSE, CLERK)
    record(session, ticket_id, cast)
    do(session, ticket_id, Action.CLOSE, CLERK)
    assert ticket(session, ticket_id).state is TicketState.CLOSED
    assert len(session.scalars(select(ComplaintRecord)).all()) == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"owner_signed_at": LATER + timedelta(seconds=1)}, "between the opening of the ticket and now"),
        ({"owner_signed_at": OPENED - timedelta(seconds=1)}, "between the opening of the ticket and now"),
    ],
)
def test_a_signature_is_of_the_past_and_of_this_complaint(
    session: Session, cast: Cast, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        record(session, complain(session, cast), cast, **said)


def test_an_owner_who_refuses_to_sign_does_not_keep_a_complaint_open(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    do(session, ticket_id, Action.RESOLVE)
    judge(session, ticket_id, Validity.VALID, CLERK)
    unsigned = {"owner_signed_name": None, "owner_signed_at": None, "unsigned_reason": "拒签，见证人：林岚"}
    record(session, ticket_id, cast, **unsigned, root_cause=None)
    with pytest.raises(Refused, match=r"before closing: Root cause$"):
        do(session, ticket_id, Action.CLOSE, CLERK)
    record(session, ticket_id, cast, **unsigned)
    do(session, ticket_id, Action.CLOSE, CLERK)
    assert ticket(session, ticket_id).state is TicketState.CLOSED


def test_a_record_is_either_signed_or_says_why_not(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="either the owner's signature or why there is none"):
        record(session, complain(session, cast), cast, unsigned_reason="拒签")


def test_an_empty_record_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Fill in what is known"):
        do(session, complain(session, cast), Action.KEEP_RECORD, CLERK)


def test_somebody_of_another_estate_is_not_responsible(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="There is no such record in this estate"):
        record(session, complain(session, cast), cast, responsible_staff_id=cast.stranger_id)


@pytest.mark.parametrize("validity", [Validity.INVALID, Validity.OUTSIDE_REMIT])
def test_a_dismissed_complaint_needs_no_record(session: Session, cast: Cast, validity: Validity) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, validity, reason="查无此事", passed_on_to="城管")
    do(session, ticket_id, Action.RESOLVE)
    do(session, ticket_id, Action.CLOSE)
    assert ticket(session, ticket_id).state is TicketState.CLOSED


def test_of_many_the_complaints_without_a_record_are_refused_with_the_reason(session: Session, cast: Cast) -> None:
    bare, other = complain(session, cast), report(session, cast)
    for ticket_id in (bare, other):
        do(session, ticket_id, Action.RESOLVE)
    judge(session, bare, Validity.VALID)
    outcome = in_bulk(session, BulkAction.CLOSE, bare, other).outcome
    assert outcome.done == [other]
    assert [(row_id, "Complete the complaint record" in str(fault)) for row_id, fault in outcome.refused] == [
        (bare, True)
    ]


def test_of_many_the_complaints_without_a_plan_are_refused_with_the_reason(session: Session, cast: Cast) -> None:
    bare, other = complain(session, cast, Severity.MAJOR), complain(session, cast)
    outcome = in_bulk(session, BulkAction.RESOLVE, bare, other).outcome
    assert outcome.done == [other]
    assert "the manager approves it" in str(outcome.refused[0][1])


def in_bulk(session: Session, action: BulkAction, *ticket_ids: int) -> Done:
    with writing(session):
        order, rows = Order(Ticket, action), dict.fromkeys(ticket_ids)
        return carry_out(session, order, rows, EVERYTHING, by=BY, roles=SUPERVISOR, at=LATER)


# Major on the spot


def test_a_valid_complaint_that_is_reopened_twice_is_major_from_then_on(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, Validity.VALID)
    for hours in (2, 4):
        do(session, ticket_id, Action.RESOLVE, at=OPENED + hours * HOUR)
        assert ticket(session, ticket_id).severity is Severity.MINOR
        do(session, ticket_id, Action.REOPEN, at=OPENED + (hours + 1) * HOUR)
    (event,) = events(session, ticket_id, EventKind.RECLASSIFIED)
    assert ticket(session, ticket_id).severity is Severity.MAJOR
    assert event.data is not None
    assert (event.data["to"]["severity"], event.data["clause"]) == ("major", "S3 第5篇 4.1.1")
    due = select(Milestone.due_at).where(Milestone.kind == MilestoneKind.RESOLUTION, Milestone.round == 2)
    assert session.scalars(due).one() == OPENED + 5 * HOUR + 10 * DAY


def test_a_dissatisfied_owner_makes_it_major_too(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, Validity.VALID)
    answer = {"outcome": CallbackOutcome.REACHED, "satisfaction": Satisfaction.DISSATISFIED}
    for hours in (2, 4):
        do(session, ticket_id, Action.RESOLVE, at=OPENED + hours * HOUR)
        with writing(session):
            values = {"ticket_id": ticket_id, "called_at": OPENED + (hours + 1) * HOUR, **answer}
            record_callback(session, values, BY, OPENED + (hours + 1) * HOUR)
    assert ticket(session, ticket_id).severity is Severity.MAJOR


def test_one_that_is_not_valid_stays_as_it_is(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, has_caused_harm=True)
    for action in (Action.RESOLVE, Action.REOPEN) * 2:
        do(session, ticket_id, action)
    assert ticket(session, ticket_id).severity is Severity.MINOR
    judge(session, ticket_id, Validity.INVALID, reason="查无此事")
    assert ticket(session, ticket_id).severity is Severity.MINOR


def test_injury_by_our_fault_makes_a_valid_complaint_major(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast, has_caused_harm=True)
    assert ticket(session, ticket_id).severity is Severity.MINOR
    judge(session, ticket_id, Validity.VALID)
    (event,) = events(session, ticket_id, EventKind.RECLASSIFIED)
    assert (event.data or {})["cause"] == "harm"
    with pytest.raises(Refused, match="The complaint is major: Injury or serious loss"):
        edit(session, ticket_id, severity=Severity.MINOR)


def test_injury_that_is_found_out_later_makes_it_major_then(session: Session, cast: Cast) -> None:
    ticket_id = complain(session, cast)
    judge(session, ticket_id, Validity.VALID)
    edit(session, ticket_id, at=OPENED + DAY, has_caused_harm=True)
    (event,) = events(session, ticket_id, EventKind.RECLASSIFIED)
    assert (ticket(session, ticket_id).severity, event.at) == (Severity.MAJOR, OPENED + DAY)
