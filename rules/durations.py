"""Reading a limit: the moment at which so many minutes, hours, days, weeks or months are over."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from models.milestone import LimitUnit

_ELAPSED = {LimitUnit.MINUTES: timedelta(minutes=1), LimitUnit.HOURS: timedelta(hours=1)}
_DAYS = {LimitUnit.DAYS: 1, LimitUnit.WEEKS: 7}


def later(start: datetime, value: int, unit: LimitUnit, zone: tzinfo) -> datetime:
    """The moment `value` units after `start`, UTC, whole seconds.

    Minutes and hours are elapsed, round the clock (S0 基础管理, S2 一.1). Days, weeks and months keep the
    wall-clock time on the later local day; a month that lacks the day ends on its last. A time that the
    change to summer time leaves out moves on by what was left out; one that comes twice is the first (ours).
    """
    if unit in _ELAPSED:
        return _whole(start) + value * _ELAPSED[unit]
    local = _whole(start).astimezone(zone)
    if unit is LimitUnit.MONTHS:
        return _on_clock(_months_later(local, value))
    return _on_clock(local + timedelta(days=value * _DAYS[unit]))


def end_of_day(moment: datetime, zone: tzinfo) -> datetime:
    """The last second of the local day of that moment, UTC."""
    return day_start(moment.astimezone(zone).date() + timedelta(days=1), zone) - timedelta(seconds=1)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first second of the local day, UTC."""
    return _on_clock(datetime.combine(day, time(), zone))


def limit_end(start: datetime, value: int | None, unit: LimitUnit, zone: tzinfo) -> datetime | None:
    """When a limit that starts then is over, UTC; None for one that only an agreed date can end."""
    if unit is LimitUnit.AT_ONCE:
        return _whole(start)
    if unit is LimitUnit.END_OF_DAY:
        return end_of_day(start, zone)
    return None if value is None else later(start, value, unit, zone)


def limit_text(value: int | None, unit: LimitUnit) -> str:
    """The limit in English words: "2 days", "1 week", "at once"."""
    if value is None:
        return unit.label
    return f"{value} {unit.label.removesuffix('s') if value == 1 else unit.label}"


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _on_clock(local: datetime) -> datetime:
    # fold=0 reads a time left out by the offset before the gap: it lands as far behind as it stood in it.
    return local.replace(fold=0).astimezone(UTC)


def _months_later(local: datetime, value: int) -> datetime:
    years, month = divmod(local.month - 1 + value, 12)
    year, month = local.year + years, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))
