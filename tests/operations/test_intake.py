from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calendar import HolidayCalendar, ServiceHours
from models.estate import Estate
from models.standard import StandardSet
from models.ticket import Severity, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.calendar_seeds import seed_calendars
from operations.tickets import open_ticket
from operations.write import Insert, Refused, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle, ticket


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def test_a_ticket_takes_its_place_from_the_unit_and_its_standards_from_the_estate(session: Session, cast: Cast) -> None:
    found = ticket(session, report(session, cast))
    estate = session.get_one(Estate, cast.estate_id)
    assert (found.estate_id, found.building_id) == (cast.estate_id, cast.building_id)
    assert found.standard_set_id == estate.standard_set_id
    assert (found.state, found.opened_at) == (TicketState.NEW, OPENED)


def test_a_ticket_about_a_building_needs_no_unit(session: Session, cast: Cast) -> None:
    found = ticket(session, report(session, cast, unit_id=None, building_id=cast.building_id))
    assert (found.estate_id, found.unit_id, found.butler_id) == (cast.estate_id, None, cast.butler_id)


def test_a_ticket_about_the_estate_needs_neither(session: Session, cast: Cast) -> None:
    found = ticket(session, report(session, cast, unit_id=None, estate_id=cast.estate_id))
    assert (found.estate_id, found.building_id, found.butler_id) == (cast.estate_id, None, None)


def test_a_ticket_about_nothing_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Choose the unit or building"):
        report(session, cast, unit_id=None)


@pytest.mark.parametrize(
    ("kind", "severity", "is_engineer_proposed"),
    [(TicketKind.REPAIR, Severity.ORDINARY, True), (TicketKind.CONSULTATION, None, False)],
)
def test_the_buildings_pair_is_proposed(
    session: Session, cast: Cast, kind: TicketKind, severity: Severity | None, is_engineer_proposed: bool
) -> None:
    found = ticket(session, report(session, cast, kind=kind, severity=severity))
    assert found.butler_id == cast.butler_id
    assert (found.assignee_id == cast.engineer_id) is is_engineer_proposed


def test_who_is_named_goes_before_who_is_proposed(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.REPAIR, severity=Severity.URGENT, assignee_id=cast.butler_id)
    assert ticket(session, ticket_id).assignee_id == cast.butler_id


def test_a_stranger_cannot_be_assigned(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused):
        report(session, cast, assignee_id=cast.stranger_id)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC), "E1-260304-0001"),
        (datetime(2026, 3, 4, 16, 0, 0, tzinfo=UTC), "E1-260305-0001"),
    ],
)
def test_the_code_carries_the_local_day(session: Session, cast: Cast, at: datetime, code: str) -> None:
    assert ticket(session, report(session, cast, at)).code == code


def test_the_running_number_counts_within_estate_and_day(session: Session, cast: Cast) -> None:
    other = settle(session, "E2")
    opened = [
        report(session, cast),
        report(session, cast),
        report(session, other),
        report(session, cast, OPENED + timedelta(days=1)),
        report(session, cast),
    ]
    assert [ticket(session, ticket_id).code for ticket_id in opened] == [
        "E1-260304-0001",
        "E1-260304-0002",
        "E2-260304-0001",
        "E1-260305-0001",
        "E1-260304-0003",
    ]


def test_the_running_number_goes_on_past_four_digits(session: Session, cast: Cast) -> None:
    first = report(session, cast)
    with writing(session):
        write(session, [Update(type(ticket(session, first)), first, {"code": "E1-260304-9999"})], by=BY, at=OPENED)
    codes = [ticket(session, report(session, cast)).code for _ in range(2)]
    assert codes == ["E1-260304-10000", "E1-260304-10001"]


def test_reports_taken_in_at_once_get_numbers_of_their_own(session: Session, cast: Cast) -> None:
    engine = session.get_bind()

    def take_in(number: int) -> int:
        with Session(engine) as own:
            return report(own, cast)

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(take_in, range(12)))
    assert {ticket(session, ticket_id).code for ticket_id in opened} == {f"E1-260304-{n:04}" for n in range(1, 13)}


def came(session: Session, cast: Cast, ago: timedelta) -> int:
    facts = {"unit_id": cast.unit_id, "subject": "咨询", "kind": TicketKind.CONSULTATION}
    with writing(session):
        return open_ticket(session, facts, BY, OPENED, came_at=OPENED - ago)


def test_a_report_entered_later_counts_from_when_it_came_and_says_when_it_was_entered(
    session: Session, cast: Cast
) -> None:
    found = ticket(session, came(session, cast, timedelta(hours=3)))
    assert (found.opened_at, found.next_due_at) == (OPENED - timedelta(hours=3), OPENED + timedelta(hours=1))
    assert found.entered_at == OPENED
    opening = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == found.id)).one()
    assert (opening.at, opening.data) == (found.opened_at, {"entered_at": OPENED.isoformat()})


def test_a_report_entered_at_once_says_nothing_of_it(session: Session, cast: Cast) -> None:
    found = ticket(session, came(session, cast, timedelta()))
    assert (found.opened_at, found.entered_at) == (OPENED, None)


def limit_late_entry(session: Session, hours: int) -> None:
    of_default = select(StandardSet.id).where(StandardSet.code == "default")
    with writing(session):
        change = Update(StandardSet, session.scalars(of_default).one(), {"late_entry_hours": hours})
        write(session, [change], by=BY, at=OPENED)


@pytest.mark.parametrize("hours", [24, 48])
def test_a_report_is_entered_so_much_later_at_most_as_its_standards_say(
    session: Session, cast: Cast, hours: int
) -> None:
    limit_late_entry(session, hours)
    assert came(session, cast, timedelta(hours=hours))
    with pytest.raises(Refused, match=f"up to {hours} hours after it came") as refused:
        came(session, cast, timedelta(hours=hours, seconds=1))
    assert set(refused.value.faults) == {"came_at"}


def test_a_report_cannot_come_from_the_future(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="later than now"):
        came(session, cast, -timedelta(seconds=1))


def test_a_ticket_keeps_the_calendar_and_the_hours_of_its_opening(session: Session, cast: Cast) -> None:
    with writing(session):
        seed_calendars(session, BY, OPENED)
        (hours_id,) = write(session, [Insert(ServiceHours, {"code": "day", "name": "白天"})], by=BY, at=OPENED)
        write(session, [Update(Estate, cast.estate_id, {"service_hours_id": hours_id})], by=BY, at=OPENED)
    found = ticket(session, report(session, cast))
    of_china = select(HolidayCalendar.id).where(HolidayCalendar.code == "cn")
    assert (found.calendar_id, found.service_hours_id) == (session.scalars(of_china).one(), hours_id)


def test_the_timeline_begins_with_the_opening(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    events = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket_id)).all()
    assert [(event.kind, event.at) for event in events] == [(EventKind.OPENED, OPENED)]
