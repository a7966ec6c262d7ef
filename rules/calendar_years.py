"""Until when a calendar is known, and which year is to be added to it."""

from collections.abc import Collection
from datetime import date

NOTICE_MONTH = 12  # from here on the next year is missed too: it is published by then (ours)


def covered_until(years: Collection[int]) -> date:
    """The last day of the last of the consecutive years, from the first on; `date.min` without any."""
    if not years:
        return date.min
    last = min(years)
    while last + 1 in years:
        last += 1
    return date(last, 12, 31)


def missing_year(years: Collection[int], today: date) -> int | None:
    """The first year to be added by now: up to this one, from December on up to the next; None if none is missing."""
    needed = today.year + (1 if today.month >= NOTICE_MONTH else 0)
    if not years:
        return today.year
    last = covered_until(years).year
    return last + 1 if last < needed else None


def next_year(years: Collection[int], today: date) -> int | None:
    """The year after this one, if it is not known yet."""
    return None if covered_until(years).year > today.year else today.year + 1
