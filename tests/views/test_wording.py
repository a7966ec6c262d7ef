"""Durations and limits in words."""

import pytest
from flask import Flask

from models.milestone import Clock, LimitUnit
from views.wording import duration_text, exact_text, late_text, limit_text, offset_text

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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (600, "10 min"),
        (3 * 3600 + 1200, "3 h 20 min"),
        (40 * 3600, "40 h"),
        (3661, "1 h 1 min 1 s"),
    ],
)
def test_a_counted_time_is_said_to_the_second(app: Flask, seconds: int, words: str) -> None:
    with app.test_request_context(headers=HEADERS):
        assert exact_text(seconds) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (-4, LimitUnit.HOURS, "4 hours before the due time"),
        (1, LimitUnit.DAYS, "1 day after the due time"),
        (0, LimitUnit.DAYS, "At the due time"),
        (-1, LimitUnit.WORKING_DAYS, "1 working day before the due time"),
    ],
)
def test_an_offset_is_before_or_after_the_due_time(app: Flask, value: int, unit: LimitUnit, words: str) -> None:
    with app.test_request_context(headers=HEADERS):
        assert offset_text(value, unit) == words


@pytest.mark.parametrize(
    ("seconds", "clock", "words"),
    [
        (90_000, Clock.ELAPSED, "1 d 1 h"),
        (90_000, Clock.SERVICE, "25 h of service time"),
        (0, Clock.SERVICE, "late, outside the service hours"),
    ],
)
def test_lateness_names_the_clock_of_the_service_hours(app: Flask, seconds: int, clock: Clock, words: str) -> None:
    with app.test_request_context(headers=HEADERS):
        assert late_text(seconds, clock) == words
