"""Why a limit is over when it is: the stretches of time between, each with what it counts and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

from models.base import N_, Labelled
from models.milestone import LimitUnit
from rules.durations import later
from rules.timelines import DAY, Calendar, Line, local_second, moment_of, seconds_of


class Cause(Labelled):
    """Why a stretch counts, or does not."""

    COUNTED = "counted", N_("counted")
    EXTRA_WORKDAY = "extra_workday", N_("make-up working day")
    ADDED = "added", N_("added for pauses")
    DAY = "day", N_("day")
    WORKING_DAY = "working_day", N_("working day")
    WEEK = "week", N_("week")
    MONTH = "month", N_("month")
    NIGHT = "night", N_("closed: night")
    BREAK = "break", N_("closed: break")
    DAY_OFF = "day_off", N_("closed: day off")
    HOLIDAY = "holiday", N_("holiday")
    PAUSE = "pause", N_("pause")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a moment to another, what the clock counts in between, and why.

    `name` is that of a holiday, the day of a make-up working day, or which of how many: "2/5".
    """

    start: datetime
    end: datetime
    counted_seconds: int
    cause: Cause
    name: str = ""


class Piece(NamedTuple):
    """A stretch in seconds since 1970."""

    start: int
    end: int
    counts: int
    cause: Cause
    name: str = ""


Span = tuple[int, int]
RUNNING = frozenset({Cause.COUNTED, Cause.EXTRA_WORKDAY})
_CAUSES = {
    LimitUnit.DAYS: Cause.DAY,
    LimitUnit.WEEKS: Cause.WEEK,
    LimitUnit.MONTHS: Cause.MONTH,
    LimitUnit.WORKING_DAYS: Cause.WORKING_DAY,
}


def walked(windows: Calendar | None, begin: int, end: int, pauses: Sequence[Span]) -> list[Stretch]:
    """The stretches of a walk through the time that counts; without `windows` all does."""
    return _told(_merged(_paused(_pieces(windows, begin, end), pauses, end)))


def stepped(
    windows: Calendar | None, line: Line, steps: Sequence[Piece], end: int, pauses: Sequence[Span]
) -> list[Stretch]:
    """The steps of a count of days, up to `end`, and after them the stretches in which pauses are made up for."""
    rows = [step._replace(end=min(step.end, end)) for step in steps if step.start < end]
    rows = [row._replace(counts=_net(line, row.start, row.end, pauses)) for row in rows]
    base = steps[-1].end if steps else end
    after = _paused(_pieces(windows, base, end), pauses, end) if base < end else []
    added = [row._replace(cause=Cause.ADDED, name="") if row.cause in RUNNING else row for row in after]
    return _told(_merged([*rows, *added]))


def by_days(calendar: Calendar, start: datetime, value: int, unit: LimitUnit) -> list[Piece]:
    """The steps of a count of days: one for each that counts, and the days between them that do not."""
    if unit is LimitUnit.WORKING_DAYS:
        return _merged(_working_days(calendar, start, value))
    ends = [seconds_of(later(start, number, unit, calendar.zone)) for number in range(value + 1)]
    cause = _CAUSES[unit]
    return [Piece(first, last, 0, cause, f"{number}/{value}") for number, (first, last) in enumerate(pairwise(ends), 1)]


def _working_days(calendar: Calendar, start: datetime, value: int) -> Iterator[Piece]:
    local = start.astimezone(calendar.zone)
    since_midnight = local.hour * 3600 + local.minute * 60 + local.second
    day, number, first = local.date(), 0, seconds_of(start)
    while number < value:
        day += DAY
        last = local_second(day, since_midnight, calendar.zone)
        if calendar.is_working(day):
            number += 1
            yield Piece(first, last, 0, Cause.WORKING_DAY, f"{number}/{value}")
        elif day in calendar.holidays:
            yield Piece(first, last, 0, Cause.HOLIDAY, calendar.holidays[day])
        else:
            yield Piece(first, last, 0, Cause.DAY_OFF)
        first = last


def _pieces(windows: Calendar | None, begin: int, end: int) -> list[Piece]:
    """Open and closed stretches from `begin` to `end`, each with its cause."""
    if windows is None:
        return [Piece(begin, end, end - begin, Cause.COUNTED)] if begin < end else []
    found: list[Piece] = []
    margin = 3 * 86_400  # so that a night cut off by begin or end is seen as what it is
    last = begin - margin
    for piece in sorted(_opened(windows, begin - margin, end + margin)):
        found += _closed(windows, last, piece.start) if last < piece.start else []
        start = max(last, piece.start)
        found += [piece._replace(start=start)] if start < piece.end else []
        last = max(last, piece.end)
    found += _closed(windows, last, end + margin)
    return [_clipped(piece, begin, end) for piece in found if piece.start < end and begin < piece.end]


def _clipped(piece: Piece, begin: int, end: int) -> Piece:
    start, end = max(piece.start, begin), min(piece.end, end)
    return piece._replace(start=start, end=end, counts=end - start if piece.cause in RUNNING else 0)


def _opened(calendar: Calendar, first: int, last: int) -> Iterator[Piece]:
    for day in calendar.days(first, last):
        is_extra = day in calendar.extra_workdays
        cause, name = (Cause.EXTRA_WORKDAY, day.isoformat()) if is_extra else (Cause.COUNTED, "")
        for opens, closes in calendar.windows_on(day):
            start, end = local_second(day, opens, calendar.zone), local_second(day, closes, calendar.zone)
            yield Piece(start, end, 0, cause, name)


def _closed(calendar: Calendar, first: int, last: int) -> Iterator[Piece]:
    """A time between windows, cut at the local midnights, since each day is closed for a reason of its own."""
    day = moment_of(first).astimezone(calendar.zone).date()
    while first < last:
        midnight, next_midnight = (local_second(each, 0, calendar.zone) for each in (day, day + DAY))
        end = min(last, next_midnight)
        is_at_midnight = first <= midnight or end == next_midnight
        if first < end:
            yield Piece(first, end, 0, *_closing(calendar, day, is_at_midnight))
        first, day = max(first, end), day + DAY


def _closing(calendar: Calendar, day: date, is_at_midnight: bool) -> tuple[Cause, str]:
    if day not in calendar.extra_workdays:
        if day in calendar.holidays:
            return Cause.HOLIDAY, calendar.holidays[day]
        if not calendar.windows_on(day):
            return Cause.DAY_OFF, ""
    return Cause.NIGHT if is_at_midnight else Cause.BREAK, ""


def _paused(pieces: Iterable[Piece], pauses: Sequence[Span], end: int) -> Iterator[Piece]:
    """The pieces with the pauses cut out of them."""
    inside = [(first, min(last, end)) for first, last in pauses if first < end]
    for piece in pieces:
        start = piece.start
        for first, last in inside:
            if last <= start or first >= piece.end:
                continue
            if start < first:
                yield _clipped(piece, start, first)
            start = min(last, piece.end)
            yield Piece(max(first, piece.start), start, 0, Cause.PAUSE)
        if start < piece.end:
            yield _clipped(piece, start, piece.end)


def _net(line: Line, first: int, last: int, pauses: Sequence[Span]) -> int:
    inside = [(max(start, first), min(end, last)) for start, end in pauses if start < last and first < end]
    return line.count(last) - line.count(first) - sum(line.count(end) - line.count(start) for start, end in inside)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of the same cause and name as one."""
    merged: list[Piece] = []
    for piece in pieces:
        previous = merged[-1] if merged else None
        if previous and (previous.cause, previous.name) == (piece.cause, piece.name):
            merged[-1] = previous._replace(end=piece.end, counts=previous.counts + piece.counts)
        else:
            merged.append(piece)
    return merged


def _told(pieces: Iterable[Piece]) -> list[Stretch]:
    return [Stretch(moment_of(each.start), moment_of(each.end), each.counts, each.cause, each.name) for each in pieces]
