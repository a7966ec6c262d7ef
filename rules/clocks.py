"""Limits on a clock: when they are over, how much of them is used, what pauses add.

Moments are whole seconds, answers UTC. A limit in minutes or hours is walked through the time that the clock counts;
one in days keeps the wall-clock time on a later local day, and what pauses took is added after it on the same clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from models.base import N_
from models.faults import Fault
from models.milestone import Clock, LimitUnit
from rules import tracing
from rules.durations import later
from rules.timelines import (
    DAY,
    MONDAY_TO_FRIDAY,
    SECOND,
    Calendar,
    Line,
    RoundTheClock,
    local_second,
    moment_of,
    seconds_of,
)
from rules.tracing import Cause, Stretch

__all__ = [
    "MONDAY_TO_FRIDAY",
    "Calendar",
    "Cause",
    "Pause",
    "Reckoned",
    "Stretch",
    "counted",
    "day_end",
    "moved",
    "postponed",
    "reckon",
    "trace",
    "used",
]

_LENGTHS: Mapping[LimitUnit, int] = {LimitUnit.MINUTES: 60, LimitUnit.HOURS: 3600}
_ELAPSED = RoundTheClock()
_ENDLESS = 2**60

Span = tuple[int, int]
Number = int | Decimal  # minutes and hours may have a fraction that makes whole seconds


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that does not count; without an end it goes on."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Reckoned:
    """When a limit is over, UTC; None while a pause that goes on keeps it open.

    `paused_seconds` is what the pauses added, on the clock of the limit. Provisional: days were gone through that the
    calendar does not cover yet.
    """

    due_at: datetime | None
    paused_seconds: int
    is_provisional: bool


def reckon(
    clock: Clock, calendar: Calendar, start: datetime, value: Number, unit: LimitUnit, pauses: Sequence[Pause] = ()
) -> Reckoned:
    """When `value` units from `start` are over. Fault when the clock does not run so long or the year has 5 digits.

    Minutes and hours: a start outside the windows counts from the next opening, and what ends exactly at closing time
    is due then. A pause that begins at or after the due moment changes nothing.
    """
    length = _LENGTHS.get(unit)
    if length is None:
        return postponed(clock, calendar, start, day_end(calendar, start, value, unit), pauses, unit)
    begin = seconds_of(start)
    line = _line(clock, calendar, begin)
    target, added = line.count(begin) + int(value * length), 0
    if not value:
        return _at(clock, calendar, line.opening(begin), 0)
    for first, last in spans(pauses, begin) if pauses else ():
        reached = line.count(first)
        if reached >= target + added:
            break
        if last == _ENDLESS:
            return Reckoned(None, added, is_provisional=False)
        added += line.count(last) - reached
    return _at(clock, calendar, line.reached(target + added), added)


def postponed(
    clock: Clock,
    calendar: Calendar,
    start: datetime,
    end: datetime,
    pauses: Sequence[Pause],
    unit: LimitUnit = LimitUnit.DAYS,
) -> Reckoned:
    """A limit by the calendar that would be over at `end`, and when it is with the pauses.

    The counted time of each pause that begins before the due moment is added after the end, on the same clock. Pauses
    of which no time counts leave the end where it is, in or out of the windows.
    """
    is_by_calendar = unit is LimitUnit.WORKING_DAYS and calendar.is_past_coverage(end)
    begin, base, added = seconds_of(start), seconds_of(end), 0
    if not pauses:
        return Reckoned(moment_of(base), 0, is_by_calendar)
    line = _line(clock, calendar, begin)
    count = line.count(base)
    for first, last in spans(pauses, begin):
        reached = line.count(first)
        if first >= base and reached >= count + added:
            break
        if last == _ENDLESS:
            return Reckoned(None, added, is_by_calendar)
        added += line.count(last) - reached
    if not added:
        return Reckoned(moment_of(base), 0, is_by_calendar)
    found = _at(clock, calendar, line.reached(count + added), added)
    return Reckoned(found.due_at, added, found.is_provisional or is_by_calendar)


def counted(clock: Clock, calendar: Calendar, first: datetime, last: datetime) -> int:
    """The seconds that the clock counts from the first to the last moment; 0 if they are the other way round."""
    begin, end = seconds_of(first), seconds_of(last)
    line = _line(clock, calendar, begin)
    return line.count(end) - line.count(begin) if begin < end else 0


def used(clock: Clock, calendar: Calendar, start: datetime, until: datetime, pauses: Sequence[Pause] = ()) -> int:
    """The seconds that count from start until then, those in pauses left out."""
    begin, end = seconds_of(start), seconds_of(until)
    if begin >= end:
        return 0
    line = _line(clock, calendar, begin)
    inside = [(first, min(last, end)) for first, last in spans(pauses, begin) if first < end]
    return line.count(end) - line.count(begin) - sum(line.count(last) - line.count(first) for first, last in inside)


def moved(clock: Clock, calendar: Calendar, moment: datetime, value: Number, unit: LimitUnit) -> datetime:
    """The moment so many units later, or earlier for a negative value, on the clock; 0 is the moment itself.

    Backwards as forwards the walk stops as soon as the time is used up: five minutes before 09:05 it is 09:00.
    """
    length = _LENGTHS.get(unit)
    if length is None:
        return day_end(calendar, moment, value, unit)
    begin, amount = seconds_of(moment), int(value * length)
    line = _line(clock, calendar, begin)
    if amount > 0:
        return _moment(line.reached(line.count(begin) + amount))
    return _moment(line.left(line.count(begin) + amount) if amount else begin)


def trace(
    clock: Clock, calendar: Calendar, start: datetime, value: Number, unit: LimitUnit, pauses: Sequence[Pause] = ()
) -> list[Stretch]:
    """Every stretch from the start to the due moment, in order and without gaps, with what it counts and why.

    What they count sums to a limit in minutes or hours. Of days, weeks and months there is one stretch each, with what
    the clock counts in it outside the pauses, then those in which the time of the pauses is added. While a pause goes
    on, they end where it begins.
    """
    begin, resting = seconds_of(start), spans(pauses, seconds_of(start))
    due_at = reckon(clock, calendar, start, value, unit, pauses).due_at
    end = next(first for first, last in resting if last == _ENDLESS) if due_at is None else seconds_of(due_at)
    windows = calendar if clock is Clock.SERVICE and calendar.windows is not None else None
    if unit in _LENGTHS:
        return tracing.walked(windows, begin, end, resting)
    steps = tracing.by_days(calendar, start, int(value), unit)
    line = _line(clock, calendar, begin) if windows else _ELAPSED
    return tracing.stepped(windows, line, steps, end, resting)


def day_end(calendar: Calendar, start: datetime, value: Number, unit: LimitUnit) -> datetime:
    """The same wall-clock time so many days, weeks, months or working days later (earlier: negative), UTC.

    Working days start from any day: the n-th later working day has the clock time of the start, also when that was on
    a day off. A month that lacks the day ends on its last.
    """
    try:
        if unit is not LimitUnit.WORKING_DAYS:
            return later(start, int(value), unit, calendar.zone)
        local = (start.astimezone(calendar.zone)).replace(microsecond=0)
        if not value:
            return moment_of(seconds_of(start))
        day = _working_day(calendar, local.date(), int(value))
        since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second) // SECOND
        return moment_of(local_second(day, since_midnight, calendar.zone))
    except (OverflowError, ValueError):
        raise Fault(_TOO_LATE) from None


def _working_day(calendar: Calendar, day: date, value: int) -> date:
    """The n-th later working day (earlier: negative). OverflowError where there are not so many."""
    step, left = (DAY, value) if value > 0 else (-DAY, -value)
    while left:
        day += step
        left -= calendar.is_working(day)
    return day


def spans(pauses: Sequence[Pause], begin: int) -> list[Span]:
    """The pauses from `begin` on, in order and apart from each other, in seconds since 1970."""
    merged: list[Span] = []
    edges = [(seconds_of(each.start), _ENDLESS if each.end is None else seconds_of(each.end)) for each in pauses]
    for edge, last in sorted(edges):
        first = max(edge, begin)
        if last <= first:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _line(clock: Clock, calendar: Calendar, near: int) -> Line:
    return _ELAPSED if clock is Clock.ELAPSED else calendar.line(near)


def _at(clock: Clock, calendar: Calendar, due: int, added: int) -> Reckoned:
    due_at = _moment(due)
    by_calendar = clock is Clock.SERVICE and calendar.windows is not None
    return Reckoned(due_at, added, by_calendar and calendar.is_past_coverage(due_at))


_TOO_LATE = N_("The date would lie past the year 9999: give a smaller limit")


def _moment(seconds: int) -> datetime:
    try:
        return moment_of(seconds)
    except OverflowError:
        raise Fault(_TOO_LATE) from None
