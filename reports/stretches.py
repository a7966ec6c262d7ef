"""The way to a date, stretch by stretch: what of it counted, what was skipped and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.base import N_, Labelled
from models.faults import Fault
from models.milestone import Clock, LimitUnit, Milestone
from models.standard import LadderBasis, LadderRule, StandardRule, Start
from reports.receipts import WaitReason
from rules.clocks import Cause, Pause, moved, trace
from rules.deadlines import pauses_of
from rules.facts import TicketFacts

_IN_STEPS = frozenset({Cause.DAY, Cause.WORKING_DAY, Cause.WEEK, Cause.MONTH})


class Begin(Labelled):
    """What the clock of a date starts with."""

    OPENING = "opening", N_("Opening")
    REOPENING = "reopening", N_("Reopened")
    RECLASSIFICATION = "reclassification", N_("Reclassified")
    RESOLUTION = "resolution", N_("Resolution")
    DUE_TIME = "due_time", N_("Due time")


@dataclass(frozen=True, slots=True)
class Way:
    """A stretch on the way to a date. `first` to `last` of so many days, weeks or months where it is some of them.

    `wait` is the wait that a pause belongs to.
    """

    start: datetime
    end: datetime
    counted_seconds: int
    cause: Cause
    name: str = ""
    first: int = 0
    last: int = 0
    of: int = 0
    wait: WaitReason | None = None


def facts_then(facts: TicketFacts, done_at: datetime | None) -> TicketFacts:
    """The ticket as it was when something was done: with the calendar that it kept then."""
    kept = next((each for each in facts.earlier if done_at is not None and done_at <= each.until), None)
    return facts if kept is None else replace(facts, calendar=kept.calendar)


def milestone_begin(facts: TicketFacts, milestone: Milestone, rule: StandardRule | None) -> Begin:
    """What the clock of the milestone started with."""
    started_at = milestone.started_at
    if rule is not None and rule.start is Start.RESOLUTION:
        return Begin.RESOLUTION
    if any(each.number and each.started_at == started_at for each in facts.rounds):
        return Begin.REOPENING
    return _begin(facts, started_at)


def _begin(facts: TicketFacts, started_at: datetime) -> Begin:
    is_later = started_at != facts.opened_at and any(each.since == started_at for each in facts.classes)
    return Begin.RECLASSIFICATION if is_later else Begin.OPENING


def milestone_ways(facts: TicketFacts, milestone: Milestone, waits: Sequence[WaitReason]) -> list[Way]:
    """The stretches of a limit that is counted; none of a date that was agreed, at once or at the end of the day."""
    if milestone.limit_value is None:
        return []
    pauses = pauses_of(facts, milestone.kind, milestone.done_at)
    clock, unit = milestone.clock, milestone.limit_unit
    return _ways(facts, clock, milestone.started_at, milestone.limit_value, unit, pauses, waits)


def step_begin(
    facts: TicketFacts, rule: LadderRule, due_at: datetime, due_time: datetime | None
) -> tuple[Begin, datetime]:
    """What the clock of a step or warning starts with, and when; `due_time` is that of the milestone it hangs on."""
    if rule.basis is LadderBasis.DUE_TIME:
        return Begin.DUE_TIME, due_time or due_at
    if rule.unit is LimitUnit.AT_ONCE:
        return _begin(facts, due_at), due_at
    return Begin.OPENING, facts.opened_at


def step_ways(
    facts: TicketFacts, rule: LadderRule, due_at: datetime, start: datetime, waits: Sequence[WaitReason]
) -> list[Way]:
    """The stretches from the start of a step or warning to it; back in time where it lies before a due time."""
    if not rule.value:
        return []
    if rule.value < 0:
        return _ways(facts, rule.clock, due_at, -rule.value, rule.unit, (), waits)
    pauses = facts.pauses if rule.basis is LadderBasis.OPEN_TIME else ()
    return _ways(facts, rule.clock, start, rule.value, rule.unit, pauses, waits)


def hangs_on(facts: TicketFacts, rule: LadderRule, due_at: datetime, of_kind: Sequence[Milestone]) -> Milestone | None:
    """The milestone from whose due time the rule counted to that moment; else the last of them."""
    fitting = [each for each in of_kind if each.due_at is not None and _offset(facts, rule, each.due_at) == due_at]
    return next(iter(fitting or reversed(of_kind)), None)


def _offset(facts: TicketFacts, rule: LadderRule, due_time: datetime) -> datetime | None:
    try:
        return due_time if rule.value is None else moved(rule.clock, facts.calendar, due_time, rule.value, rule.unit)
    except Fault:  # past every year that is followed
        return None


def _ways(
    facts: TicketFacts,
    clock: Clock,
    start: datetime,
    value: int,
    unit: LimitUnit,
    pauses: Sequence[Pause],
    waits: Sequence[WaitReason],
) -> list[Way]:
    found: list[Way] = []
    try:
        stretches = trace(clock, facts.calendar, start, value, unit, pauses)
    except Fault:  # no way leads past every year that is followed
        return found
    for each in stretches:
        way = Way(each.start, each.end, each.counted_seconds, each.cause, each.name)
        if each.cause in _IN_STEPS:
            number, _, total = each.name.partition("/")
            way = replace(way, name="", first=int(number), last=int(number), of=int(total))
        if each.cause is Cause.PAUSE:
            way = replace(way, wait=_wait(waits, each.start, each.end))
        last = found[-1] if found else None
        if last is not None and last.of and last.cause is way.cause:
            counted = last.counted_seconds + way.counted_seconds
            found[-1] = replace(last, end=way.end, last=way.last, counted_seconds=counted)
        else:
            found.append(way)
    return found


def _wait(waits: Sequence[WaitReason], start: datetime, end: datetime) -> WaitReason | None:
    """The wait that stopped the clock in that stretch, the first where several run into each other."""
    return next((wait for wait in waits if _overlaps(wait, start, end)), None)


def _overlaps(wait: WaitReason, start: datetime, end: datetime) -> bool:
    first, last = wait.counts_from, wait.counts_until
    return first is not None and last is not None and first < end and start < last
