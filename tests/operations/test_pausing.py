from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction
from models.milestone import Milestone, MilestoneKind
from models.pause import Pause, PauseReason, TellingChannel
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.accounts import create_account
from operations.bulk import Order, carry_out
from operations.pauses import pauses_of
from operations.tickets import act
from operations.undo import undo_bulk
from operations.write import Author, Insert, Refused, Stale, write, writing
from rules.permissions import EVERYTHING
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ENGINEER, SUPERVISOR = [Role.ENGINEER], [Role.SUPERVISOR]
STARTED = OPENED + HOUR


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def ticket_id(session: Session, cast: Cast) -> int:
    """A minor complaint, to be resolved within 2 days."""
    return report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)


def do(session: Session, ticket_id: int, action: Action, roles: list[Role] = ENGINEER, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, others.pop("by", BY), roles, others.pop("at", STARTED), **others)


def let_wait(session: Session, ticket_id: int, at: datetime = STARTED, **said: Any) -> None:
    do(session, ticket_id, Action.WAIT, at=at, said={"pause_reason": PauseReason.PARTS, **said})


def proof(told_at: datetime = STARTED, length: timedelta = 10 * HOUR) -> dict[str, Any]:
    return {"told_at": told_at, "told_channel": TellingChannel.PHONE, "expected_until": told_at + length}


def resolution(session: Session, ticket_id: int) -> datetime | None:
    """When the resolution is due."""
    of_ticket = (Milestone.ticket_id == ticket_id, Milestone.kind == MilestoneKind.RESOLUTION)
    session.rollback()
    return session.scalars(select(Milestone.due_at).where(*of_ticket)).one()


def pause(session: Session, ticket_id: int) -> Pause:
    session.rollback()
    return session.scalars(select(Pause).where(Pause.ticket_id == ticket_id).order_by(Pause.id.desc()).limit(1)).one()


def kinds(session: Session, ticket_id: int) -> list[EventKind]:
    of_ticket = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id)
    return list(session.scalars(of_ticket.order_by(TicketEvent.id)))


def somebody(session: Session, name: str) -> Author:
    with writing(session):
        values = {"email": f"{name}@example.test", "name": name}
        grants = {"roles": {Role.ADMINISTRATOR}, "estates": set(), "buildings": set()}
        account_id = create_account(session, values, "x", **grants, by=BY, at=OPENED)  # type: ignore[arg-type]
    return Author(account_id)


def test_without_proof_the_ticket_waits_and_the_clock_runs(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id)
    assert ticket(session, ticket_id).state is TicketState.WAITING
    do(session, ticket_id, Action.RESUME, at=OPENED + DAY)
    assert resolution(session, ticket_id) == OPENED + 2 * DAY
    assert pause(session, ticket_id).ended_at == OPENED + DAY


def test_with_proof_the_clock_stands_still_from_the_telling_until_work_resumes(
    session: Session, ticket_id: int
) -> None:
    let_wait(session, ticket_id, at=STARTED + 2 * HOUR, **proof(STARTED))
    assert resolution(session, ticket_id) == OPENED + 3 * DAY  # as long as it may stand still without approval
    do(session, ticket_id, Action.RESUME, at=STARTED + 6 * HOUR)
    assert resolution(session, ticket_id) == OPENED + 2 * DAY + 6 * HOUR
    assert kinds(session, ticket_id)[-3:] == [EventKind.WAITING, EventKind.OWNER_TOLD, EventKind.STARTED]


def test_proof_given_later_stops_the_clock_from_then(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id)
    do(session, ticket_id, Action.TELL_OWNER, at=STARTED + 5 * HOUR, said=proof(STARTED + 4 * HOUR))
    do(session, ticket_id, Action.RESUME, at=STARTED + 7 * HOUR)
    assert resolution(session, ticket_id) == OPENED + 2 * DAY + 3 * HOUR


def test_the_event_keeps_channel_and_time(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id)
    do(session, ticket_id, Action.TELL_OWNER, at=STARTED + HOUR, said=proof(STARTED + HOUR))
    told = session.scalars(select(TicketEvent).where(TicketEvent.kind == EventKind.OWNER_TOLD)).one()
    until = (STARTED + 11 * HOUR).isoformat()
    assert told.data == {
        "told_at": (STARTED + HOUR).isoformat(),
        "told_channel": "phone",
        "expected_until": until,
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"pause_reason": None}, "Choose why the ticket waits"),
        ({"told_at": STARTED}, "or neither"),
        ({"told_channel": TellingChannel.PHONE}, "or neither"),
        ({**proof(), "expected_until": None}, "until when"),
        (proof(STARTED + timedelta(seconds=1)), "later than now"),
        (proof(OPENED - timedelta(seconds=1)), "before the ticket was opened"),
    ],
)
def test_what_is_no_proof_is_refused(session: Session, ticket_id: int, said: Mapping[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        let_wait(session, ticket_id, **said)
    assert ticket(session, ticket_id).state is TicketState.NEW


def test_a_proof_is_not_dated_back_beyond_late_entry_nor_before_the_work_in_between(
    session: Session, ticket_id: int
) -> None:
    with pytest.raises(Refused, match="longer than 24 hours ago"):
        let_wait(session, ticket_id, at=OPENED + 30 * HOUR, **proof(OPENED + 5 * HOUR))
    let_wait(session, ticket_id, **proof())
    do(session, ticket_id, Action.RESUME, at=STARTED + 5 * HOUR)
    with pytest.raises(Refused, match="Work went on after that moment"):
        let_wait(session, ticket_id, at=STARTED + 6 * HOUR, **proof(STARTED + 4 * HOUR))


def test_a_long_pause_counts_from_the_telling_once_somebody_else_allows_it(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    assert resolution(session, ticket_id) == OPENED + 2 * DAY
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, at=STARTED + DAY, note="配件已订")
    do(session, ticket_id, Action.RESUME, at=STARTED + 3 * DAY)
    assert resolution(session, ticket_id) == OPENED + 5 * DAY
    assert pause(session, ticket_id).remark == "配件已订"


def test_a_pause_may_be_allowed_after_work_was_resumed(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    do(session, ticket_id, Action.RESUME, at=STARTED + 2 * DAY)
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, at=STARTED + 3 * DAY)
    assert resolution(session, ticket_id) == OPENED + 4 * DAY


def test_a_refused_pause_counts_nothing_and_says_why(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    with pytest.raises(Refused, match="Give the reason"):
        do(session, ticket_id, Action.REFUSE_PAUSE, SUPERVISOR)
    do(session, ticket_id, Action.REFUSE_PAUSE, SUPERVISOR, reason="库房有货")
    do(session, ticket_id, Action.RESUME, at=STARTED + 2 * DAY)
    assert resolution(session, ticket_id) == OPENED + 2 * DAY
    with pytest.raises(Refused, match="No pause waits to be decided"):
        do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR)


def test_nobody_allows_a_pause_that_they_asked_for(session: Session, ticket_id: int) -> None:
    me, colleague = somebody(session, "me"), somebody(session, "colleague")
    said = {"pause_reason": PauseReason.WEATHER, **proof(length=3 * DAY)}
    do(session, ticket_id, Action.WAIT, SUPERVISOR, by=me, said=said)
    with pytest.raises(Refused, match="You asked for this pause yourself"):
        do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, by=me)
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, by=colleague)
    assert pause(session, ticket_id).decided_by_id == colleague.account_id


def test_nobody_allows_a_pause_whose_length_they_gave(session: Session, ticket_id: int) -> None:
    me = somebody(session, "me")
    let_wait(session, ticket_id)
    do(session, ticket_id, Action.TELL_OWNER, SUPERVISOR, by=me, said=proof(length=3 * DAY))
    with pytest.raises(Refused, match="You asked for this pause yourself"):
        do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, by=me)


def test_an_engineer_allows_no_pause(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    with pytest.raises(Refused, match="Your role"):
        do(session, ticket_id, Action.ALLOW_PAUSE, ENGINEER)


def test_what_is_told_of_only_after_a_date_has_passed_needs_an_approval(session: Session, ticket_id: int) -> None:
    late = OPENED + 2 * DAY + HOUR
    let_wait(session, ticket_id, at=late, **proof(late - 2 * HOUR))
    assert pause(session, ticket_id).needs_approval
    assert resolution(session, ticket_id) == OPENED + 2 * DAY


def test_the_pauses_of_a_ticket_together_stop_its_clock_no_longer_than_the_cap(
    session: Session, ticket_id: int
) -> None:
    let_wait(session, ticket_id, **proof(length=60 * DAY))
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR)
    assert resolution(session, ticket_id) == OPENED + 32 * DAY
    (counted,) = pauses_of(session, [ticket_id])[ticket_id]
    assert counted.end == STARTED + 30 * DAY


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.CLOSE_UNRESOLVED, Action.VOID])
def test_the_end_of_the_ticket_ends_its_pause(session: Session, ticket_id: int, action: Action) -> None:
    let_wait(session, ticket_id, **proof())
    do(session, ticket_id, action, list(Role), at=STARTED + 3 * HOUR, reason="业主不配合")
    assert pause(session, ticket_id).ended_at == STARTED + 3 * HOUR


def test_who_takes_over_a_waiting_ticket_takes_over_its_pause(session: Session, cast: Cast, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof())
    do(session, ticket_id, Action.ASSIGN, SUPERVISOR, assignee_id=cast.engineer_id)
    assert pause(session, ticket_id).ended_at is None


def test_the_first_response_waits_for_no_pause(session: Session, ticket_id: int, cast: Cast) -> None:
    other = report(session, cast)
    let_wait(session, other, **proof())
    of_ticket = (Milestone.ticket_id == other, Milestone.kind == MilestoneKind.FIRST_RESPONSE)
    assert session.scalars(select(Milestone.due_at).where(*of_ticket)).one() == OPENED + 4 * HOUR


def test_two_who_let_a_ticket_wait_at_once_make_one_pause(session: Session, ticket_id: int) -> None:
    engine = session.get_bind()

    def again() -> None:
        with Session(engine) as own:
            let_wait(own, ticket_id, **proof())

    with ThreadPoolExecutor(1) as pool:
        with writing(session):
            said = {"pause_reason": PauseReason.PARTS}
            act(session, ticket_id, Action.WAIT, BY, ENGINEER, STARTED, said=said)
            other = pool.submit(again)
            wait([other], timeout=0.3)
        with pytest.raises(Refused, match="is not possible while the ticket is"):
            other.result()
    assert len(session.scalars(select(Pause)).all()) == 1


def test_two_pauses_never_run_on_one_ticket(session: Session, cast: Cast, ticket_id: int) -> None:
    let_wait(session, ticket_id)
    values = {"estate_id": cast.estate_id, "ticket_id": ticket_id, "reason": PauseReason.PARTS, "requested_at": STARTED}
    with pytest.raises((Refused, IntegrityError)), writing(session):
        write(session, [Insert(Pause, values)], by=BY, at=STARTED)


def test_who_allows_what_was_resumed_meanwhile_is_told(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    shown = ticket(session, ticket_id).version
    do(session, ticket_id, Action.RESUME, at=STARTED + HOUR)
    with pytest.raises(Stale):
        do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, version=shown)


def test_who_resumes_what_was_allowed_meanwhile_is_told(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    shown = ticket(session, ticket_id).version
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR)
    with pytest.raises(Stale):
        do(session, ticket_id, Action.RESUME, version=shown)


def test_a_bulk_resolution_ends_pauses_and_its_undoing_lets_them_go_on(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof())
    bulk_id = resolve_in_bulk(session, ticket_id)
    assert pause(session, ticket_id).ended_at == STARTED + HOUR
    with writing(session):
        outcome = undo_bulk(session, bulk_id, BY, STARTED + 2 * HOUR)
    assert outcome.done == [(Ticket, ticket_id)]
    assert (ticket(session, ticket_id).state, pause(session, ticket_id).ended_at) == (TicketState.WAITING, None)


def test_a_ticket_that_went_on_since_keeps_its_pause_ended(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof())
    bulk_id = resolve_in_bulk(session, ticket_id)
    do(session, ticket_id, Action.REOPEN, SUPERVISOR, at=STARTED + 2 * HOUR)
    with writing(session):
        outcome = undo_bulk(session, bulk_id, BY, STARTED + 3 * HOUR)
    assert [row for row, _ in outcome.left] == [(Ticket, ticket_id)]
    assert pause(session, ticket_id).ended_at == STARTED + HOUR


def test_a_pause_decided_since_keeps_the_ticket_as_it_is(session: Session, ticket_id: int) -> None:
    let_wait(session, ticket_id, **proof(length=3 * DAY))
    bulk_id = resolve_in_bulk(session, ticket_id)
    do(session, ticket_id, Action.ALLOW_PAUSE, SUPERVISOR, at=STARTED + 2 * HOUR)
    with writing(session):
        outcome = undo_bulk(session, bulk_id, BY, STARTED + 3 * HOUR)
    assert (outcome.left, pause(session, ticket_id).allowed_at) == ([], STARTED + 2 * HOUR)
    assert resolution(session, ticket_id) == OPENED + 32 * DAY


def resolve_in_bulk(session: Session, ticket_id: int) -> int:
    with writing(session):
        order, rows = Order(Ticket, BulkAction.RESOLVE), {ticket_id: None}
        done = carry_out(session, order, rows, EVERYTHING, by=BY, roles=SUPERVISOR, at=STARTED + HOUR)
    assert done.bulk_id is not None
    return done.bulk_id
