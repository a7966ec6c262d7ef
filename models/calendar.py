"""Calendars and service hours as data: days off, make-up working days, the windows in which a service clock runs.

Each row says from which day it holds: a ticket keeps the calendar and the hours as they stood on the day it was opened.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault
from models.fields import ClockTime, Code

FIRST_YEAR, LAST_YEAR = 1900, 2199  # as dates are read


class Weekday(Labelled):
    MONDAY = "mon", N_("Monday"), "周一", "星期一"
    TUESDAY = "tue", N_("Tuesday"), "周二", "星期二"
    WEDNESDAY = "wed", N_("Wednesday"), "周三", "星期三"
    THURSDAY = "thu", N_("Thursday"), "周四", "星期四"
    FRIDAY = "fri", N_("Friday"), "周五", "星期五"
    SATURDAY = "sat", N_("Saturday"), "周六", "星期六"
    SUNDAY = "sun", N_("Sunday"), "周日", "星期日", "星期天"

    @property
    def number(self) -> int:
        """0 on Monday to 6 on Sunday, as `date.weekday` counts."""
        return tuple(Weekday).index(self)


class HolidayCalendar(Row):
    """The days off and make-up working days (调休) of a region. `stamp` changes with every row of it."""

    __tablename__ = "holiday_calendar"
    __table_args__ = (UniqueConstraint("code"),)
    __entity__ = Entity(
        name="calendars",
        label=N_("Calendar"),
        plural=N_("Calendars"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("name",),
        key=("code",),
        order="code",
        icon="calendar3",
        rank=5,
    )

    code: Mapped[str] = column(Code(40), label=N_("Calendar code"), aliases=("日历编码",), listed=True, sort=True)
    name: Mapped[str] = column(String(80), label=N_("Calendar name"), aliases=("日历名称",), listed=True)
    stamp: Mapped[str | None] = mapped_column(String(32))


class CalendarYear(Row):
    """A year whose days off have been published; past the last of consecutive years Monday to Friday counts."""

    __tablename__ = "calendar_year"
    __table_args__ = (
        UniqueConstraint("calendar_id", "year"),
        Index(None, "year"),
        CheckConstraint(f"year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="year"),
    )
    __entity__ = Entity(
        name="calendar-years",
        label=N_("Calendar year"),
        plural=N_("Calendar years"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("calendar_id", "year"),
        key=("calendar_id", "year"),
        order="-year",
        in_menu=False,
        icon="calendar2-check",
    )

    calendar_id: Mapped[int] = column(
        ForeignKey("holiday_calendar.id"), label=N_("Calendar"), aliases=("日历",), listed=True, filter=True
    )
    year: Mapped[int] = column(Integer(), label=N_("Year"), aliases=("年份",), listed=True, filter=True, sort=True)
    valid_from: Mapped[date] = column(
        Date(),
        label=N_("Valid from"),
        help=N_("Tickets opened on this day or later are reckoned by it"),
        aliases=("生效日期",),
        listed=True,
    )
    source: Mapped[str | None] = column(String(200), label=N_("Published in"), aliases=("来源",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if FIRST_YEAR <= row["year"] <= LAST_YEAR:
            return {}
        sentence = N_("The year lies between %(first)s and %(last)s")
        return {"year": Fault(sentence, first=FIRST_YEAR, last=LAST_YEAR)}


class CalendarDay(Row):
    """A day off, or a working day that takes the windows of another weekday (调休)."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        UniqueConstraint("calendar_id", "day", "valid_from"),
        Index(None, "day"),
        CheckConstraint("is_working = (as_weekday IS NOT NULL)", name="weekday_of_working_day"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    )
    __entity__ = Entity(
        name="calendar-days",
        label=N_("Calendar day"),
        plural=N_("Calendar days"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("day", "name"),
        key=("calendar_id", "day", "valid_from"),
        order="-day",
        in_menu=False,
        icon="calendar-x",
    )

    calendar_id: Mapped[int] = column(
        ForeignKey("holiday_calendar.id"), label=N_("Calendar"), aliases=("日历",), listed=True, filter=True
    )
    day: Mapped[date] = column(Date(), label=N_("Day"), aliases=("日期",), listed=True, filter=True, sort=True)
    is_working: Mapped[bool] = column(
        Boolean(),
        label=N_("Working day"),
        help=N_("No: a day off. Yes: a make-up working day"),
        aliases=("是否上班",),
        listed=True,
        filter=True,
        default=False,
    )
    as_weekday: Mapped[Weekday | None] = column(
        choice(Weekday),
        label=N_("Works like"),
        help=N_("Of a make-up working day: the weekday whose service hours it has"),
        aliases=("按周几",),
        listed=True,
    )
    name: Mapped[str] = column(String(80), label=N_("Name of the day"), aliases=("名称", "节日"), listed=True)
    valid_from: Mapped[date] = column(
        Date(),
        label=N_("Valid from"),
        help=N_("Tickets opened on this day or later are reckoned by it"),
        aliases=("生效日期",),
        listed=True,
    )
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        found = _period_faults(row)
        if row["is_working"] and row["as_weekday"] is None:
            found["as_weekday"] = Fault(N_("Say like which weekday a make-up working day works"))
        if not row["is_working"] and row["as_weekday"] is not None:
            found["as_weekday"] = Fault(N_("A day off works like no weekday: leave it empty"))
        return found


class ServiceHours(Row):
    """The hours in which a service clock runs; an estate names them. `stamp` changes with every window of them."""

    __tablename__ = "service_hours"
    __table_args__ = (UniqueConstraint("code"),)
    __entity__ = Entity(
        name="service-hours",
        label=N_("Service hours"),
        plural=N_("Service hours"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("name",),
        key=("code",),
        order="code",
        icon="clock-history",
        rank=6,
    )

    code: Mapped[str] = column(
        Code(40), label=N_("Code of the hours"), aliases=("服务时间编码",), listed=True, sort=True
    )
    name: Mapped[str] = column(String(80), label=N_("Name of the hours"), aliases=("服务时间名称",), listed=True)
    stamp: Mapped[str | None] = mapped_column(String(32))


class ServiceWindow(Row):
    """A stretch of a weekday in which the service clock runs; it belongs to the day on which it opens."""

    __tablename__ = "service_window"
    __table_args__ = (
        UniqueConstraint("service_hours_id", "weekday", "opens", "valid_from"),
        Index(None, "opens"),
        CheckConstraint("opens <> closes", name="length"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    )
    __entity__ = Entity(
        name="service-windows",
        label=N_("Service window"),
        plural=N_("Service windows"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("weekday", "opens", "closes"),
        key=("service_hours_id", "weekday", "opens", "valid_from"),
        order="opens",
        in_menu=False,
        icon="door-open",
    )

    service_hours_id: Mapped[int] = column(
        ForeignKey("service_hours.id"), label=N_("Service hours"), aliases=("服务时间",), listed=True, filter=True
    )
    weekday: Mapped[Weekday] = column(choice(Weekday), label=N_("Weekday"), aliases=("星期",), listed=True, filter=True)
    opens: Mapped[str] = column(
        ClockTime(),
        label=N_("Opens"),
        help=N_("A time of day such as 09:00"),
        aliases=("开始时间",),
        listed=True,
        sort=True,
    )
    closes: Mapped[str] = column(
        ClockTime(),
        label=N_("Closes"),
        help=N_("Earlier than the opening: on the next day. The end of the day is 24:00"),
        aliases=("结束时间",),
        listed=True,
    )
    valid_from: Mapped[date] = column(
        Date(),
        label=N_("Valid from"),
        help=N_("Tickets opened on this day or later are reckoned by it"),
        aliases=("生效日期",),
        listed=True,
    )
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        found = _period_faults(row)
        if row["opens"] == row["closes"]:
            found["closes"] = Fault(N_("The window opens and closes at %(time)s: give another end"), time=row["opens"])
        if row["opens"] == "24:00":
            found["opens"] = Fault(N_("A window opens before 24:00: write 00:00 of the next day"))
        return found


def _period_faults(row: Mapping[str, Any]) -> dict[str, Fault]:
    if row["valid_to"] is None or row["valid_to"] > row["valid_from"]:
        return {}
    return {"valid_to": Fault(N_("The row would hold on no day: give a day after %(start)s"), start=row["valid_from"])}
