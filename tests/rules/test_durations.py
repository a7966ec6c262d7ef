from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.milestone import LimitUnit
from rules.durations import end_of_day, later, limit_end, limit_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")  # on 2026-03-29 02:00–03:00 is left out, on 2026-10-25 comes twice
START = datetime(2026, 3, 4, 9, 15, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (30, LimitUnit.MINUTES, datetime(2026, 3, 4, 9, 45, 30, tzinfo=SHANGHAI)),
        (12, LimitUnit.HOURS, datetime(2026, 3, 4, 21, 15, 30, tzinfo=SHANGHAI)),
        (2, LimitUnit.DAYS, datetime(2026, 3, 6, 9, 15, 30, tzinfo=SHANGHAI)),
        (1, LimitUnit.WEEKS, datetime(2026, 3, 11, 9, 15, 30, tzinfo=SHANGHAI)),
        (1, LimitUnit.MONTHS, datetime(2026, 4, 4, 9, 15, 30, tzinfo=SHANGHAI)),
        (10, LimitUnit.MONTHS, datetime(2027, 1, 4, 9, 15, 30, tzinfo=SHANGHAI)),
    ],
)
def test_a_limit_ends_so_much_later(value: int, unit: LimitUnit, expected: datetime) -> None:
    assert later(START, value, unit, SHANGHAI) == expected


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 8, 31), 1, (2026, 9, 30)),
        ((2026, 12, 31), 2, (2027, 2, 28)),
        ((2026, 1, 30), 1, (2026, 2, 28)),
        ((2026, 1, 28), 1, (2026, 2, 28)),
    ],
)
def test_a_month_that_lacks_the_day_ends_on_its_last(
    start: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    found = later(datetime(*start, 8, tzinfo=SHANGHAI), months, LimitUnit.MONTHS, SHANGHAI)
    assert found == datetime(*expected, 8, tzinfo=SHANGHAI)


def test_the_local_day_counts_and_not_the_one_in_utc() -> None:
    late_on_the_31st = datetime(2026, 1, 30, 16, 30, tzinfo=UTC)  # 00:30 on the 31st in Shanghai
    assert later(late_on_the_31st, 1, LimitUnit.MONTHS, SHANGHAI) == datetime(2026, 2, 27, 16, 30, tzinfo=UTC)


def test_days_keep_the_wall_clock_across_a_change_of_the_clocks() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert later(start, 1, LimitUnit.DAYS, BERLIN) == datetime(2026, 3, 29, 12, tzinfo=BERLIN)


def test_hours_elapse_across_a_change_of_the_clocks() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert later(start, 24, LimitUnit.HOURS, BERLIN) == datetime(2026, 3, 29, 13, tzinfo=BERLIN)


def test_a_time_left_out_by_summer_time_moves_on_by_the_gap() -> None:
    start = datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN)
    assert later(start, 1, LimitUnit.DAYS, BERLIN) == datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    start = datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN)
    assert later(start, 1, LimitUnit.DAYS, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_start_in_the_second_of_two_equal_hours_lands_on_its_wall_clock() -> None:
    start = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)
    assert later(start, 22, LimitUnit.WEEKS, BERLIN) == datetime(2027, 3, 28, 3, 30, tzinfo=BERLIN)


def test_parts_of_a_second_are_dropped() -> None:
    start = START.replace(microsecond=999_999)
    assert later(start, 1, LimitUnit.MINUTES, SHANGHAI) == START.replace(minute=16)
    assert later(start, 1, LimitUnit.DAYS, SHANGHAI) == START.replace(day=5)


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_a_day_ends_with_its_last_local_second(hour: int) -> None:
    found = end_of_day(START.replace(hour=hour), SHANGHAI)
    assert found == datetime(2026, 3, 4, 23, 59, 59, tzinfo=SHANGHAI)


def test_a_day_that_loses_its_midnight_ends_a_second_before_the_next_begins() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # 2026-03-29 begins at 01:00
    found = end_of_day(datetime(2026, 3, 28, 12, tzinfo=beirut), beirut)
    assert found == datetime(2026, 3, 28, 23, 59, 59, tzinfo=beirut)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, LimitUnit.AT_ONCE, START),
        (None, LimitUnit.END_OF_DAY, START.replace(hour=23, minute=59, second=59)),
        (None, LimitUnit.AGREED, None),
        (2, LimitUnit.DAYS, START.replace(day=6)),
    ],
)
def test_a_limit_without_a_number_ends_as_its_unit_says(
    value: int | None, unit: LimitUnit, expected: datetime | None
) -> None:
    assert limit_end(START, value, unit, SHANGHAI) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (2, LimitUnit.DAYS, "2 days"),
        (1, LimitUnit.WEEKS, "1 week"),
        (30, LimitUnit.MINUTES, "30 minutes"),
        (None, LimitUnit.AT_ONCE, "at once"),
        (None, LimitUnit.AGREED, "as agreed"),
    ],
)
def test_a_limit_reads_as_words(value: int | None, unit: LimitUnit, expected: str) -> None:
    assert limit_text(value, unit) == expected
