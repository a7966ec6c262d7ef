from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.building import Building
from models.milestone import Milestone, MilestoneKind
from models.staff import Staff
from models.ticket import Category, Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind, TicketEvent
from operations.tickets import Outcome, act, act_on, edit_ticket
from operations.write import Insert, Refused, Stale, Update, write, writing
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle, ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLERK, SUPERVISOR, MANAGER, ENGINEER = [Role.CLERK], [Role.SUPERVISOR], [Role.MANAGER], [Role.ENGINEER]


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def do(session: Session, ticket_id: int, action: Action, roles: list[Role] = MANAGER, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, roles, others.pop("at", OPENED + HOUR), **others)


def do_on(session: Session, ticket_ids: list[int], action: Action, **others: Any) -> Outcome:
    with writing(session):
        return act_on(session, ticket_ids, action, BY, SUPERVISOR, OPENED + HOUR, **others)


def edit(session: Session, ticket_id: int, version: int | None = None, **values: Any) -> None:
    with writing(session):
        edit_ticket(session, ticket_id, values, version, BY, OPENED + DAY)


def last_event(session: Session, ticket_id: int) -> TicketEvent:
    of_ticket = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id)
    return session.scalars(of_ticket.order_by(TicketEvent.id.desc()).limit(1)).one()


def test_an_action_changes_the_state_and_leaves_one_event(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.START, ENGINEER, note="带梯子")
    event = last_event(session, ticket_id)
    assert ticket(session, ticket_id).state is TicketState.IN_PROGRESS
    assert (event.kind, event.at, event.note) == (EventKind.STARTED, OPENED + HOUR, "带梯子")


def test_a_note_is_an_event_and_changes_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.NOTE, CLERK, note="业主不在家", internal=True)
    assert last_event(session, ticket_id).is_internal
    assert ticket(session, ticket_id).version == 1


def test_an_assignment_names_whom_it_went_from_and_to(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.ASSIGN, CLERK, assignee_id=cast.engineer_id)
    assert ticket(session, ticket_id).assignee_id == cast.engineer_id
    assert ticket(session, ticket_id).state is TicketState.ASSIGNED
    assert last_event(session, ticket_id).data == {"from": None, "to": cast.engineer_id}


def test_an_assignment_to_nobody_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Choose whom to assign"):
        do(session, report(session, cast), Action.ASSIGN, CLERK)


def test_an_assignment_to_a_stranger_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="the ticket's own estate"):
        do(session, report(session, cast), Action.ASSIGN, CLERK, assignee_id=cast.stranger_id)


def test_an_assignment_to_somebody_who_left_is_refused(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        write(session, [Update(Staff, cast.engineer_id, {"is_active": False})], by=BY, at=OPENED)
    with pytest.raises(Refused, match="somebody who works here"):
        do(session, ticket_id, Action.ASSIGN, CLERK, assignee_id=cast.engineer_id)


def test_of_a_set_only_the_tickets_of_the_assignees_estate_are_assigned(session: Session, cast: Cast) -> None:
    own, theirs = report(session, cast), report(session, settle(session, "E2"))
    outcome = do_on(session, [own, theirs], Action.ASSIGN, assignee_id=cast.engineer_id)
    assert (outcome.done, [ticket_id for ticket_id, _ in outcome.refused]) == ([own], [theirs])


def test_resolving_and_closing_keep_their_moments(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.RESOLVE, ENGINEER)
    do(session, ticket_id, Action.CLOSE, CLERK, at=OPENED + DAY)
    found = ticket(session, ticket_id)
    assert (found.state, found.resolved_at, found.closed_at) == (TicketState.CLOSED, OPENED + HOUR, OPENED + DAY)


def test_a_manager_closes_unresolved_with_a_reason_that_stays(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.CLOSE_UNRESOLVED, reason="非物业范围")
    found = ticket(session, ticket_id)
    assert (found.state, found.close_reason) == (TicketState.CLOSED_UNRESOLVED, "非物业范围")
    assert last_event(session, ticket_id).data == {"reason": "非物业范围"}


def test_a_supervisor_does_not_close_unresolved(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with pytest.raises(Refused, match="Your role"):
        do(session, ticket_id, Action.CLOSE_UNRESOLVED, SUPERVISOR, reason="非物业范围")
    assert ticket(session, ticket_id).state is TicketState.NEW


def test_a_void_ticket_was_never_resolved(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.RESOLVE)
    do(session, ticket_id, Action.VOID, reason="重复登记")
    assert (ticket(session, ticket_id).state, ticket(session, ticket_id).resolved_at) == (TicketState.VOID, None)


def test_a_reopening_counts_and_undoes_the_end(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.RESOLVE)
    do(session, ticket_id, Action.REOPEN, at=OPENED + DAY)
    found = ticket(session, ticket_id)
    assert (found.state, found.resolved_at, found.reopen_count) == (TicketState.REOPENED, None, 1)


def test_stopping_the_harm_is_seen_on_the_ticket_and_its_milestone(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR, is_harm_ongoing=True)
    do(session, ticket_id, Action.STOP_HARM, CLERK, said={"apology": "非常抱歉"})
    stopped = session.scalars(select(Milestone).where(Milestone.kind == MilestoneKind.HARM_STOPPED)).one()
    assert not ticket(session, ticket_id).is_harm_ongoing
    assert stopped.done_at == OPENED + HOUR


def test_who_acts_on_what_somebody_else_changed_is_told(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.START, ENGINEER)
    with pytest.raises(Stale):
        do(session, ticket_id, Action.RESOLVE, ENGINEER, version=1)


def test_what_two_do_at_once_is_all_counted(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    engine = session.get_bind()

    def reply() -> None:
        with Session(engine) as own:
            do(own, ticket_id, Action.REPLY)

    with ThreadPoolExecutor(1) as pool:
        with writing(session):
            act(session, ticket_id, Action.HAND_TO_SUPERVISOR, BY, MANAGER, OPENED + HOUR)
            other = pool.submit(reply)
            wait([other], timeout=0.5)  # it has to wait for this transaction; without a lock it would be through
        other.result()
    assert ticket(session, ticket_id).next_due_at == OPENED + 7 * DAY


def test_acting_on_a_ticket_that_is_not_there_is_told(session: Session, cast: Cast) -> None:
    with pytest.raises(Stale):
        do(session, 4711, Action.START)


def test_a_set_is_done_where_it_can_be(session: Session, cast: Cast) -> None:
    first, second, closed = (report(session, cast) for _ in range(3))
    do(session, closed, Action.CLOSE_UNRESOLVED, reason="非物业范围")
    outcome = do_on(session, [closed, second, first, 4711], Action.ASSIGN, assignee_id=cast.butler_id)
    assert outcome.done == [first, second]
    assert [ticket_id for ticket_id, _ in outcome.refused] == [closed, 4711]
    assert ticket(session, first).assignee_id == ticket(session, second).assignee_id == cast.butler_id
    assert ticket(session, closed).assignee_id is None


def test_urging_a_set_leaves_an_event_on_each(session: Session, cast: Cast) -> None:
    ticket_ids = [report(session, cast) for _ in range(3)]
    do_on(session, ticket_ids, Action.URGE, note="请尽快处理")
    assert {last_event(session, ticket_id).kind for ticket_id in ticket_ids} == {EventKind.URGED}


def test_an_edit_that_reclassifies_is_an_event_with_before_and_after(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    edit(session, ticket_id, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    event = last_event(session, ticket_id)
    assert (event.kind, event.at) == (EventKind.RECLASSIFIED, OPENED + DAY)
    assert event.data == {
        "from": {"kind": "consultation", "category": None, "severity": None},
        "to": {"kind": "complaint", "category": None, "severity": "major"},
    }


def test_a_reclassification_counts_from_its_moment(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    edit(session, ticket_id, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    resolution = session.scalars(select(Milestone).where(Milestone.kind == MilestoneKind.RESOLUTION)).one()
    assert resolution.due_at == OPENED + 11 * DAY


def test_an_edit_of_anything_else_is_no_event(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    edit(session, ticket_id, version=1, subject="门禁")
    assert ticket(session, ticket_id).subject == "门禁"
    assert last_event(session, ticket_id).kind is EventKind.OPENED


def test_a_stale_edit_is_told(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    edit(session, ticket_id, version=1, subject="门禁")
    with pytest.raises(Stale):
        edit(session, ticket_id, version=1, subject="电梯")


def test_a_ticket_moves_to_the_building_of_its_new_unit(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, unit_id=None, estate_id=cast.estate_id)
    edit(session, ticket_id, unit_id=cast.unit_id)
    assert ticket(session, ticket_id).building_id == cast.building_id


def test_a_ticket_moves_with_its_unit_and_never_away_from_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        elsewhere = Insert(Building, {"estate_id": cast.estate_id, "code": "4"})
        (building_id,) = write(session, [elsewhere], by=BY, at=OPENED)
    edit(session, ticket_id, building_id=building_id)
    assert ticket(session, ticket_id).building_id == cast.building_id
    edit(session, ticket_id, building_id=building_id, unit_id=None)
    assert ticket(session, ticket_id).building_id == building_id


@pytest.mark.parametrize(
    "values",
    [
        {"kind": TicketKind.REPAIR, "severity": Severity.URGENT},
        {"category": Category.NOISE},
        {"severity": Severity.MAJOR},
        {"validity": Validity.VALID},
        {"appointment_at": OPENED + DAY},
        {"owner_deadline_at": OPENED + 9 * DAY},
        {"promised_reply_at": OPENED + DAY},
        {"is_harm_ongoing": True},
    ],
    ids=str,
)
def test_what_came_late_is_not_made_in_time_afterwards(session: Session, cast: Cast, values: dict[str, Any]) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    do(session, ticket_id, Action.RESOLVE, at=OPENED + 5 * DAY)
    with pytest.raises(Refused, match="The ticket is closed: reopen it first") as refused:
        edit(session, ticket_id, **values)
    assert set(refused.value.faults) == set(values)
    do(session, ticket_id, Action.REOPEN, at=OPENED + 6 * DAY)
    edit(session, ticket_id, **values)


def test_the_words_of_an_ended_ticket_may_change(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.RESOLVE)
    edit(session, ticket_id, subject="门禁", kind=TicketKind.CONSULTATION)
    assert ticket(session, ticket_id).subject == "门禁"


def test_an_event_without_data_has_none_in_the_database(session: Session, cast: Cast) -> None:
    report(session, cast)
    assert session.scalars(select(TicketEvent.kind).where(TicketEvent.data.is_(None))).all() == [EventKind.OPENED]


def test_with_another_building_its_butler_takes_over(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        values = {"estate_id": cast.estate_id, "code": "9", "butler_id": cast.engineer_id}
        (building_id,) = write(session, [Insert(Building, values)], by=BY, at=OPENED)
    edit(session, ticket_id, building_id=building_id, unit_id=None)
    assert ticket(session, ticket_id).butler_id == cast.engineer_id
