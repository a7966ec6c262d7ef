"""Calendars as the rules see them, and the seconds that a service clock has run in them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import accumulate
from threading import Lock
from typing import Protocol

from models.base import N_
from models.faults import Fault

EPOCH, SECOND, DAY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1), timedelta(days=1)
MONDAY_TO_FRIDAY = frozenset(range(5))
REACH_YEARS = 100  # so far from its start, to either side, a service clock is followed at most

_BLOCK = 64 * 86_400
_CENTURY = 36_525 * 86_400
_FIRST, _LAST = -62_135_000_000, 253_402_000_000  # some days within the years 1 and 9999
_SPILL = 2  # so many days after its own a window may still be open

Windows = tuple[tuple[int, int], ...]  # of a day: opening and closing in seconds after its midnight
Open = tuple[int, int]  # a stretch in which a clock runs, seconds since 1970


def seconds_of(moment: datetime) -> int:
    """The moment in whole seconds since 1970, fractions cut off."""
    return (moment - EPOCH) // SECOND


def moment_of(seconds: int) -> datetime:
    """The moment so many seconds after 1970, UTC; OverflowError past the year 9999."""
    return EPOCH + timedelta(seconds=seconds)


def local_second(day: date, second: int, zone: tzinfo) -> int:
    """The wall-clock time `second` after midnight of the local day, in seconds since 1970.

    A time that the change to summer time leaves out moves on by what was left out; of one that comes twice it is the
    first (ours, as in `rules.durations`).
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=second)  # noqa: DTZ001  # gets its zone below
    return (wall.replace(tzinfo=zone) - EPOCH) // SECOND


class Line(Protocol):
    """A clock: how long it has run by a moment, and when it will have run so long. Seconds since 1970."""

    def count(self, second: int) -> int: ...
    def reached(self, count: int) -> int: ...
    def left(self, count: int) -> int: ...
    def opening(self, second: int) -> int: ...


class RoundTheClock:
    """The clock that never stops."""

    def count(self, second: int) -> int:
        return second

    reached = left = opening = count


@dataclass(frozen=True, slots=True)
class _Known:
    """Open stretches between two moments; `totals` says how long the clock had run before each, and at the end."""

    opens: list[int]
    closes: list[int]
    totals: list[int]
    first: int
    last: int


class Timeline:
    """A service clock around a moment, worked out block by block as far as it is asked for.

    What is known is replaced, never changed, so that threads may read while one adds to it. Counts are relative to
    where the line was begun: only differences say something.
    """

    def __init__(self, stretches: Callable[[int, int], list[Open]], near: int) -> None:
        self._stretches = stretches
        century = near // _CENTURY
        self._floor = max(_FIRST, (century - 1) * _CENTURY)
        self._ceiling = min(_LAST, (century + 2) * _CENTURY)
        start = min(max(near // _BLOCK * _BLOCK, self._floor), self._ceiling)
        self._known = _Known([], [], [0], start, start)
        self._lock = Lock()

    def count(self, second: int) -> int:
        """How long the clock has run by then."""
        known = self._known
        if not known.first <= second <= known.last:
            known = self._covering(second)
        index = bisect_right(known.opens, second) - 1
        if index < 0:
            return known.totals[0]
        return known.totals[index] + min(second, known.closes[index]) - known.opens[index]

    def reached(self, count: int) -> int:
        """The first moment by which the clock has run so long: a budget that ends at closing time is due then."""
        known = self._known
        if known.totals[-1] < count:
            known = self._forward(lambda found: found.totals[-1] >= count)
        index = bisect_left(known.totals, count) - 1
        return known.opens[index] + count - known.totals[index]

    def left(self, count: int) -> int:
        """The last moment at which the clock has run no longer than that."""
        known = self._known
        if known.totals[0] > count:
            known = self._backward(lambda found: found.totals[0] <= count)
        index = bisect_right(known.totals, count) - 1
        return known.opens[index] + count - known.totals[index]

    def opening(self, second: int) -> int:
        """That moment, if the clock runs or just stops then; otherwise the next one at which it starts."""
        self.count(second)
        known = self._known
        index = bisect_right(known.opens, second) - 1
        if index >= 0 and second <= known.closes[index]:
            return second
        if index + 1 == len(known.opens):
            known = self._forward(lambda found: len(found.opens) > index + 1)
        return known.opens[bisect_right(known.opens, second)]

    def _covering(self, second: int) -> _Known:
        if second < self._known.first:
            return self._backward(lambda found: found.first <= second)
        return self._forward(lambda found: found.last >= second)

    def _forward(self, suffices: Callable[[_Known], bool]) -> _Known:
        with self._lock:
            while not suffices(self._known):
                known = self._known
                last = min(known.last + max(_BLOCK, known.last - known.first), self._ceiling)
                if last == known.last:
                    raise Fault(_OUT_OF_REACH, years=REACH_YEARS)
                found = self._stretches(known.last, last)
                totals = list(accumulate((close - start for start, close in found), initial=known.totals[-1]))
                opens, closes = [start for start, _ in found], [close for _, close in found]
                self._known = _Known(
                    known.opens + opens, known.closes + closes, known.totals + totals[1:], known.first, last
                )
            return self._known

    def _backward(self, suffices: Callable[[_Known], bool]) -> _Known:
        with self._lock:
            while not suffices(self._known):
                known = self._known
                first = max(known.first - max(_BLOCK, known.last - known.first), self._floor)
                if first == known.first:
                    raise Fault(_OUT_OF_REACH, years=REACH_YEARS)
                found = self._stretches(first, known.first)
                before = known.totals[0] - sum(close - start for start, close in found)
                totals = list(accumulate((close - start for start, close in found), initial=before))
                opens, closes = [start for start, _ in found], [close for _, close in found]
                self._known = _Known(
                    opens + known.opens, closes + known.closes, totals[:-1] + known.totals, first, known.last
                )
            return self._known


_OUT_OF_REACH = N_(
    "The service clock does not run so long within %(years)s years: look at its windows and at the limit"
)
_ROUND_THE_CLOCK = RoundTheClock()


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """What a service clock and working days go by, in local time of `zone`.

    `windows` by weekday (0 on Monday): opening and closing in seconds after midnight; one past 86400 ends on the next
    day and belongs to the day it opens. None: round the clock. A holiday closes all windows that open on it; an extra
    workday takes those of the weekday it names, holiday or not. Past `covered_until` nothing is known of days off, and
    the plain week counts; None: known without end.
    """

    zone: tzinfo
    windows: Mapping[int, Windows] | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)
    extra_workdays: Mapping[date, int] = field(default_factory=dict)
    workdays: frozenset[int] = MONDAY_TO_FRIDAY
    covered_until: date | None = None
    _lines: dict[int, Timeline] = field(init=False, repr=False, default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Whether it is a working day (工作日)."""
        return day in self.extra_workdays or (day.weekday() in self.workdays and day not in self.holidays)

    def windows_on(self, day: date) -> Windows:
        """The windows that open on that day."""
        if self.windows is None:
            return ((0, 86_400),)
        if day in self.extra_workdays:
            return self.windows.get(self.extra_workdays[day], ())
        return () if day in self.holidays else self.windows.get(day.weekday(), ())

    def line(self, near: int) -> Line:
        """The service clock, for moments near that one."""
        if self.windows is None:
            return _ROUND_THE_CLOCK
        century = near // _CENTURY
        found = self._lines.get(century)
        return found or self._lines.setdefault(century, Timeline(self.stretches, near))

    def is_past_coverage(self, moment: datetime) -> bool:
        """Whether days were gone through, up to that moment, of which nothing is known yet."""
        return self.covered_until is not None and (moment.astimezone(self.zone) - SECOND).date() > self.covered_until

    def stretches(self, first: int, last: int) -> list[Open]:
        """When the service clock runs between two moments, in order, apart from each other."""
        merged: list[Open] = []
        for opens, closes in sorted(self._opened(first, last)):
            start, close = max(opens, first), min(closes, last)
            if start >= close:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], close))
            else:
                merged.append((start, close))
        return merged

    def _opened(self, first: int, last: int) -> Iterator[Open]:
        for day in self.days(first, last):
            for opens, closes in self.windows_on(day):
                yield local_second(day, opens, self.zone), local_second(day, closes, self.zone)

    def days(self, first: int, last: int) -> Iterator[date]:
        """The local days whose windows may be open between two moments."""
        day = moment_of(first).astimezone(self.zone).date() - _SPILL * DAY
        end = moment_of(last).astimezone(self.zone).date()
        while day <= end:
            yield day
            day += DAY
