from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.clocks import Pause
from rules.pausing import Bounds, Proof, Wait, clipped, heals, needs_approval, proof_fault

AT = datetime(2026, 3, 4, 1, 0, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BOUNDS = Bounds(cap=100 * HOUR, unapproved=24 * HOUR)


def wait(first: int | None, last: int | None, **others: bool) -> Wait:
    """A pause from and to so many hours after AT."""
    return Wait(after(first), after(last), **others)


def after(hours: int | None) -> datetime | None:
    return None if hours is None else AT + hours * HOUR


def hours(pauses: list[Pause]) -> list[tuple[float, float | None]]:
    return [((each.start - AT) / HOUR, None if each.end is None else (each.end - AT) / HOUR) for each in pauses]


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ([], []),
        ([wait(None, 5)], []),
        ([wait(None, None)], []),
        ([wait(1, 5)], [(1, 5)]),
        ([wait(1, None)], [(1, 25)]),
        ([wait(1, 24)], [(1, 24)]),
        ([wait(1, 26)], [(1, 25)]),
        ([wait(1, 26, is_allowed=True)], [(1, 26)]),
        ([wait(1, None, is_allowed=True)], [(1, 101)]),
        ([wait(1, 200, is_allowed=True)], [(1, 101)]),
        ([wait(1, 50, needs_approval=True)], []),
        ([wait(1, 50, needs_approval=True, is_allowed=True)], [(1, 50)]),
        ([wait(1, 5, is_refused=True)], []),
        ([wait(1, 50, needs_approval=True, is_refused=True)], []),
        ([wait(30, 40), wait(1, 21)], [(1, 21), (30, 34)]),
        ([wait(1, 25), wait(30, 40)], [(1, 25)]),
        ([wait(1, 25), wait(30, 40, is_allowed=True)], [(1, 25), (30, 40)]),
        ([wait(1, 91, is_allowed=True), wait(95, None)], [(1, 91), (95, 105)]),
        ([wait(1, 101, is_allowed=True), wait(105, 106)], [(1, 101)]),
    ],
)
def test_a_pause_counts_with_proof_as_long_as_allowed_and_never_beyond_the_cap(
    waits: list[Wait], expected: list[tuple[float, float | None]]
) -> None:
    assert hours(clipped(waits, BOUNDS)) == expected


@pytest.mark.parametrize(
    ("earlier", "until", "expected"),
    [
        ([], 24 * HOUR, False),
        ([], 24 * HOUR + SECOND, True),
        ([wait(-30, -20)], 14 * HOUR, False),
        ([wait(-30, -20)], 14 * HOUR + SECOND, True),
        ([wait(-30, -20, is_allowed=True)], 24 * HOUR, False),
        ([wait(-30, -20, is_refused=True)], 24 * HOUR, False),
        ([wait(None, -20)], 24 * HOUR, False),
    ],
)
def test_an_approval_is_needed_from_a_length_on_that_short_waits_use_up(
    earlier: list[Wait], until: timedelta, expected: bool
) -> None:
    assert needs_approval(earlier, AT, AT + until, BOUNDS) is expected


@pytest.mark.parametrize(
    ("told", "others", "sentence"),
    [
        (0 * HOUR, {}, None),
        (SECOND, {}, "later than now"),
        (-24 * HOUR, {}, None),
        (-24 * HOUR - SECOND, {}, "longer than 24 hours ago"),
        (-10 * HOUR, {"opened_at": AT - 10 * HOUR}, None),
        (-10 * HOUR - SECOND, {"opened_at": AT - 10 * HOUR}, "before the ticket was opened"),
        (-2 * HOUR, {"last_ended_at": AT - 2 * HOUR}, None),
        (-2 * HOUR - SECOND, {"last_ended_at": AT - 2 * HOUR}, "Work went on after that moment"),
        (0 * HOUR, {"expected_until": None}, "until when"),
        (0 * HOUR, {"expected_until": AT}, "in the past"),
        (0 * HOUR, {"expected_until": AT + SECOND}, None),
    ],
)
def test_a_proof_is_of_the_recent_past_and_of_this_wait(
    told: timedelta, others: dict[str, datetime | None], sentence: str | None
) -> None:
    usual = {"expected_until": AT + HOUR, "opened_at": AT - 100 * HOUR, "last_ended_at": None}
    proof = Proof(told_at=AT + told, at=AT, looks_back=24 * HOUR, **{**usual, **others})  # type: ignore[arg-type]
    fault = proof_fault(proof)
    assert (fault and fault.text()) == sentence or (sentence is not None and sentence in str(fault))


@pytest.mark.parametrize(
    ("due", "expected"),
    [([], False), ([-2], False), ([-1], False), ([0], False), ([2], False), ([-2, 2], False)],
)
def test_dates_outside_the_stretch_told_of_afterwards_are_not_healed(due: list[int], expected: bool) -> None:
    assert heals([AT + hours * HOUR for hours in due], AT - HOUR, AT) is expected


def test_a_date_that_passed_since_the_owner_was_told_would_be_healed() -> None:
    assert heals([AT - HOUR + SECOND], AT - HOUR, AT)


MOMENTS = st.integers(-500, 500)
WAITS = st.lists(
    st.builds(
        lambda first, length, needs, decision: wait(
            first,
            None if length is None else first + length,
            needs_approval=needs,
            is_allowed=decision == "allowed",
            is_refused=decision == "refused",
        ),
        MOMENTS,
        st.none() | st.integers(0, 200),
        st.booleans(),
        st.sampled_from(["", "allowed", "refused"]),
    ),
    max_size=6,
)


@given(WAITS)
def test_whatever_is_asked_for_no_more_counts_than_the_bounds_leave(waits: list[Wait]) -> None:
    counted = clipped(waits, BOUNDS)
    lengths = {each.start: each.end - each.start for each in counted if each.end is not None}
    unallowed = clipped([each for each in waits if not each.is_allowed], BOUNDS)
    assert sum((each.end - each.start for each in counted if each.end), timedelta()) <= BOUNDS.cap
    assert sum((each.end - each.start for each in unallowed if each.end), timedelta()) <= BOUNDS.unapproved
    assert set(lengths) <= {each.starts_at for each in waits if not each.is_refused}
    assert all(length > timedelta() for length in lengths.values())
