"""Calendars and service hours for the rules: read from their rows, kept in memory while these stay as they are."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Table, func, literal, null, select, union_all, update
from sqlalchemy.orm import Session

from models.base import Base
from models.calendar import CalendarDay, CalendarYear, HolidayCalendar, ServiceHours, ServiceWindow
from models.estate import Estate
from models.region import Region
from operations.recording import Written
from rules.calendar_years import covered_until
from rules.clocks import Calendar
from rules.windows import window

SHIPPED = "cn"  # the calendar of regions that name none

AnyRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """What a ticket is reckoned by: its calendar and hours (None: the shipped one; round the clock) as of its day."""

    calendar_id: int | None
    service_hours_id: int | None
    zone: tzinfo
    opened_on: date


@dataclass(frozen=True, slots=True)
class _Rows:
    """All that was ever entered of one calendar or of one table of hours, with the stamp of that state."""

    stamp: str | None
    rows: Sequence[AnyRow] = ()
    turns: Sequence[date] = ()  # the days from which on other rows hold


_NOTHING = _Rows("")


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)  # a mapped class has a Table


_CALENDARS, _HOURS = _table(HolidayCalendar), _table(ServiceHours)
_STAMPS = union_all(
    select(literal("calendar"), _CALENDARS.c.id, _CALENDARS.c.code, _CALENDARS.c.stamp),
    select(literal("hours"), _HOURS.c.id, null(), _HOURS.c.stamp),
)
_PARENTS: Mapping[type[Base], tuple[Table, str]] = {
    HolidayCalendar: (_CALENDARS, "id"),
    CalendarYear: (_CALENDARS, "calendar_id"),
    CalendarDay: (_CALENDARS, "calendar_id"),
    ServiceHours: (_HOURS, "id"),
    ServiceWindow: (_HOURS, "service_hours_id"),
}
HANGS_ON: frozenset[type[Base]] = frozenset(_PARENTS)  # of the models: something is derived from their rows

# By stamp, which no two states of any database share; what has no stamp is read each time.
_MOST_KEPT = 512
_read: dict[str, _Rows] = {}
_made: dict[tuple[Any, ...], Calendar] = {}


def calendar_of(session: Session, wanted: Collection[Key]) -> Mapping[Key, Calendar]:
    """The calendar for each key, with the rows that hold on its day. One small statement while nothing has changed.

    Keys that come to the same share one calendar, with what it has worked out. Without any calendar the plain week
    counts and all is provisional; hours of which no window holds count round the clock.
    """
    if not wanted:
        return {}
    stamps, shipped_id = _stamps(session)
    return {key: _calendar(session, stamps, replace(key, calendar_id=key.calendar_id or shipped_id)) for key in wanted}


Stamps = Mapping[tuple[str, int], str | None]


def _stamps(session: Session) -> tuple[Stamps, int | None]:
    """Of each calendar and of each hours the stamp, and which calendar is the shipped one."""
    found = session.execute(_STAMPS).all()
    shipped = [row_id for kind, row_id, code, _ in found if code == SHIPPED]
    return {(kind, row_id): stamp for kind, row_id, _, stamp in found}, next(iter(shipped), None)


def _calendar(session: Session, stamps: Stamps, key: Key) -> Calendar:
    of_days = _rows(session, stamps, "calendar", key.calendar_id)
    of_hours = _rows(session, stamps, "hours", key.service_hours_id)
    states = [(rows.stamp, bisect_right(rows.turns, key.opened_on)) for rows in (of_days, of_hours)]
    if None in (of_days.stamp, of_hours.stamp):
        return _compiled(of_days, of_hours, key)
    made = _made.get((*states, key.zone))
    if made is None:
        made = _compiled(of_days, of_hours, key)
        _keep(_made, (*states, key.zone), made)
    return made


def _rows(session: Session, stamps: Stamps, kind: str, row_id: int | None) -> _Rows:
    if row_id is None:
        return _NOTHING
    stamp = stamps.get((kind, row_id))
    if stamp is None or stamp not in _read:
        models = (CalendarYear, CalendarDay) if kind == "calendar" else (ServiceWindow,)
        found = [row for model in models for row in _rows_of(session, model, row_id)]
        turns = {row.get(name) for row in found for name in ("valid_from", "valid_to")}
        rows = _Rows(stamp, found, sorted(day for day in turns if day is not None))
        if stamp is None:
            return rows
        _keep(_read, stamp, rows)
    return _read[stamp]


def _rows_of(session: Session, model: type[Base], parent_id: int) -> Iterator[AnyRow]:
    table = _table(model)
    _, column = _PARENTS[model]
    found = session.execute(select(table).where(table.c[column] == parent_id)).mappings()
    return ({"model": model, **row} for row in found)


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


def _compiled(of_days: _Rows, of_hours: _Rows, key: Key) -> Calendar:
    """What holds on the day of the key."""
    holding = [row for row in (*of_days.rows, *of_hours.rows) if _holds_on(row, key.opened_on)]
    days = [row for row in holding if row["model"] is CalendarDay]
    windows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in holding:
        if row["model"] is ServiceWindow:
            windows[row["weekday"].number].append(window(row["opens"], row["closes"]))
    return Calendar(
        key.zone,
        {weekday: tuple(sorted(found)) for weekday, found in windows.items()} or None,
        {row["day"]: row["name"] for row in days if not row["is_working"]},
        {row["day"]: row["as_weekday"].number for row in days if row["is_working"]},
        covered_until=covered_until({row["year"] for row in holding if row["model"] is CalendarYear}),
    )


def _holds_on(row: AnyRow, day: date) -> bool:
    valid_to = row.get("valid_to")
    return bool(row["valid_from"] <= day and (valid_to is None or day < valid_to))


def opening_calendars(session: Session, estate_id: int) -> tuple[int | None, int | None]:
    """Calendar and service hours that a ticket of the estate keeps from its opening; None where there are none."""
    shipped = select(_CALENDARS.c.id).where(_CALENDARS.c.code == SHIPPED).scalar_subquery()
    statement = (
        select(func.coalesce(Region.calendar_id, shipped), Estate.service_hours_id)
        .outerjoin_from(Estate, Region, Region.id == Estate.region_id)
        .where(Estate.id == estate_id)
    )
    calendar_id, service_hours_id = session.execute(statement).one()
    return calendar_id, service_hours_id


def derive(session: Session, written: Sequence[Written]) -> Sequence[Written]:
    """Give every calendar and service hours of which a row was written a new stamp, so that it is read anew."""
    written = [change for change in written if change.model in _PARENTS]
    for parents in (_CALENDARS, _HOURS) if written else ():
        ids = {parent for each in written for table, parent in _parents(each) if table is parents}
        if ids:
            session.execute(update(parents).where(parents.c.id.in_(ids)).values(stamp=uuid4().hex))
    return ()


def _parents(change: Written) -> Iterator[tuple[Table, int]]:
    if change.model in _PARENTS:
        table, column = _PARENTS[change.model]
        yield from ((table, row[column]) for row in (change.before, change.after) if row)
