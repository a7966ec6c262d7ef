"""Until when each calendar is known."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models.calendar import CalendarYear, HolidayCalendar
from models.region import Region
from operations.calendars import SHIPPED
from rules.calendar_years import covered_until, missing_year, next_year


@dataclass(frozen=True, slots=True)
class Coverage:
    """A calendar, until when it is known, and the first year that is not, unless that is later than the next one.

    Missed is a year that has to be there by now, of a calendar that some region goes by.
    """

    calendar_id: int
    name: str
    until: date
    has_years: bool
    missing: int | None
    is_used: bool
    is_missed: bool


def coverages(session: Session, today: date) -> list[Coverage]:
    """Every calendar in order of its code. Regions that name none go by the shipped one."""
    is_used = or_(HolidayCalendar.code == SHIPPED, exists().where(Region.calendar_id == HolidayCalendar.id))
    statement = (
        select(HolidayCalendar.id, HolidayCalendar.name, is_used, CalendarYear.year)
        .outerjoin(CalendarYear, CalendarYear.calendar_id == HolidayCalendar.id)
        .order_by(HolidayCalendar.code)
    )
    years: dict[tuple[int, str, bool], set[int]] = defaultdict(set)
    for calendar_id, name, used, year in session.execute(statement):
        years[calendar_id, name, bool(used)] |= {year} - {None}
    return [_coverage(*calendar, found, today) for calendar, found in years.items()]


def _coverage(calendar_id: int, name: str, is_used: bool, years: set[int], today: date) -> Coverage:
    missed = missing_year(years, today)
    missing = next_year(years, today) if missed is None else missed
    until = covered_until(years)
    return Coverage(calendar_id, name, until, bool(years), missing, is_used, is_used and missed is not None)
