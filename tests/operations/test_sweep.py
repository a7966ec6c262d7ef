from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.estate import Estate
from models.milestone import LadderStep, Milestone, MilestoneKind
from models.notification import NotificationKind
from models.ticket import Severity, TicketKind, Validity
from models.ticket_event import EventKind, TicketEvent
from operations import sweep as sweeping
from operations.sweep import sweep
from operations.tickets import act
from operations.write import Author, writing
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket
from tests.infrastructure.told import Crew, crew, events, notifications, told_names

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def escalations(session: Session) -> Sequence[TicketEvent]:
    session.expire_all()
    of_kind = select(TicketEvent).where(TicketEvent.kind == EventKind.ESCALATED)
    return session.scalars(of_kind.order_by(TicketEvent.id)).all()


@pytest.mark.parametrize(("offset", "recorded"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_a_step_is_recorded_from_its_second_on(session: Session, cast: Cast, offset: timedelta, recorded: int) -> None:
    report(session, cast)
    assert sweep(session, OPENED + 2 * DAY + offset, BY).recorded == recorded


def test_a_step_is_recorded_once(session: Session, cast: Cast) -> None:
    report(session, cast)
    assert sweep(session, OPENED + 2 * DAY, BY).recorded == 1
    assert sweep(session, OPENED + 3 * DAY, BY).recorded == 0
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
        "told": [],
        "told_level": None,
        "nobody_at": [1, 2, 3],
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
    assert sweep(session, OPENED, BY).recorded == 3
    assert [(event.data or {})["from"] for event in escalations(session)] == [0, 1, 2]


def test_a_resolved_ticket_climbs_no_further(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + DAY)
    assert sweep(session, OPENED + 30 * DAY, BY).recorded == 0


def test_a_step_from_before_the_resolution_is_recorded_by_a_later_sweep(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + 3 * DAY)
    assert sweep(session, OPENED + 30 * DAY, BY).recorded == 1


def test_a_ticket_entered_wrongly_climbs_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.VOID, BY, [Role.SUPERVISOR], OPENED + 3 * DAY, reason="双重登记")
    assert sweep(session, OPENED + 30 * DAY, BY).recorded == 0


def test_more_steps_than_one_transaction_takes_are_all_recorded(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "CHUNK", 2)
    tickets = [report(session, cast) for _ in range(5)]
    assert sweep(session, OPENED + 2 * DAY, BY).recorded == 5
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


@pytest.fixture
def people(session: Session, cast: Cast) -> Crew:
    return crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())


def test_a_step_tells_the_people_of_its_level_and_asks_them_to_answer(
    session: Session, cast: Cast, people: Crew
) -> None:
    ticket_id = report(session, cast)
    sweep(session, OPENED + 3 * DAY, BY)
    (event,) = events(session, EventKind.ESCALATED)
    channels = {"account": people.supervisor, "name": "supervisor", "channels": ["inbox"]}
    assert event.data is not None
    assert event.data["told"] == [channels]
    (note,) = notifications(session, people.supervisor)
    assert (note.kind, note.ticket_id, note.level) == (NotificationKind.ESCALATED, ticket_id, 1)
    assert (note.created_at, note.acknowledge_by) == (OPENED + 3 * DAY, OPENED + 3 * DAY + 2 * HOUR)


def test_each_step_tells_its_own_level(session: Session, cast: Cast, people: Crew) -> None:
    report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    sweep(session, OPENED, BY)
    told = [told_names(event) for event in events(session, EventKind.ESCALATED)]
    assert told == [["supervisor"], ["manager"], ["hq"]]


@pytest.mark.parametrize(("offset", "told"), [(-SECOND, []), (0 * SECOND, ["butler"])])
def test_a_warning_is_told_from_its_second_on_and_asks_for_no_answer(
    session: Session, cast: Cast, people: Crew, offset: timedelta, told: list[str]
) -> None:
    report(session, cast)
    sweep(session, OPENED + 2 * DAY - 4 * HOUR + offset, BY)
    assert [name for event in events(session, EventKind.WARNED) for name in told_names(event)] == told
    assert {note.acknowledge_by for note in notifications(session)} <= {None}


def test_a_warning_is_told_once_and_says_of_what(session: Session, cast: Cast, people: Crew) -> None:
    report(session, cast)
    assert sweep(session, OPENED + 2 * DAY - HOUR, BY).warned == 1
    assert sweep(session, OPENED + 2 * DAY - HOUR, BY).warned == 0
    (event,) = events(session, EventKind.WARNED)
    assert event.data is not None
    assert (event.data["rule"], event.data["milestone"], event.data["level"]) == (
        "default/any-warning-0",
        "hand_over_supervisor",
        0,
    )


def test_nobody_is_warned_of_a_ticket_that_has_ended(session: Session, cast: Cast, people: Crew) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + DAY)
    sweep(session, OPENED + 30 * DAY, BY)
    assert events(session, EventKind.WARNED) == []


MONTH = OPENED.replace(month=4)


def a_valid_complaint(session: Session, cast: Cast) -> int:
    valid = Validity.VALID
    return report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR, validity=valid)


def test_a_valid_complaint_open_for_a_month_turns_major_as_of_that_moment(
    session: Session, cast: Cast, people: Crew
) -> None:
    ticket_id = a_valid_complaint(session, cast)
    sweep(session, MONTH + 3 * DAY, BY)
    (event,) = events(session, EventKind.RECLASSIFIED)
    assert (event.at, event.data) == (
        MONTH + 3 * DAY,
        {
            "from": {"kind": "complaint", "category": None, "severity": "minor"},
            "to": {"kind": "complaint", "category": None, "severity": "major"},
            "since": MONTH.isoformat(),
            "clause": "S3 第5篇 4.1.3",
            "rule": "default/minor-3",
        },
    )
    assert ticket(session, ticket_id).severity is Severity.MAJOR
    answer = select(Milestone).where(Milestone.kind == MilestoneKind.ANSWER)
    assert session.scalars(answer).one().due_at == MONTH + 2 * DAY


def test_it_turns_major_once_however_often_it_is_swept(session: Session, cast: Cast, people: Crew) -> None:
    a_valid_complaint(session, cast)
    sweep(session, MONTH, BY)
    sweep(session, MONTH + DAY, BY)
    assert len(events(session, EventKind.RECLASSIFIED)) == 1
    assert [(event.data or {})["to"] for event in events(session, EventKind.ESCALATED)] == [1, 2, 3]


def test_a_complaint_nobody_has_found_valid_turns_nothing(session: Session, cast: Cast, people: Crew) -> None:
    report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    sweep(session, MONTH + DAY, BY)
    assert events(session, EventKind.RECLASSIFIED) == []
