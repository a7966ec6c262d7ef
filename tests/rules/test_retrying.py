from datetime import UTC, datetime, timedelta

import pytest

from rules.retrying import next_attempt

SINCE = datetime(2026, 3, 4, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 5), (6, 40), (7, 60), (8, 60), (99, 60)])
def test_the_gaps_between_attempts_grow_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert next_attempt(attempts, SINCE, SINCE) == SINCE + timedelta(minutes=minutes)


@pytest.mark.parametrize(("gone", "again"), [(timedelta(hours=23), True), (timedelta(hours=23) + SECOND, False)])
def test_a_day_after_it_was_first_due_nothing_is_tried_any_more(gone: timedelta, again: bool) -> None:
    found = next_attempt(50, SINCE + gone, SINCE)
    assert (found is not None) is again
