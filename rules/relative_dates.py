"""Days said relative to today: "this week", "last 7 days", "older than 30 days", as the days from first to last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both included; None where it is open."""

    first: date | None
    last: date | None


def last_days(number: int, today: date) -> Days:
    """That many days, today the last of them."""
    return Days(today - timedelta(days=number - 1), today)


def next_days(number: int, today: date) -> Days:
    """That many days, today the first of them."""
    return Days(today, today + timedelta(days=number - 1))


def older_than(number: int, today: date) -> Days:
    """Whatever lies more than that many days back: 1 leaves out yesterday."""
    return Days(None, today - timedelta(days=number + 1))


def period(name: str, today: date) -> Days | None:
    """The days of a named period; None for a name that is none. Weeks begin on Monday."""
    return _PERIODS[name](today) if name in _PERIODS else None


def day(name: str, today: date) -> date | None:
    """The day that a word says: yesterday, today or tomorrow; None for any other."""
    return today + timedelta(days=_DAYS[name]) if name in _DAYS else None


def _week(today: date, weeks: int = 0) -> Days:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return Days(monday, monday + timedelta(days=6))


def _month(today: date) -> Days:
    first = today.replace(day=1)
    return Days(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_PERIODS: Mapping[str, Callable[[date], Days]] = {
    "today": lambda today: Days(today, today),
    "yesterday": lambda today: Days(today - timedelta(days=1), today - timedelta(days=1)),
    "tomorrow": lambda today: Days(today + timedelta(days=1), today + timedelta(days=1)),
    "this_week": _week,
    "last_week": lambda today: _week(today, -1),
    "this_month": _month,
    "last_month": lambda today: _month(today.replace(day=1) - timedelta(days=1)),
}
PERIODS = tuple(_PERIODS)
