"""What holds of every deadline, whatever the calendar, the zone, the start, the limit and the pauses.

Where a property cannot hold, its domain is narrower, and these are the reasons:
- Monotone in the start: minutes and hours on both clocks, with any pauses. A count of days keeps the time on the wall,
  so it is not monotone where that runs backwards (the hour that comes twice in autumn), where several starts meet on
  one day with their times kept (working days from a day off, months that lack the day), nor where pauses are made up
  for after an end outside the windows: the one who paused resumes at the next opening, the one who did not is due
  before it. It is stated for days and weeks without pauses in a zone without summer time.
- Step by step as at once: minutes and hours with any pauses; days, weeks and working days without pauses, again
  without summer time. Months are not: 31 January and a month, twice, is 28 March, and two months are 31 March.
- The sum of what a trace counts: a limit in minutes or hours. Days have no length on a service clock; there the trace
  sums to what the clock counts over the days.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar, Pause, counted, day_end, moved, reckon, trace, used
from tests.infrastructure.clocks import ALWAYS_OPEN, CALENDARS, DAY_UNITS, MINUTES, PAUSED_STARTS, SHANGHAI, STARTS


def in_shanghai(calendar: Calendar) -> Calendar:
    """The calendar in a zone whose clocks are never changed."""
    return Calendar(SHANGHAI, calendar.windows, calendar.holidays, calendar.extra_workdays)


COUNTED = (Clock.ELAPSED, Clock.SERVICE)
CLOCKS = st.sampled_from(COUNTED)
COUNTED_DAYS = st.sampled_from([LimitUnit.DAYS, LimitUnit.WEEKS])
UNITS = st.sampled_from(list(LimitUnit)[:6])
VALUES = st.integers(0, 12)
IN_SHANGHAI = CALENDARS.map(in_shanghai)
QUARTER = timedelta(minutes=15)
few = settings(max_examples=60)


def due(clock: Clock, calendar: Calendar, start: datetime, value: int, unit: LimitUnit, *pauses: Pause) -> datetime:
    found = reckon(clock, calendar, start, value, unit, pauses).due_at
    assert found is not None
    return found


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, st.integers(0, 3 * 86_400), MINUTES)
def test_who_starts_later_is_not_due_earlier(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], later: int, minutes: int
) -> None:
    start, pauses = paused
    first = due(clock, calendar, start, minutes, LimitUnit.MINUTES, *pauses)
    assert first <= due(clock, calendar, start + timedelta(seconds=later), minutes, LimitUnit.MINUTES, *pauses)


@few
@given(CLOCKS, IN_SHANGHAI, STARTS, st.integers(0, 3 * 86_400), VALUES, COUNTED_DAYS)
def test_who_starts_later_is_not_due_earlier_by_days(
    clock: Clock, calendar: Calendar, start: datetime, later: int, value: int, unit: LimitUnit
) -> None:
    assert due(clock, calendar, start, value, unit) <= due(
        clock, calendar, start + timedelta(seconds=later), value, unit
    )


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, VALUES, st.integers(0, 5), UNITS)
def test_a_longer_limit_is_not_over_earlier(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, more: int, unit: LimitUnit
) -> None:
    start, pauses = paused
    assert due(clock, calendar, start, value, unit, *pauses) <= due(clock, calendar, start, value + more, unit, *pauses)


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, VALUES, UNITS)
def test_a_pause_more_never_brings_a_date_forward(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, unit: LimitUnit
) -> None:
    start, pauses = paused
    dates = [due(clock, calendar, start, value, unit, *pauses[:number]) for number in range(len(pauses) + 1)]
    assert dates == sorted(dates)


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, MINUTES)
def test_what_a_trace_counts_sums_to_the_limit(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], minutes: int
) -> None:
    start, pauses = paused
    found = trace(clock, calendar, start, minutes, LimitUnit.MINUTES, pauses)
    assert sum(each.counted_seconds for each in found) == minutes * 60


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, VALUES, UNITS)
def test_a_trace_goes_from_the_start_to_the_due_moment_without_gaps(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, unit: LimitUnit
) -> None:
    start, pauses = paused
    found = trace(clock, calendar, start, value, unit, pauses)
    edges = [start, *(each.end for each in found)]
    assert [each.start for each in found] == edges[:-1]
    assert edges[-1] == due(clock, calendar, start, value, unit, *pauses)
    assert all(first < last for first, last in pairwise(edges))
    assert [last for first, last in pairwise(found) if (first.cause, first.name) == (last.cause, last.name)] == []


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, VALUES, st.sampled_from(DAY_UNITS))
def test_a_trace_of_days_counts_what_the_clock_counts_over_the_days(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, unit: LimitUnit
) -> None:
    start, pauses = paused
    found = trace(clock, calendar, start, value, unit, pauses)
    end = day_end(calendar, start, value, unit)
    assert sum(each.counted_seconds for each in found) == counted(clock, calendar, start, end)


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, VALUES, UNITS, st.floats(0, 1))
def test_splitting_a_pause_changes_nothing(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, unit: LimitUnit, at: float
) -> None:
    start, pauses = paused
    halves = [half for each in pauses for half in split(each, at)]
    assert reckon(clock, calendar, start, value, unit, halves) == reckon(clock, calendar, start, value, unit, pauses)


def split(pause: Pause, at: float) -> tuple[Pause, Pause]:
    assert pause.end is not None
    middle = pause.start + timedelta(seconds=int((pause.end - pause.start).total_seconds() * at))
    return Pause(middle, pause.end), Pause(pause.start, middle)


@few
@given(ALWAYS_OPEN, PAUSED_STARTS, VALUES, UNITS)
def test_both_clocks_agree_where_it_is_always_open(
    calendar: Calendar, paused: tuple[datetime, list[Pause]], value: int, unit: LimitUnit
) -> None:
    start, pauses = paused
    elapsed, service = (reckon(clock, calendar, start, value, unit, pauses) for clock in COUNTED)
    assert elapsed == service


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, st.lists(st.integers(0, 2000), max_size=6))
def test_a_date_step_by_step_is_that_at_once(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], steps: list[int]
) -> None:
    start, pauses = paused
    moment = start
    for step in steps:
        moment = due(clock, calendar, moment, step, LimitUnit.MINUTES, *pauses)
    assert moment == (due(clock, calendar, start, sum(steps), LimitUnit.MINUTES, *pauses) if steps else start)


@few
@given(
    CLOCKS,
    IN_SHANGHAI,
    STARTS,
    st.lists(VALUES, max_size=4),
    st.sampled_from([LimitUnit.DAYS, LimitUnit.WEEKS, LimitUnit.WORKING_DAYS]),
)
def test_days_step_by_step_are_days_at_once(
    clock: Clock, calendar: Calendar, start: datetime, steps: list[int], unit: LimitUnit
) -> None:
    moment = start
    for step in steps:
        moment = due(clock, calendar, moment, step, unit)
    assert moment == due(clock, calendar, start, sum(steps), unit)


@few
@given(CLOCKS, CALENDARS, STARTS, st.integers(0, 6000))
def test_the_clock_counts_as_much_as_it_was_moved(
    clock: Clock, calendar: Calendar, start: datetime, minutes: int
) -> None:
    after = moved(clock, calendar, start, minutes, LimitUnit.MINUTES)
    before = moved(clock, calendar, start, -minutes, LimitUnit.MINUTES)
    assert before <= start <= after
    assert counted(clock, calendar, start, after) == counted(clock, calendar, before, start) == minutes * 60


@few
@given(CLOCKS, CALENDARS, PAUSED_STARTS, MINUTES)
def test_the_limit_is_used_up_when_it_is_due(
    clock: Clock, calendar: Calendar, paused: tuple[datetime, list[Pause]], minutes: int
) -> None:
    start, pauses = paused
    found = reckon(clock, calendar, start, minutes, LimitUnit.MINUTES, pauses)
    assert found.due_at is not None
    assert used(clock, calendar, start, found.due_at, pauses) == minutes * 60
    assert counted(clock, calendar, start, found.due_at) == minutes * 60 + found.paused_seconds


QUARTERS = st.tuples(st.integers(-20, 300), st.integers(0, 90))


@settings(max_examples=40)
@given(IN_SHANGHAI, st.integers(0, 280 * 96), st.integers(1, 60), st.lists(QUARTERS, max_size=5))
def test_a_walk_by_quarter_hours_comes_to_the_same(
    calendar: Calendar, after: int, quarters: int, drawn: list[tuple[int, int]]
) -> None:
    start = datetime(2026, 2, 25, tzinfo=SHANGHAI) + after * QUARTER
    pauses = [Pause(start + first * QUARTER, start + (first + length) * QUARTER) for first, length in drawn]
    expected = slow_walk(calendar, start, quarters, pauses)
    assert due(Clock.SERVICE, calendar, start, quarters * 15, LimitUnit.MINUTES, *pauses) == expected


def slow_walk(calendar: Calendar, moment: datetime, quarters: int, pauses: list[Pause]) -> datetime:
    while quarters:
        is_paused = any(each.start <= moment and each.end is not None and moment < each.end for each in pauses)
        quarters -= is_open(calendar, moment) and not is_paused
        moment += QUARTER
    return moment


def is_open(calendar: Calendar, wall: datetime) -> bool:
    """Whether the wall clock stands in a window of its day or in one that runs on from the two days before."""
    assert calendar.windows is not None
    for days in range(3):
        day = wall.date() - timedelta(days=days)
        second = (wall.hour * 60 + wall.minute) * 60 + days * 86_400
        weekday = calendar.extra_workdays.get(day, -1 if day in calendar.holidays else day.weekday())
        if any(opens <= second < closes for opens, closes in calendar.windows.get(weekday, ())):
            return True
    return False
