from datetime import date

import pytest

from rules.relative_dates import PERIODS, Days, day, last_days, next_days, older_than, period

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 3, 4), date(2026, 3, 4)),
        ("yesterday", date(2026, 3, 3), date(2026, 3, 3)),
        ("tomorrow", date(2026, 3, 5), date(2026, 3, 5)),
        ("this_week", date(2026, 3, 2), date(2026, 3, 8)),
        ("last_week", date(2026, 2, 23), date(2026, 3, 1)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 31)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_a_period_is_its_days(name: str, first: date, last: date) -> None:
    assert period(name, WEDNESDAY) == Days(first, last)


def test_every_period_is_known() -> None:
    assert [name for name in PERIODS if period(name, WEDNESDAY) is None] == []
    assert period("whenever", WEDNESDAY) is None


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 8)),
        (date(2026, 3, 8), date(2026, 3, 2), date(2026, 3, 8)),
        (date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 4)),
    ],
)
def test_a_week_begins_on_monday(today: date, first: date, last: date) -> None:
    assert period("this_week", today) == Days(first, last)


@pytest.mark.parametrize(
    ("today", "last"), [(date(2026, 12, 31), date(2026, 12, 31)), (date(2028, 2, 10), date(2028, 2, 29))]
)
def test_a_month_ends_on_its_last_day(today: date, last: date) -> None:
    assert period("this_month", today) == Days(today.replace(day=1), last)


def test_last_month_of_january_is_december() -> None:
    assert period("last_month", date(2026, 1, 31)) == Days(date(2025, 12, 1), date(2025, 12, 31))


def test_a_span_counts_today() -> None:
    assert last_days(1, WEDNESDAY) == next_days(1, WEDNESDAY) == Days(WEDNESDAY, WEDNESDAY)
    assert last_days(7, WEDNESDAY) == Days(date(2026, 2, 26), WEDNESDAY)
    assert next_days(7, WEDNESDAY) == Days(WEDNESDAY, date(2026, 3, 10))


def test_older_than_a_day_leaves_out_yesterday() -> None:
    assert older_than(1, WEDNESDAY) == Days(None, date(2026, 3, 2))


def test_a_day_may_be_said() -> None:
    assert (day("today", WEDNESDAY), day("tomorrow", WEDNESDAY)) == (WEDNESDAY, date(2026, 3, 5))
    assert day("2026-03-04", WEDNESDAY) is None
