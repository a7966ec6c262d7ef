from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.estate import Estate
from models.ladder_level import LadderLevel
from models.notification import DeliveryChannel, DeliveryState, NotificationKind
from models.standard import StandardSet
from models.ticket import Severity, TicketKind
from operations.telling import Occasion, Told, tell
from operations.write import Delete, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report
from tests.infrastructure.told import Crew, crew, deliveries, leave, notifications, open_ways

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = OPENED.replace(hour=15)  # 23:00 in the estate
MORNING = OPENED.replace(hour=23)  # 07:00 of the day after


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def people(session: Session, cast: Cast) -> Crew:
    return crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())


@pytest.fixture
def both_ways(session: Session) -> Iterator[None]:
    open_ways(session, *DeliveryChannel)
    yield
    open_ways(session)


def told(session: Session, cast: Cast, at: datetime = OPENED, **words: Any) -> Told:
    """Tell of an occasion of the cast's estate: of a ticket at level 1, unless said otherwise."""
    occasion = Occasion("test", NotificationKind.ESCALATED, cast.estate_id, **words)
    with writing(session):
        return tell(session, [occasion], BY, at)["test"]


def of_ticket(session: Session, cast: Cast, level: int, **facts: Any) -> dict[str, Any]:
    """What names the ticket, assigned to nobody unless the facts say so, and the level."""
    return {"ticket_id": report(session, cast, **facts), "level": level}


@pytest.mark.parametrize(("level", "expected"), [(1, "supervisor"), (2, "manager"), (3, "hq")])
def test_a_level_is_told_by_its_role_in_the_estate(
    session: Session, cast: Cast, people: Crew, level: int, expected: str
) -> None:
    found = told(session, cast, **of_ticket(session, cast, level))
    assert (found.level, [person["name"] for person in found.people], found.nobody_at) == (level, [expected], [])
    assert [each.account_id for each in notifications(session)] == [getattr(people, expected)]


def test_level_0_is_the_assignee(session: Session, cast: Cast, people: Crew) -> None:
    found = told(session, cast, **of_ticket(session, cast, 0, assignee_id=cast.engineer_id))
    assert [person["name"] for person in found.people] == ["engineer"]


def test_level_0_is_the_butler_where_nobody_is_assigned_or_the_assignee_has_no_account(
    session: Session, cast: Cast, people: Crew
) -> None:
    leave(session, people.engineer)
    found = told(session, cast, **of_ticket(session, cast, 0, assignee_id=cast.engineer_id))
    assert [person["name"] for person in found.people] == ["butler"]


def test_nobody_at_a_level_is_said_and_the_next_one_up_is_told(session: Session, cast: Cast, people: Crew) -> None:
    leave(session, people.supervisor, people.manager)
    found = told(session, cast, **of_ticket(session, cast, 1))
    assert (found.level, found.nobody_at) == (3, [1, 2])
    assert [each.account_id for each in notifications(session)] == [people.hq]


def test_nobody_up_to_the_top_is_said_and_nothing_fails(session: Session, cast: Cast) -> None:
    found = told(session, cast, **of_ticket(session, cast, 1))
    assert found == Told(None, [], [1, 2, 3])


def test_a_set_without_levels_of_its_own_has_those_of_the_default_set(
    session: Session, cast: Cast, people: Crew
) -> None:
    strict = session.scalars(select(StandardSet.id).where(StandardSet.code == "strict")).one()
    own = session.scalars(select(LadderLevel.id).where(LadderLevel.standard_set_id == strict)).all()
    with writing(session):
        write(session, [Delete(LadderLevel, each) for each in own], by=BY, at=OPENED)
        write(session, [Update(Estate, cast.estate_id, {"standard_set_id": strict})], by=BY, at=OPENED)
    assert told(session, cast, **of_ticket(session, cast, 2)).level == 2
    assert len(own) == 4


def test_people_are_told_by_role_too_and_each_once(session: Session, cast: Cast, people: Crew) -> None:
    found = told(session, cast, roles=[Role.SUPERVISOR, Role.MANAGER], accounts=[people.manager])
    assert [person["name"] for person in found.people] == ["supervisor", "manager"]


def test_who_was_told_of_an_occasion_is_not_told_again(session: Session, cast: Cast, people: Crew) -> None:
    ticket = of_ticket(session, cast, 1)
    told(session, cast, **ticket)
    told(session, cast, OPENED + HOUR, **ticket)
    assert [each.created_at for each in notifications(session)] == [OPENED]


def test_an_answer_is_asked_for_within_the_minutes_of_the_level(session: Session, cast: Cast, people: Crew) -> None:
    with writing(session):
        level = session.scalars(select(LadderLevel).where(LadderLevel.code == "default/level-1")).one()
        write(session, [Update(LadderLevel, level.id, {"acknowledge_minutes": 30})], by=BY, at=OPENED)
    told(session, cast, asks=True, **of_ticket(session, cast, 1))
    assert notifications(session)[0].acknowledge_by == OPENED + 30 * MINUTE


def test_a_level_without_minutes_asks_for_no_answer(session: Session, cast: Cast, people: Crew) -> None:
    with writing(session):
        session.execute(update(LadderLevel).values(acknowledge_minutes=None))
    told(session, cast, asks=True, **of_ticket(session, cast, 1))
    assert notifications(session)[0].acknowledge_by is None


def test_what_is_told_says_the_ticket_by_its_code_and_nothing_personal(
    session: Session, cast: Cast, people: Crew
) -> None:
    told(session, cast, data={"clause": "S3 第6篇 4.7"}, **of_ticket(session, cast, 1))
    expected = {"clause": "S3 第6篇 4.7", "code": "E1-260304-0001", "ticket_kind": "consultation", "severity": None}
    assert notifications(session)[0].data == expected


def test_without_a_way_out_only_the_inbox_is_used(session: Session, cast: Cast, people: Crew) -> None:
    found = told(session, cast, **of_ticket(session, cast, 1))
    assert found.people[0]["channels"] == ["inbox"]
    assert deliveries(session) == []


def test_each_way_out_gets_a_delivery_under_the_same_id(
    session: Session, cast: Cast, people: Crew, both_ways: None
) -> None:
    found = told(session, cast, **of_ticket(session, cast, 1))
    assert found.people[0]["channels"] == ["inbox", "email", "webhook"]
    (note,) = notifications(session)
    assert [(each.channel, each.address, each.key, each.state) for each in deliveries(session)] == [
        (DeliveryChannel.EMAIL, "supervisor@example.test", note.key, DeliveryState.WAITING),
        (DeliveryChannel.WEBHOOK, None, note.key, DeliveryState.WAITING),
    ]


def test_at_night_the_inbox_knows_at_once_and_the_rest_waits_for_the_morning(
    session: Session, cast: Cast, people: Crew, both_ways: None
) -> None:
    told(session, cast, NIGHT, asks=True, **of_ticket(session, cast, 1))
    (note,) = notifications(session)
    assert (note.created_at, note.held_until, note.acknowledge_by) == (NIGHT, MORNING, MORNING + 2 * HOUR)
    assert {each.next_attempt_at for each in deliveries(session)} == {MORNING}


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": TicketKind.REPAIR, "severity": Severity.URGENT},
        {"kind": TicketKind.COMPLAINT, "severity": Severity.MAJOR},
        {"kind": TicketKind.EMERGENCY},
    ],
)
def test_what_is_urgent_or_major_is_told_at_night_too(
    session: Session, cast: Cast, people: Crew, both_ways: None, facts: dict[str, Any]
) -> None:
    told(session, cast, NIGHT, asks=True, **of_ticket(session, cast, 1, **facts))
    (note,) = notifications(session)
    assert (note.held_until, note.acknowledge_by) == (None, NIGHT + 2 * HOUR)
    assert {each.next_attempt_at for each in deliveries(session)} == {NIGHT}
