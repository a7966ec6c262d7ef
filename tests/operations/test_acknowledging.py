from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import AccountRole, Role
from models.estate import Estate
from models.notification import NotificationKind
from models.ticket_event import EventKind
from operations.acknowledging import acknowledge, asked_of, mark_read
from operations.sweep import sweep
from operations.tickets import act
from operations.write import Author, Insert, write, writing
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report
from tests.infrastructure.told import Crew, crew, events, leave, notifications, told_names

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
TOLD = OPENED + 2 * DAY  # 09:00, when the first level is told


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def people(session: Session, cast: Cast) -> Crew:
    return crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())


@pytest.fixture
def ticket_id(session: Session, cast: Cast, people: Crew) -> int:
    """A ticket of which the supervisor was told."""
    ticket_id = report(session, cast)
    sweep(session, TOLD, BY)
    return ticket_id


def answer(session: Session, account_id: int, ticket_id: int, at: object = TOLD + HOUR) -> int:
    with writing(session):
        return acknowledge(session, account_id, ticket_id, Author(account_id), at)  # type: ignore[arg-type]


def test_who_was_told_answers_once_and_it_is_an_event(session: Session, people: Crew, ticket_id: int) -> None:
    assert answer(session, people.supervisor, ticket_id) == 1
    assert answer(session, people.supervisor, ticket_id) == 0
    (event,) = events(session, EventKind.ACKNOWLEDGED)
    assert (event.ticket_id, event.account_id, event.at) == (ticket_id, people.supervisor, TOLD + HOUR)
    assert event.data == {"level": 1, "kind": "escalated", "told_at": TOLD.isoformat()}


def test_an_answer_is_read_too(session: Session, people: Crew, ticket_id: int) -> None:
    answer(session, people.supervisor, ticket_id)
    (note,) = [each for each in notifications(session, people.supervisor) if each.level == 1]
    assert (note.acknowledged_at, note.read_at) == (TOLD + HOUR, TOLD + HOUR)


def test_who_was_not_told_answers_nothing(session: Session, people: Crew, ticket_id: int) -> None:
    assert answer(session, people.manager, ticket_id) == 0
    assert events(session, EventKind.ACKNOWLEDGED) == []
    assert len(asked_of(session, people.supervisor, ticket_id)) == 1


def test_one_answer_stands_for_all_who_were_told_on_the_same_occasion(
    session: Session, cast: Cast, people: Crew
) -> None:
    with writing(session):
        second = Insert(AccountRole, {"account_id": people.butler, "role": Role.SUPERVISOR})
        write(session, [second], by=BY, at=OPENED)
    ticket_id = report(session, cast)
    sweep(session, TOLD, BY)
    answer(session, people.butler, ticket_id)
    assert asked_of(session, people.supervisor, ticket_id) == []
    assert sweep(session, TOLD + 3 * HOUR, BY).passed_up == 0


@pytest.mark.parametrize(("offset", "passed"), [(-SECOND, 0), (0 * SECOND, 1)])
def test_what_nobody_answers_goes_up_from_its_second_on(
    session: Session, people: Crew, ticket_id: int, offset: timedelta, passed: int
) -> None:
    assert sweep(session, TOLD + 2 * HOUR + offset, BY).passed_up == passed


def test_the_next_level_is_told_once_of_who_did_not_answer(session: Session, people: Crew, ticket_id: int) -> None:
    sweep(session, TOLD + 2 * HOUR, BY)
    sweep(session, TOLD + 3 * HOUR, BY)
    (event,) = events(session, EventKind.NOT_ACKNOWLEDGED)
    assert event.data is not None
    assert (event.data["from"], event.data["to"], event.data["names"]) == (1, 2, ["supervisor"])
    assert event.data["due_at"] == (TOLD + 2 * HOUR).isoformat()
    assert told_names(event) == ["manager"]
    (note,) = [each for each in notifications(session, people.manager) if each.ticket_id == ticket_id]
    assert (note.kind, note.acknowledge_by) == (NotificationKind.NOT_ACKNOWLEDGED, TOLD + 4 * HOUR)


def test_it_climbs_on_to_the_top_and_ends_there(session: Session, people: Crew, ticket_id: int) -> None:
    passed = [sweep(session, TOLD + hours * HOUR, BY).passed_up for hours in (2, 4, 6, 8, 10)]
    assert passed == [1, 1, 1, 0, 0]
    found = [((event.data or {})["to"], told_names(event)) for event in events(session, EventKind.NOT_ACKNOWLEDGED)]
    assert found == [(2, ["manager"]), (3, ["hq"]), (None, [])]


def test_a_level_without_people_is_passed_over_and_said(session: Session, people: Crew, ticket_id: int) -> None:
    leave(session, people.manager)
    sweep(session, TOLD + 2 * HOUR, BY)
    (event,) = events(session, EventKind.NOT_ACKNOWLEDGED)
    assert event.data is not None
    assert (event.data["to"], event.data["nobody_at"], told_names(event)) == (3, [2], ["hq"])


def test_an_answer_in_time_stops_it(session: Session, people: Crew, ticket_id: int) -> None:
    answer(session, people.supervisor, ticket_id)
    assert sweep(session, TOLD + 3 * HOUR, BY).passed_up == 0


def test_a_late_answer_still_counts_and_says_that_it_is_late(session: Session, people: Crew, ticket_id: int) -> None:
    sweep(session, TOLD + 2 * HOUR, BY)
    assert answer(session, people.supervisor, ticket_id, TOLD + 3 * HOUR) == 1
    (event,) = events(session, EventKind.ACKNOWLEDGED)
    assert (event.data or {})["late"] is True


def test_of_a_ticket_that_has_ended_nobody_is_asked_any_more(session: Session, people: Crew, ticket_id: int) -> None:
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], TOLD + HOUR)
    assert sweep(session, TOLD + 3 * HOUR, BY).passed_up == 0
    assert asked_of(session, people.supervisor, ticket_id) == []


def test_only_ones_own_notifications_are_marked_read(session: Session, people: Crew, ticket_id: int) -> None:
    (note,) = [each for each in notifications(session, people.supervisor) if each.level == 1]
    with writing(session):
        mark_read(session, people.manager, TOLD, [note.id])
    assert notifications(session, people.supervisor)[0].read_at is None
    with writing(session):
        mark_read(session, people.supervisor, TOLD)
    assert {each.read_at for each in notifications(session, people.supervisor)} == {TOLD}
