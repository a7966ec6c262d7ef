from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.months import Month, month_of, read_month

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC), Month(2026, 10)),
        (datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC), Month(2026, 11)),
    ],
)
def test_a_month_begins_at_local_midnight(moment: datetime, month: Month) -> None:
    assert month_of(moment, SHANGHAI) == month


def test_a_month_lies_between_two_midnights() -> None:
    month = Month(2026, 12)
    assert month.start(SHANGHAI) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert month.end(SHANGHAI) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert (month.first_day, month.last_day) == (date(2026, 12, 1), date(2026, 12, 31))


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert Month(2026, 2).plus(-11) == Month(2025, 3)
    assert [str(month) for month in Month(2025, 11).until(Month(2026, 1))] == ["2025-11", "2025-12", "2026-01"]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "1999-12", "2026-1", "x", "２０２６-10"])
def test_what_is_no_month_is_not_read(text: str) -> None:
    assert read_month(text) is None


def test_a_month_is_read_as_it_is_written() -> None:
    assert read_month(str(Month(2026, 10))) == Month(2026, 10)
