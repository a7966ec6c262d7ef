"""Calendars and hours: seeded once and added to later, read as of a ticket's day, kept in memory until they change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import Base
from models.calendar import CalendarDay, CalendarYear, HolidayCalendar, ServiceHours, ServiceWindow, Weekday
from models.estate import Estate
from models.region import Region
from operations.calendar_coverage import coverages
from operations.calendar_seeds import published, seed_calendars
from operations.calendars import Key, calendar_of, opening_calendars
from operations.write import Author, Delete, Insert, Refused, Update, write, writing
from rules.clocks import Calendar
from tests.infrastructure.statements import selects

BY = Author(None, "test")
AT = datetime(2026, 3, 4, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = AT.date()
ALWAYS = {"valid_from": date(2000, 1, 1)}
LAST = max(published())


@pytest.fixture
def seeded(session: Session) -> Session:
    seed(session)
    return session


def seed(session: Session, at: datetime = AT) -> int:
    with writing(session):
        return seed_calendars(session, BY, at)


def add(session: Session, model: type[Base], **values: Any) -> int:
    with writing(session):
        return write(session, [Insert(model, values)], by=BY, at=AT)[0]


def change(session: Session, model: type[Base], row_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(model, row_id, values)], by=BY, at=AT)


def calendar(session: Session, opened_on: date = TODAY, **ids: int) -> Calendar:
    """The shipped calendar round the clock, unless others are named, as a ticket of that day goes by it."""
    key = Key(ids.get("calendar_id"), ids.get("service_hours_id"), ZONE, opened_on)
    return calendar_of(session, [key])[key]


def office(session: Session, **period: date) -> int:
    """Service hours with a window on Mondays."""
    hours_id = add(session, ServiceHours, code="office", name="工作时间")
    window = {"weekday": Weekday.MONDAY, "opens": "09:00", "closes": "17:30", **ALWAYS, **period}
    add(session, ServiceWindow, service_hours_id=hours_id, **window)
    return hours_id


def test_the_days_off_of_china_are_seeded_once(seeded: Session) -> None:
    rows = seeded.scalar(select(func.count()).select_from(CalendarDay))
    assert seed(seeded) == 0
    assert seeded.scalar(select(func.count()).select_from(CalendarDay)) == rows
    assert set(seeded.scalars(select(CalendarYear.year))) == published()


def test_holidays_and_make_up_days_are_what_the_notice_of_2026_says(seeded: Session) -> None:
    found = calendar(seeded)
    assert {day.isoformat() for day in found.holidays if day.year == 2026 and day.month == 10} == {
        f"2026-10-0{day}" for day in range(1, 8)
    }
    assert found.holidays[date(2026, 10, 1)] == "国庆节"
    assert {day: weekday for day, weekday in found.extra_workdays.items() if day.year == 2026 and day.month > 8} == {
        date(2026, 9, 20): 0,  # a Sunday works like a Monday
        date(2026, 10, 10): 4,  # a Saturday works like a Friday
    }
    assert found.covered_until == date(LAST, 12, 31)


def test_a_year_published_later_is_added_for_tickets_from_the_next_day_on(seeded: Session) -> None:
    forget(seeded, LAST)
    assert calendar(seeded).covered_until == date(LAST - 1, 12, 31)
    later = AT + timedelta(days=30)
    assert seed(seeded, later) > 1
    assert seed(seeded, later) == 0
    day = later.astimezone(ZONE).date()
    assert calendar(seeded, day).covered_until == date(LAST - 1, 12, 31)
    assert calendar(seeded, day + timedelta(days=1)).covered_until == date(LAST, 12, 31)


def forget(session: Session, year: int) -> None:
    """A calendar as it was before that year was published."""
    days = select(CalendarDay.id).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
    with writing(session):
        gone = [Delete(CalendarDay, row_id) for row_id in session.scalars(days)]
        years = session.scalars(select(CalendarYear.id).where(CalendarYear.year == year))
        write(session, [*gone, *(Delete(CalendarYear, row_id) for row_id in years)], by=BY, at=AT)


def test_without_any_calendar_the_plain_week_counts_and_all_is_provisional(session: Session) -> None:
    found = calendar(session)
    assert (found.windows, found.holidays, found.covered_until) == (None, {}, date.min)
    assert found.is_working(date(2026, 10, 1))
    assert found.is_past_coverage(AT)


def test_windows_are_those_that_hold_on_the_day(session: Session) -> None:
    hours_id = office(session, valid_to=date(2026, 3, 10))
    evening = {"weekday": Weekday.MONDAY, "opens": "20:00", "closes": "04:00", "valid_from": date(2026, 3, 10)}
    add(session, ServiceWindow, service_hours_id=hours_id, **evening)
    days = [date(2026, 3, 9), date(2026, 3, 10)]
    assert [calendar(session, day, service_hours_id=hours_id).windows for day in days] == [
        {0: ((32_400, 63_000),)},
        {0: ((72_000, 100_800),)},
    ]


def test_hours_without_a_window_that_holds_count_round_the_clock(session: Session) -> None:
    hours_id = office(session, valid_to=date(2026, 3, 4))
    assert calendar(session, service_hours_id=hours_id).windows is None


def test_days_that_were_ended_do_not_hold(seeded: Session) -> None:
    row_id = seeded.scalars(select(CalendarDay.id).where(CalendarDay.day == date(2026, 10, 7))).one()
    change(seeded, CalendarDay, row_id, valid_to=date(2026, 3, 1))
    assert date(2026, 10, 7) in calendar(seeded, date(2026, 2, 28)).holidays
    assert date(2026, 10, 7) not in calendar(seeded).holidays


def test_a_calendar_is_kept_until_one_of_its_rows_is_written(seeded: Session) -> None:
    first, next_day = calendar(seeded), calendar(seeded, date(2026, 3, 5))
    assert first is next_day
    with selects(seeded) as statements:
        assert calendar(seeded) is first
    assert len(statements) == 1
    calendar_id = seeded.scalars(select(HolidayCalendar.id)).one()
    day = {"day": date(2026, 3, 9), "name": "停电", "is_working": False, **ALWAYS}
    row_id = add(seeded, CalendarDay, calendar_id=calendar_id, **day)
    assert calendar(seeded).holidays[date(2026, 3, 9)] == "停电"
    change(seeded, CalendarDay, row_id, day=date(2026, 3, 10))
    assert calendar(seeded).holidays.keys() & {date(2026, 3, 9), date(2026, 3, 10)} == {date(2026, 3, 10)}
    with writing(seeded):
        write(seeded, [Delete(CalendarDay, row_id)], by=BY, at=AT)
    assert date(2026, 3, 10) not in calendar(seeded).holidays


def test_what_is_rolled_back_is_not_kept(seeded: Session) -> None:
    calendar_id = seeded.scalars(select(HolidayCalendar.id)).one()
    day = {"calendar_id": calendar_id, "day": date(2026, 3, 9), "name": "停电", "is_working": False, **ALWAYS}
    seeded.rollback()
    write(seeded, [Insert(CalendarDay, day)], by=BY, at=AT)
    assert date(2026, 3, 9) in calendar(seeded).holidays
    seeded.rollback()
    assert date(2026, 3, 9) not in calendar(seeded).holidays


def test_a_calendar_written_past_the_write_path_is_read_each_time(session: Session) -> None:
    session.add(HolidayCalendar(code="cn", name="直接写入"))
    session.flush()
    calendar_id = session.scalars(select(HolidayCalendar.id)).one()
    assert calendar(session).holidays == {}
    session.add(CalendarDay(calendar_id=calendar_id, day=date(2026, 3, 9), name="停电", is_working=False, **ALWAYS))
    session.flush()
    assert calendar(session).holidays == {date(2026, 3, 9): "停电"}


def test_a_ticket_gets_the_calendar_of_its_region_or_the_shipped_one_and_its_estates_hours(seeded: Session) -> None:
    shipped = seeded.scalars(select(HolidayCalendar.id)).one()
    own = add(seeded, HolidayCalendar, code="hk", name="香港")
    region_id = add(seeded, Region, name="华南", calendar_id=own)
    hours_id = office(seeded)
    estates = [
        add(seeded, Estate, code="E1", name="翠湖"),
        add(seeded, Estate, code="E2", name="东湖", region_id=region_id, service_hours_id=hours_id),
    ]
    assert [opening_calendars(seeded, estate_id) for estate_id in estates] == [(shipped, None), (own, hours_id)]


@pytest.mark.parametrize(
    ("model", "values", "column"),
    [
        (CalendarDay, {"day": date(2026, 3, 9), "name": "x", "is_working": True}, "as_weekday"),
        (CalendarDay, {"day": date(2026, 3, 9), "name": "x", "as_weekday": Weekday.MONDAY}, "as_weekday"),
        (CalendarDay, {"day": date(2026, 3, 9), "name": "x", "valid_to": date(2000, 1, 1)}, "valid_to"),
        (CalendarYear, {"year": 1850}, "year"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(
    seeded: Session, model: type[Base], values: Mapping[str, Any], column: str
) -> None:
    calendar_id = seeded.scalars(select(HolidayCalendar.id)).one()
    with pytest.raises(Refused) as refused:
        add(seeded, model, calendar_id=calendar_id, **{**ALWAYS, **values})
    assert set(refused.value.faults) == {column}


@pytest.mark.parametrize(("opens", "closes", "column"), [("09:00", "09:00", "closes"), ("24:00", "06:00", "opens")])
def test_a_window_that_makes_no_sense_is_refused(session: Session, opens: str, closes: str, column: str) -> None:
    hours_id = add(session, ServiceHours, code="office", name="工作时间")
    window = {"weekday": Weekday.MONDAY, "opens": opens, "closes": closes, **ALWAYS}
    with pytest.raises(Refused) as refused:
        add(session, ServiceWindow, service_hours_id=hours_id, **window)
    assert set(refused.value.faults) == {column}


@pytest.mark.parametrize(
    ("today", "missing", "is_missed"),
    [
        (date(LAST, 11, 30), LAST + 1, False),
        (date(LAST, 12, 1), LAST + 1, True),
        (date(LAST + 1, 1, 1), LAST + 1, True),
        (date(LAST - 1, 12, 31), None, False),
    ],
)
def test_a_year_is_missed_from_december_on(seeded: Session, today: date, missing: int | None, is_missed: bool) -> None:
    (found,) = coverages(seeded, today)
    assert (found.until, found.missing, found.is_missed) == (date(LAST, 12, 31), missing, is_missed)


def test_of_a_calendar_that_no_region_uses_no_year_is_missed(seeded: Session) -> None:
    own = add(seeded, HolidayCalendar, code="hk", name="香港")
    today = date(LAST, 6, 1)
    assert [(each.name, each.is_missed) for each in coverages(seeded, today)][1:] == [("香港", False)]
    add(seeded, Region, name="华南", calendar_id=own)
    assert [(each.name, each.is_missed) for each in coverages(seeded, today)][1:] == [("香港", True)]
