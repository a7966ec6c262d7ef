"""When limits are over: the boundaries of both clocks, each on its own second."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.faults import Fault
from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar, Pause, Reckoned, counted, day_end, moved, postponed, reckon, used
from tests.infrastructure.clocks import BERLIN, SHANGHAI, hours, local, pause, told

ROUND = Calendar(SHANGHAI)
OFFICE = hours("09:00-12:00", "14:30-17:30")
LATE = hours("20:00-04:00", days=(0, 1, 2, 3, 4))
HOLIDAYS = replace(OFFICE, holidays={date(2026, 3, 4): "Holiday"}, extra_workdays={date(2026, 3, 7): 0})
M, H, D, W, MONTH, WORK = list(LimitUnit)[:6]
ELAPSED, SERVICE = Clock.ELAPSED, Clock.SERVICE
# 2 March 2026 is a Monday.


def due(clock: Clock, calendar: Calendar, start: str, value: int, unit: LimitUnit, *pauses: Pause) -> str | None:
    return told(reckon(clock, calendar, local(start), value, unit, pauses).due_at)


@pytest.mark.parametrize(
    ("calendar", "start", "value", "unit", "expected"),
    [
        pytest.param(OFFICE, "2026-03-02 09:00", 3, H, "2026-03-02 12:00", id="ends at closing"),
        pytest.param(OFFICE, "2026-03-02 09:00:01", 3, H, "2026-03-02 14:30:01", id="a second over closing"),
        pytest.param(OFFICE, "2026-03-02 08:59:59", 3, H, "2026-03-02 12:00", id="before opening"),
        pytest.param(OFFICE, "2026-03-02 12:00", 1, M, "2026-03-02 14:31", id="starts at closing"),
        pytest.param(OFFICE, "2026-03-02 17:30", 1, M, "2026-03-03 09:01", id="starts in the evening"),
        pytest.param(OFFICE, "2026-03-06 17:00", 1, H, "2026-03-09 09:30", id="over the weekend"),
        pytest.param(OFFICE, "2026-03-07 10:00", 1, H, "2026-03-09 10:00", id="starts on a day off"),
        pytest.param(OFFICE, "2026-03-02 10:00", 0, M, "2026-03-02 10:00", id="nothing, within"),
        pytest.param(OFFICE, "2026-03-02 12:00", 0, M, "2026-03-02 12:00", id="nothing, at closing"),
        pytest.param(OFFICE, "2026-03-02 13:00", 0, M, "2026-03-02 14:30", id="nothing, outside"),
        pytest.param(HOLIDAYS, "2026-03-03 17:00", 1, H, "2026-03-05 09:30", id="over a holiday"),
        pytest.param(HOLIDAYS, "2026-03-06 17:00", 1, H, "2026-03-07 09:30", id="into a make-up day"),
        pytest.param(
            replace(HOLIDAYS, holidays={date(2026, 3, 7): "Holiday"}),
            *("2026-03-06 17:00", 1, H, "2026-03-07 09:30"),
            id="a make-up day beats a holiday",
        ),
        pytest.param(LATE, "2026-03-06 23:00", 5, H, "2026-03-07 04:00", id="past midnight"),
        pytest.param(LATE, "2026-03-06 23:00", 301, M, "2026-03-09 20:01", id="past midnight, over closing"),
        pytest.param(
            replace(LATE, holidays={date(2026, 3, 4): "Holiday"}),
            *("2026-03-03 23:00", 5, H, "2026-03-04 04:00"),
            id="runs on into a holiday",
        ),
        pytest.param(
            replace(LATE, holidays={date(2026, 3, 3): "Holiday"}),
            *("2026-03-03 23:00", 1, H, "2026-03-04 21:00"),
            id="does not open on a holiday",
        ),
        pytest.param(hours("22:00-24:00"), "2026-03-02 23:00", 61, M, "2026-03-03 22:01", id="until 24:00"),
        pytest.param(hours("22:00-24:00"), "2026-03-02 23:00", 60, M, "2026-03-03 00:00", id="at 24:00"),
        pytest.param(
            hours("00:00-24:00", days=tuple(range(7))), "2026-03-02 23:00", 48, H, "2026-03-04 23:00", id="all day"
        ),
        pytest.param(hours("09:00-12:00", "10:00-13:00"), "2026-03-02 09:00", 4, H, "2026-03-02 13:00", id="overlap"),
    ],
)
def test_minutes_and_hours_walk_through_the_windows(
    calendar: Calendar, start: str, value: int, unit: LimitUnit, expected: str
) -> None:
    assert due(SERVICE, calendar, start, value, unit) == expected


@pytest.mark.parametrize(
    ("clock", "calendar", "start", "value", "unit", "expected"),
    [
        (SERVICE, OFFICE, "2026-03-06 20:00", 1, D, "2026-03-07 20:00"),
        (SERVICE, OFFICE, "2026-03-06 20:00", 1, W, "2026-03-13 20:00"),
        (ELAPSED, ROUND, "2026-01-31 10:00", 1, MONTH, "2026-02-28 10:00"),
        (SERVICE, OFFICE, "2026-03-06 20:00", 1, WORK, "2026-03-09 20:00"),
        (SERVICE, OFFICE, "2026-03-07 20:00", 1, WORK, "2026-03-09 20:00"),
        (ELAPSED, HOLIDAYS, "2026-03-03 10:00", 1, WORK, "2026-03-05 10:00"),
        (ELAPSED, HOLIDAYS, "2026-03-03 10:00", 3, WORK, "2026-03-07 10:00"),
        (ELAPSED, HOLIDAYS, "2026-03-07 10:00", 0, WORK, "2026-03-07 10:00"),
        (ELAPSED, HOLIDAYS, "2026-03-08 10:00", 0, WORK, "2026-03-08 10:00"),
        (ELAPSED, ROUND, "2026-03-07 10:00", 5, WORK, "2026-03-13 10:00"),
    ],
)
def test_days_keep_the_clock_time_in_or_out_of_the_windows(
    clock: Clock, calendar: Calendar, start: str, value: int, unit: LimitUnit, expected: str
) -> None:
    assert due(clock, calendar, start, value, unit) == expected


@pytest.mark.parametrize(
    ("start", "value", "unit", "pauses", "expected", "paused"),
    [
        pytest.param("2026-03-02 09:00", 2, H, [("10:00", "10:30")], "2026-03-02 11:30", 1800, id="inside"),
        pytest.param("2026-03-02 09:00", 2, H, [("11:30", "15:00")], "2026-03-02 11:00", 0, id="after the due moment"),
        pytest.param("2026-03-02 09:00", 2, H, [("11:00", "15:00")], "2026-03-02 11:00", 0, id="at the due moment"),
        pytest.param(
            "2026-03-02 09:00", 2, H, [("10:59", "15:00")], "2026-03-02 15:01", 5460, id="over the due moment"
        ),
        pytest.param("2026-03-02 09:00", 3, H, [("13:00", "15:00")], "2026-03-02 12:00", 0, id="after closing"),
        pytest.param("2026-03-02 09:00", 4, H, [("12:00", "14:30")], "2026-03-02 15:30", 0, id="while closed"),
        pytest.param("2026-03-02 10:00", 1, H, [("08:00", "09:30")], "2026-03-02 11:00", 0, id="before the start"),
        pytest.param("2026-03-02 10:00", 1, H, [("08:00", "10:30")], "2026-03-02 11:30", 1800, id="over the start"),
        pytest.param("2026-03-02 10:00", 1, H, [("10:30", "10:30")], "2026-03-02 11:00", 0, id="without length"),
        pytest.param(
            *("2026-03-02 09:00", 1, H, [("09:30", "10:30"), ("10:00", "11:00")], "2026-03-02 11:30", 5400),
            id="overlapping",
        ),
        pytest.param("2026-03-02 10:00", 1, D, [("11:00", "11:30")], "2026-03-03 10:30", 1800, id="days, inside"),
        pytest.param(
            "2026-03-05 13:00", 1, D, [("09:00", "15:00")], "2026-03-06 13:00", 0, id="before the start of days"
        ),
        pytest.param(
            "2026-03-02 13:00", 1, D, [("15:00", "15:30")], "2026-03-03 15:00", 1800, id="days, ends while closed"
        ),
        pytest.param("2026-03-02 13:00", 1, D, [("18:00", "19:00")], "2026-03-03 13:00", 0, id="days, no counted time"),
    ],
)
def test_pauses_add_what_the_clock_counts_in_them(
    start: str, value: int, unit: LimitUnit, pauses: list[tuple[str, str]], expected: str, paused: int
) -> None:
    found = [pause(f"2026-03-02 {first}", f"2026-03-02 {last}") for first, last in pauses]
    reckoned = reckon(SERVICE, OFFICE, local(start), value, unit, found)
    assert (told(reckoned.due_at), reckoned.paused_seconds) == (expected, paused)


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        pytest.param(
            [pause("2026-03-05 10:00", "2026-03-06 15:00")], "2026-03-07 15:00", id="over the end of the days"
        ),
        pytest.param(
            [pause("2026-03-05 10:00", "2026-03-05 12:00"), pause("2026-03-06 11:00", "2026-03-06 20:00")],
            "2026-03-06 21:00",
            id="again while being made up for",
        ),
        pytest.param([pause("2026-03-06 10:00", "2026-03-06 20:00")], "2026-03-06 10:00", id="at the end of the days"),
    ],
)
def test_a_pause_that_goes_past_the_end_of_the_days_adds_all_of_its_time(pauses: list[Pause], expected: str) -> None:
    assert due(ELAPSED, ROUND, "2026-03-05 10:00", 1, D, *pauses) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("2026-03-03 19:00", "2026-03-03 20:00"),
        ("2026-03-04 08:59", "2026-03-03 20:00"),
        ("2026-03-04 10:00", "2026-03-04 10:00"),
    ],
)
def test_a_pause_over_days_that_end_outside_the_windows_adds_what_counts_in_it(last: str, expected: str) -> None:
    assert due(SERVICE, OFFICE, "2026-03-02 20:00", 1, D, pause("2026-03-03 18:00", last)) == expected


@pytest.mark.parametrize(("unit", "value"), [(H, 4), (D, 1), (WORK, 1)])
def test_a_pause_that_goes_on_leaves_the_date_open_if_it_begins_before_it(unit: LimitUnit, value: int) -> None:
    start, calendar = "2026-03-02 09:00", OFFICE
    end = due(SERVICE, calendar, start, value, unit)
    assert end is not None
    assert due(SERVICE, calendar, start, value, unit, pause("2026-03-02 10:00")) is None
    assert due(SERVICE, calendar, start, value, unit, pause(end)) == end


def test_pauses_before_one_that_goes_on_are_still_told() -> None:
    pauses = [pause("2026-03-02 10:00"), pause("2026-03-02 09:00", "2026-03-02 09:10")]
    assert reckon(SERVICE, OFFICE, local("2026-03-02 09:00"), 2, H, pauses) == Reckoned(None, 600, False)


@pytest.mark.parametrize(
    ("start", "value", "unit", "expected"),
    [
        # Summer time begins on 29 March 2026 at 02:00 and ends on 25 October at 03:00.
        ("2026-03-29 00:30", 3, H, "2026-03-29 04:30"),
        ("2026-03-28 02:30", 1, D, "2026-03-29 03:30"),
        ("2026-10-25 01:30", 2, H, "2026-10-25 02:30"),
        ("2026-10-24 02:30", 1, D, "2026-10-25 02:30"),
    ],
)
def test_a_change_of_summer_time_is_counted_as_it_passes(
    start: str, value: int, unit: LimitUnit, expected: str
) -> None:
    calendar = hours("00:00-24:00", days=tuple(range(7)), zone=BERLIN)
    found = [reckon(clock, calendar, local(start, BERLIN), value, unit).due_at for clock in Clock]
    assert [told(moment, BERLIN) for moment in found] == [expected, expected]


def test_a_window_over_the_hour_that_comes_twice_is_an_hour_longer() -> None:
    calendar = hours("00:00-06:00", days=(6,), zone=BERLIN)
    first, last = local("2026-10-25 00:00", BERLIN), local("2026-10-25 12:00", BERLIN)
    assert counted(SERVICE, calendar, first, last) == 7 * 3600


def test_fractions_of_a_second_are_cut_off() -> None:
    start = datetime(2026, 3, 2, 1, 0, 0, 999_999, tzinfo=UTC)
    assert reckon(ELAPSED, ROUND, start, 1, M).due_at == datetime(2026, 3, 2, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "value", "unit", "expected"),
    [
        ("2026-03-02 12:00", 0, M, "2026-03-02 12:00"),
        ("2026-03-02 13:00", 0, M, "2026-03-02 13:00"),
        ("2026-03-02 12:00", 30, M, "2026-03-02 15:00"),
        ("2026-03-02 15:00", -30, M, "2026-03-02 14:30"),
        ("2026-03-02 15:00", -31, M, "2026-03-02 11:59"),
        ("2026-03-02 09:10", -10, M, "2026-03-02 09:00"),
        ("2026-03-02 09:10", -1, H, "2026-02-27 16:40"),
        ("2026-03-02 10:00", -1, D, "2026-03-01 10:00"),
        ("2026-03-02 10:00", -1, WORK, "2026-02-27 10:00"),
        ("2026-03-31 10:00", -1, MONTH, "2026-02-28 10:00"),
        ("2026-03-06 10:00", 1, WORK, "2026-03-09 10:00"),
    ],
)
def test_an_offset_goes_either_way_on_the_clock(moment: str, value: int, unit: LimitUnit, expected: str) -> None:
    assert told(moved(SERVICE, OFFICE, local(moment), value, unit)) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-02 09:00", "2026-03-02 17:30", 6 * 3600),
        ("2026-03-02 12:00", "2026-03-02 14:30", 0),
        ("2026-03-02 17:30", "2026-03-02 09:00", 0),
        ("2026-03-02 00:00", "2026-03-09 00:00", 30 * 3600),
    ],
)
def test_counted_is_what_the_windows_hold(first: str, last: str, expected: int) -> None:
    assert counted(SERVICE, OFFICE, local(first), local(last)) == expected


def test_used_leaves_the_pauses_out_also_one_that_goes_on() -> None:
    pauses = [pause("2026-03-02 09:30", "2026-03-02 10:00"), pause("2026-03-02 11:00")]
    start = local("2026-03-02 09:00")
    assert used(SERVICE, OFFICE, start, local("2026-03-02 16:00"), pauses) == 90 * 60
    assert used(SERVICE, OFFICE, start, local("2026-03-02 08:00"), pauses) == 0


@pytest.mark.parametrize(
    ("clock", "start", "value", "unit", "pauses", "is_provisional"),
    [
        (SERVICE, "2026-12-31 09:00", 6, H, [], False),
        (SERVICE, "2026-12-31 09:00", 7, H, [], True),
        (ELAPSED, "2026-12-31 09:00", 48, H, [], False),
        (ELAPSED, "2026-12-31 09:00", 1, D, [], False),
        (SERVICE, "2026-12-30 09:00", 1, WORK, [], False),
        (ELAPSED, "2026-12-31 09:00", 1, WORK, [], True),
        (SERVICE, "2026-12-31 09:00", 1, D, [], False),
        (SERVICE, "2026-12-31 09:00", 1, D, [pause("2026-12-31 10:00", "2026-12-31 11:00")], True),
    ],
)
def test_a_date_is_provisional_once_days_past_the_coverage_are_gone_through(
    clock: Clock, start: str, value: int, unit: LimitUnit, pauses: list[Pause], is_provisional: bool
) -> None:
    calendar = replace(OFFICE, covered_until=date(2026, 12, 31))
    assert reckon(clock, calendar, local(start), value, unit, pauses).is_provisional is is_provisional


def test_an_end_of_another_making_is_postponed_like_days() -> None:
    start, end = local("2026-03-02 10:00"), local("2026-03-02 23:59:59")
    paused = [pause("2026-03-02 11:00", "2026-03-02 11:30")]
    assert told(postponed(SERVICE, OFFICE, start, end, paused).due_at) == "2026-03-03 09:30"
    assert told(postponed(SERVICE, OFFICE, start, end, []).due_at) == "2026-03-02 23:59:59"


NEVER_OPEN: dict[str, Any] = {
    "no windows": Calendar(SHANGHAI, {}),
    "all days off": replace(OFFICE, holidays={date.fromordinal(n): "" for n in range(739_000, 739_000 + 80_000)}),
}


@pytest.mark.parametrize("calendar", NEVER_OPEN.values(), ids=NEVER_OPEN)
def test_a_clock_that_never_runs_is_told_and_not_waited_for(calendar: Calendar) -> None:
    with pytest.raises(Fault, match="does not run so long within 100 years"):
        reckon(SERVICE, calendar, local("2026-03-02 10:00"), 1, H)


@pytest.mark.parametrize(
    ("clock", "calendar", "value", "unit"),
    [
        (ELAPSED, ROUND, 10**10, H),
        (ELAPSED, ROUND, 10**10, D),
        (ELAPSED, ROUND, 100_000, MONTH),
        (SERVICE, OFFICE, 10**10, M),
        (ELAPSED, replace(ROUND, workdays=frozenset()), 1, WORK),
    ],
)
def test_a_limit_without_end_is_told(clock: Clock, calendar: Calendar, value: int, unit: LimitUnit) -> None:
    with pytest.raises(Fault):
        reckon(clock, calendar, local("2026-03-02 10:00"), value, unit)


@pytest.mark.parametrize("year", [1, 1950, 2026, 2199, 9990])
def test_starts_of_any_century_are_reckoned(year: int) -> None:
    start = datetime(year, 3, 4, 10, tzinfo=UTC)
    found = reckon(SERVICE, hours("00:00-24:00", days=tuple(range(7))), start, 90, M).due_at
    assert found == datetime(year, 3, 4, 11, 30, tzinfo=UTC)


def test_what_was_worked_out_for_one_start_holds_for_earlier_and_later_ones() -> None:
    calendar = hours("09:00-12:00")
    starts = ["2026-03-02 10:00", "2019-03-04 10:00", "2031-03-03 10:00", "2026-03-02 10:00"]
    assert [due(SERVICE, calendar, start, 3, H) for start in starts] == [
        "2026-03-03 10:00",
        "2019-03-05 10:00",
        "2031-03-04 10:00",
        "2026-03-03 10:00",
    ]


def test_the_walk_goes_back_past_what_was_worked_out() -> None:
    calendar, moment = hours("09:00-10:00", days=(0,)), local("2026-03-02 10:00")
    assert told(moved(SERVICE, calendar, moment, -53, H)) == "2025-03-03 09:00"


def test_the_next_opening_may_be_half_a_year_away() -> None:
    sundays = [date(2026, 3, 1) + timedelta(weeks=number) for number in range(26)]
    calendar = replace(hours("09:00-10:00", days=(6,)), holidays=dict.fromkeys(sundays, "Holiday"))
    assert due(SERVICE, calendar, "2026-03-02 10:00", 0, M) == "2026-08-30 09:00"


def test_the_end_of_days_alone_can_be_asked_for() -> None:
    assert told(day_end(HOLIDAYS, local("2026-03-03 10:00:30"), 1, WORK)) == "2026-03-05 10:00:30"
