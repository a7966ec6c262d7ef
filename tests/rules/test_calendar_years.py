"""Until when a calendar is known, and from when on a missing year is missed; the day is always given."""

from collections.abc import Collection
from datetime import date

import pytest

from rules.calendar_years import covered_until, missing_year, next_year


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ({2026}, date(2026, 12, 31)),
        ({2024, 2025, 2026}, date(2026, 12, 31)),
        ({2024, 2026}, date(2024, 12, 31)),
        (set(), date.min),
    ],
)
def test_a_calendar_is_known_until_the_end_of_its_consecutive_years(years: Collection[int], expected: date) -> None:
    assert covered_until(years) == expected


@pytest.mark.parametrize(
    ("years", "today", "expected"),
    [
        ({2025, 2026}, date(2026, 11, 30), None),
        ({2025, 2026}, date(2026, 12, 1), 2027),
        ({2025, 2026}, date(2027, 1, 1), 2027),
        ({2025, 2026, 2027}, date(2026, 12, 31), None),
        ({2025}, date(2026, 1, 1), 2026),
        ({2025, 2027}, date(2026, 12, 1), 2026),
        (set(), date(2026, 1, 1), 2026),
    ],
)
def test_a_year_is_missed_from_the_december_before_it(
    years: Collection[int], today: date, expected: int | None
) -> None:
    assert missing_year(years, today) == expected


@pytest.mark.parametrize(("years", "expected"), [({2026}, 2027), ({2026, 2027}, None)])
def test_the_next_year_may_be_unknown_before_it_is_missed(years: Collection[int], expected: int | None) -> None:
    assert next_year(years, date(2026, 11, 30)) == expected
