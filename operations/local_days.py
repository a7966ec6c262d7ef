"""The local day and month of a moment, as an expression: the same on both databases, by the zones of Python."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Interval, case, cast, func, literal, type_coerce

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_WEEK = timedelta(weeks=1)  # no zone changes its offset to and fro within one


class LocalDay:
    """Expressions for one time zone in the dialect of one database."""

    def __init__(self, zone: ZoneInfo, dialect: str) -> None:
        self.zone = zone
        self.is_sqlite = dialect == "sqlite"

    def day(self, moment: ColumnElement[Any]) -> ColumnElement[date]:
        """The local day of the moment."""
        return self._by_offset(moment, lambda offset: self._shifted(moment, offset, "day"))

    def month(self, moment: ColumnElement[Any]) -> ColumnElement[date]:
        """The first day of the local month of the moment."""
        return self._by_offset(moment, lambda offset: self._shifted(moment, offset, "month"))

    def _by_offset(
        self, moment: ColumnElement[Any], expression: Callable[[timedelta], ColumnElement[date]]
    ) -> ColumnElement[date]:
        *earlier, latest = offsets(self.zone)
        if not earlier:
            return expression(latest[1])
        spans = [(moment >= since, expression(offset)) for since, offset in [latest, *reversed(earlier[1:])]]
        return case(*spans, else_=expression(earlier[0][1]))

    def _shifted(self, moment: ColumnElement[Any], offset: timedelta, unit: str) -> ColumnElement[date]:
        if self.is_sqlite:
            steps = [f"{int(offset.total_seconds()):+d} seconds", *(["start of month"] if unit == "month" else [])]
            return type_coerce(func.date(moment, *steps), Date)
        local = func.timezone("UTC", moment) + literal(offset, Interval)
        return cast(func.date_trunc(unit, local), Date)


@cache
def offsets(zone: ZoneInfo) -> Sequence[tuple[datetime, timedelta]]:
    """From when on the zone has which offset from UTC, in time order."""
    found, week = [(_FIRST, _offset(_FIRST, zone))], _FIRST
    while week < _LAST:
        if _offset(week + _WEEK, zone) != found[-1][1]:
            since = _change(zone, week, week + _WEEK)
            found.append((since, _offset(since, zone)))
        week += _WEEK
    return found


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with another offset than before."""
    old = _offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after
