from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.milestone import LadderStep
from models.ticket import Severity, TicketKind
from models.ticket_event import EventKind, TicketEvent
from operations import sweep as sweeping
from operations.sweep import SweepReport, sweep
from operations.tickets import act
from operations.write import Author, writing
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return settle(session)


def escalations(session: Session) -> Sequence[TicketEvent]:
    session.expire_all()
    of_kind = select(TicketEvent).where(TicketEvent.kind == EventKind.ESCALATED)
    return session.scalars(of_kind.order_by(TicketEvent.id)).all()


@pytest.mark.parametrize(("offset", "recorded"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_a_step_is_recorded_from_its_second_on(session: Session, cast: Cast, offset: timedelta, recorded: int) -> None:
    report(session, cast)
    assert sweep(session, OPENED + 2 * DAY + offset, BY) == SweepReport(recorded)


def test_a_step_is_recorded_once(session: Session, cast: Cast) -> None:
    report(session, cast)
    assert sweep(session, OPENED + 2 * DAY, BY) == SweepReport(1)
    assert sweep(session, OPENED + 3 * DAY, BY) == SweepReport(0)
    assert len(escalations(session)) == 1


def test_the_event_says_from_where_to_where_by_which_clause_and_since_when(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    sweep(session, OPENED + 3 * DAY, Author(None, "sweep"))
    (event,) = escalations(session)
    assert (event.ticket_id, event.at) == (ticket_id, OPENED + 3 * DAY)
    assert event.data == {
        "from": 0,
        "to": 1,
        "clause": "S3 第6篇 4.7",
        "rule": "default/any-1",
        "due_at": (OPENED + 2 * DAY).isoformat(),
    }


def test_the_step_keeps_when_it_was_recorded_and_from_which_level(session: Session, cast: Cast) -> None:
    report(session, cast)
    sweep(session, OPENED + 3 * DAY, BY)
    sweep(session, OPENED + 8 * DAY, BY)
    steps = session.scalars(select(LadderStep).order_by(LadderStep.level)).all()
    assert [(step.previous_level, step.recorded_at) for step in steps] == [
        (0, OPENED + 3 * DAY),
        (1, OPENED + 8 * DAY),
    ]


def test_steps_that_come_due_together_are_recorded_from_the_lowest_up(session: Session, cast: Cast) -> None:
    report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    assert sweep(session, OPENED, BY) == SweepReport(3)
    assert [(event.data or {})["from"] for event in escalations(session)] == [0, 1, 2]


def test_a_resolved_ticket_climbs_no_further(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + DAY)
    assert sweep(session, OPENED + 30 * DAY, BY) == SweepReport(0)


def test_a_step_from_before_the_resolution_is_recorded_by_a_later_sweep(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + 3 * DAY)
    assert sweep(session, OPENED + 30 * DAY, BY) == SweepReport(1)


def test_a_ticket_entered_wrongly_climbs_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.VOID, BY, [Role.SUPERVISOR], OPENED + 3 * DAY, reason="双重登记")
    assert sweep(session, OPENED + 30 * DAY, BY) == SweepReport(0)


def test_more_steps_than_one_transaction_takes_are_all_recorded(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "CHUNK", 2)
    tickets = [report(session, cast) for _ in range(5)]
    assert sweep(session, OPENED + 2 * DAY, BY) == SweepReport(5)
    assert {event.ticket_id for event in escalations(session)} == set(tickets)


@pytest.mark.parametrize("number", [10, pytest.param(1000, marks=pytest.mark.soak)])
def test_sweeps_that_run_at_once_record_each_step_once(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(sweeping, "CHUNK", 2)
    tickets = [report(session, cast) for _ in range(number)]
    engine = session.get_bind()

    def run(sweeper: int) -> int:
        with Session(engine) as own:
            return sweep(own, OPENED + 8 * DAY, Author(None, f"sweep {sweeper}")).recorded

    with ThreadPoolExecutor(4) as pool:
        recorded = sum(pool.map(run, range(4)))
    assert recorded == 2 * number
    assert Counter(event.ticket_id for event in escalations(session)) == dict.fromkeys(tickets, 2)
