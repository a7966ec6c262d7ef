"""Durations and limits in words."""

import pytest
from flask import Flask

from models.milestone import LimitUnit
from views.wording import duration_text, limit_text

HEADERS = {"Accept-Language": "en"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 min"),
        (59, "1 min"),
        (120, "2 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d 0 h"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(app: Flask, seconds: int, words: str) -> None:
    with app.test_request_context(headers=HEADERS):
        assert duration_text(seconds) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (30, LimitUnit.MINUTES, "30 minutes"),
        (1, LimitUnit.HOURS, "1 hour"),
        (2, LimitUnit.DAYS, "2 days"),
        (1, LimitUnit.WEEKS, "1 week"),
        (1, LimitUnit.MONTHS, "1 month"),
        (None, LimitUnit.AT_ONCE, "at once"),
        (None, LimitUnit.AGREED, "as agreed"),
    ],
)
def test_a_limit_is_said_as_the_standards_have_it(app: Flask, value: int | None, unit: LimitUnit, words: str) -> None:
    with app.test_request_context(headers=HEADERS):
        assert limit_text(value, unit) == words
