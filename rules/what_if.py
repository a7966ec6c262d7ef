"""What a draft of standards would have done to a ticket, beside what the standards of today did."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from models.draft import Effect
from models.milestone import MilestoneKind
from models.ticket import TicketState
from rules.clocks import Calendar
from rules.deadlines import DeadlineRule, Due, dues
from rules.facts import TicketFacts
from rules.ladder import LevelRule, Step, steps


class Judged(NamedTuple):
    """What the rules say of one ticket."""

    dues: Sequence[Due]
    steps: Sequence[Step]


class Changed(NamedTuple):
    """One thing that would be another way: of a milestone, or of a level of the ladder."""

    effect: Effect
    milestone: MilestoneKind | None = None
    level: int | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


def judged(facts: TicketFacts, deadlines: Sequence[DeadlineRule], ladder: Sequence[LevelRule]) -> Judged:
    """What those rules say of the ticket."""
    owed = dues(facts, deadlines)
    return Judged(owed, steps(facts, ladder, owed))


def goes_over(facts: TicketFacts, day: date, calendar: Calendar) -> TicketFacts:
    """The ticket as if it kept the standards of that day, on that calendar."""
    return replace(facts, calendar=calendar, standards_on=day, earlier=())


def in_time(due: Due, now: datetime) -> bool | None:
    """Whether a milestone was done in time; None while it is neither due nor done, or no date was agreed."""
    if due.due_at is None:
        return None
    if due.done_at is not None:
        return due.done_at <= due.due_at
    return False if due.due_at < now else None


def counted(facts: TicketFacts, judged: Judged, now: datetime) -> Iterator[tuple[MilestoneKind, bool]]:
    """The milestones that came due or were done, and whether in time; of a ticket entered wrongly none."""
    if facts.state is not TicketState.VOID:
        for due in judged.dues:
            if (verdict := in_time(due, now)) is not None:
                yield due.kind, verdict


def levels(facts: TicketFacts, judged: Judged, now: datetime) -> set[int]:
    """The levels of the ladder that the ticket has reached by now; one entered wrongly none."""
    is_void = facts.state is TicketState.VOID
    return set() if is_void else {step.level for step in judged.steps if step.due_at <= now}


def differences(facts: TicketFacts, today: Judged, draft: Judged, now: datetime) -> Iterator[Changed]:
    """What would have been late or in time, escalated or not, had the draft held instead of today's standards."""
    if facts.state is TicketState.VOID:
        return
    before, after = _by_key(today), _by_key(draft)
    for key in sorted(before.keys() | after.keys()):
        found = before.get(key), after.get(key)
        was, would_be = (each is not None and in_time(each, now) is False for each in found)
        if was != would_be:
            dates = (None if each is None else each.due_at for each in found)
            yield Changed(Effect.LATE if would_be else Effect.IN_TIME, key[0], None, *dates)
    yield from _climbed(facts, today, draft, now)


def _climbed(facts: TicketFacts, today: Judged, draft: Judged, now: datetime) -> Iterator[Changed]:
    was, would_be = levels(facts, today, now), levels(facts, draft, now)
    before, after = _by_level(today), _by_level(draft)
    for level in sorted(was ^ would_be):
        effect = Effect.ESCALATED if level in would_be else Effect.SPARED
        yield Changed(effect, None, level, before.get(level), after.get(level))


def moves(today: Judged, later: Judged, now: datetime) -> Iterator[Changed]:
    """The dates of what is still owed of an open ticket that would move if it went over to the draft now.

    What is done stays as it was judged, and a level that was reached stays reached.
    """
    before, after = _by_key(today), _by_key(later)
    for key in sorted(before.keys() | after.keys()):
        found = before.get(key), after.get(key)
        dates = tuple(None if each is None or not each.is_open else each.due_at for each in found)
        if dates[0] != dates[1]:
            yield Changed(Effect.DATE_MOVED, key[0], None, *dates)
    reached = {step.level for step in today.steps if step.due_at <= now}
    was, would_be = _by_level(today), _by_level(later)
    for level in sorted((was.keys() | would_be.keys()) - reached):
        if was.get(level) != would_be.get(level):
            yield Changed(Effect.DATE_MOVED, None, level, was.get(level), would_be.get(level))


def _by_key(judged: Judged) -> Mapping[tuple[MilestoneKind, int], Due]:
    return {(due.kind, due.round): due for due in judged.dues}


def _by_level(judged: Judged) -> Mapping[int, datetime]:
    return {step.level: step.due_at for step in judged.steps}


def is_hit(changes: Collection[Changed]) -> bool:
    """Whether somebody would have been late or escalated who was not."""
    return any(change.effect in (Effect.LATE, Effect.ESCALATED) for change in changes)
