"""What of a ticket's pauses stops its clocks: only with proof, only as long as allowed, never beyond the cap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.base import N_
from models.faults import Fault
from rules.clocks import Pause

NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause as it is kept; `starts_at` is None as long as the owner was not told."""

    starts_at: datetime | None
    ended_at: datetime | None
    needs_approval: bool = False
    is_allowed: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long pauses of one ticket may stop its clock: together at most, and without anybody's approval."""

    cap: timedelta
    unapproved: timedelta


def clipped(waits: Iterable[Wait], bounds: Bounds) -> list[Pause]:
    """The pauses that count, in time order, each with its end; one that still runs ends with what is left for it.

    Without proof nothing counts (S2 二.4: 需采购更换配件延后维修须告知业主). What needs an approval counts once it is
    allowed, and then from its start. What needs none counts without one for as long as that may be (ours), so that
    no row of short waits makes a long one.
    """
    found: list[Pause] = []
    left, left_unapproved = bounds.cap, bounds.unapproved
    for wait in sorted(filter(_counts, waits), key=_start):
        room = left if wait.is_allowed else min(left, left_unapproved)
        start = _start(wait)
        end = start + room if wait.ended_at is None else min(wait.ended_at, start + room)
        if end <= start:
            continue
        found.append(Pause(start, end))
        left -= end - start
        left_unapproved -= NOTHING if wait.is_allowed else end - start
    return found


def _counts(wait: Wait) -> bool:
    return wait.starts_at is not None and not wait.is_refused and (wait.is_allowed or not wait.needs_approval)


def _start(wait: Wait) -> datetime:
    assert wait.starts_at is not None
    return wait.starts_at


def needs_approval(earlier: Sequence[Wait], told_at: datetime, expected_until: datetime, bounds: Bounds) -> bool:
    """Whether the pause, with those before it that nobody allowed, would be longer than may be without approval."""
    before = [each for each in earlier if not each.is_allowed]
    used = sum((each.end - each.start for each in clipped(before, bounds) if each.end), NOTHING)
    return used + (expected_until - told_at) > bounds.unapproved


@dataclass(frozen=True, slots=True)
class Proof:
    """What is said about when the owner was told, and what it is judged by.

    `last_ended_at` is the end of the pause before this one, `looks_back` how long ago the telling may lie.
    """

    told_at: datetime
    expected_until: datetime | None
    at: datetime
    opened_at: datetime
    last_ended_at: datetime | None
    looks_back: timedelta


def proof_fault(proof: Proof) -> Fault | None:
    """What is wrong with the proof, None if nothing is."""
    told_at, hours = proof.told_at, int(proof.looks_back.total_seconds()) // 3600
    if told_at > proof.at:
        return Fault(N_("The owner cannot have been told later than now: give the moment of the talk"))
    if told_at < proof.opened_at:
        return Fault(N_("The owner cannot have been told before the ticket was opened: give a later moment"))
    if told_at < proof.at - proof.looks_back:
        sentence = N_("Told longer than %(hours)s hours ago is no proof any more: tell the owner again and say when")
        return Fault(sentence, hours=hours)
    if proof.last_ended_at is not None and told_at < proof.last_ended_at:
        return Fault(N_("Work went on after that moment: say when the owner was told of this wait"))
    if proof.expected_until is None:
        return Fault(N_("Say until when the owner was told that it would take"))
    if proof.expected_until <= proof.at:
        return Fault(N_("The wait is expected to end in the past: give a later moment, or resume work"))
    return None


def heals(due: Iterable[datetime], told_at: datetime, at: datetime) -> bool:
    """Whether a pause told of only now would move a date that has passed already: that needs an approval (ours)."""
    return any(told_at < due_at < at for due_at in due)
