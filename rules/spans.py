"""Spans of time into which durations are sorted, so that a median can be told from counts."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta

# Where one span ends and the next begins, in seconds: along the limits of the standards (ours).
BOUNDS = tuple(
    int(timedelta(hours=hours).total_seconds())
    for hours in (0.5, 1, 2, 4, 8, 12, 24, 48, 3 * 24, 5 * 24, 7 * 24, 14 * 24, 30 * 24)
)


def span_of(seconds: int) -> int:
    """The number of the span in which a duration lies, from 0; its lower bound belongs to it."""
    return bisect_right(BOUNDS, seconds)


def span_bounds(number: int) -> tuple[int, int | None]:
    """Lower and upper bound of a span in seconds; None for the last, which has no end."""
    lower = BOUNDS[number - 1] if number else 0
    return lower, BOUNDS[number] if number < len(BOUNDS) else None


def median_span(counts: Mapping[int, int]) -> int | None:
    """The span in which the median lies, of two in the middle the lower one; None when nothing is counted."""
    total, passed = sum(counts.values()), 0
    for number in sorted(counts):
        passed += counts[number]
        if total and passed * 2 >= total:
            return number
    return None
