"""The days off of China, taken over from chinesecalendar: once at first, later what has been published since."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chinese_calendar.constants import Holiday, holidays, workdays
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calendar import CalendarDay, CalendarYear, HolidayCalendar, Weekday
from operations.write import Author, Insert, write

FILE = Path(__file__).parents[1] / "fixtures" / "calendars" / "calendar.csv"
ALWAYS = date(2000, 1, 1)  # what a calendar starts with holds for every ticket
_ZONE = ZoneInfo("Asia/Shanghai")
_NAMES: dict[str, str] = {each.value: vars(each)["chinese"] for each in Holiday}
# Of a make-up working day no notice says which weekday it replaces: the nearest one of the plain week (ours).
_WORKS_LIKE = {5: Weekday.FRIDAY, 6: Weekday.MONDAY}


def seed_calendars(session: Session, by: Author, at: datetime) -> int:
    """Add the shipped calendar and the published years that it lacks; returns how many rows. Inside `writing`.

    What is added to a calendar in use holds from the next day on: tickets of today were promised by it as it is.
    """
    with FILE.open(encoding="utf-8", newline="") as file:
        (shipped,) = csv.DictReader(file)
    calendar_id = session.scalar(select(HolidayCalendar.id).where(HolidayCalendar.code == shipped["code"]))
    valid_from, added = at.astimezone(_ZONE).date() + timedelta(days=1), 0
    if calendar_id is None:
        values = {"code": shipped["code"], "name": shipped["name"]}
        (calendar_id,) = write(session, [Insert(HolidayCalendar, values)], by=by, at=at)
        valid_from, added = ALWAYS, 1
    present = set(session.scalars(select(CalendarYear.year).where(CalendarYear.calendar_id == calendar_id)))
    rows = [
        row
        for year in sorted(published() - present)
        for row in _year(calendar_id, year, valid_from, shipped["source"] % {"year": year})
    ]
    return added + len(write(session, rows, by=by, at=at))


def published() -> set[int]:
    """The years of which the package knows all days off: those with a National Day, the last one decided on."""
    return {day.year for day in holidays if (day.month, day.day) == (10, 1)}


def _year(calendar_id: int, year: int, valid_from: date, source: str) -> Iterator[Insert]:
    shared = {"calendar_id": calendar_id, "valid_from": valid_from}
    yield Insert(CalendarYear, {**shared, "year": year, "source": source})
    for day, name in sorted({**holidays, **workdays}.items()):
        if day.year == year:
            works_like = _WORKS_LIKE.get(day.weekday(), tuple(Weekday)[day.weekday()]) if day in workdays else None
            kind = {"is_working": day in workdays, "as_weekday": works_like}
            yield Insert(CalendarDay, {**shared, **kind, "day": day, "name": _NAMES[name]})
