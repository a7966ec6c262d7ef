"""When a ticket climbs to the next level because time ran out, when its people are warned, what turns it major.

For whoever records what has come due (`operations.sweep`): a step whose `due_at` has passed is recorded once, in
`LadderStep.recorded_at`; if its rule `turns_major` and the ticket is a complaint that is not major yet, the same write
sets its severity and adds a RECLASSIFIED event with `"since": step.due_at.isoformat()` in its data, from which moment
the new clocks count. A warning whose `due_at` has passed and that `is_open` is recorded in `EarlyWarning.recorded_at`
and tells the people of its rule's level; it moves nothing. Which of either exist is derived by `operations.due_times`;
what was recorded stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models.base import N_, Labelled
from models.faults import Fault
from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import LadderBasis
from models.ticket import Severity, TicketKind, TicketState, Validity
from rules.clocks import moved, reckon
from rules.deadlines import EACH_ROUND, Due
from rules.durations import limit_end
from rules.facts import TicketFacts
from rules.fitting import Rule, Rulebook, fitting_since

REPEATED = 2  # reopenings that count as raised repeatedly (ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule(Rule):
    """A row of the ladder: a ticket open so long, or so long before or after a due time, reaches the level.

    Of a level the earliest moment counts, whichever row it comes from; the step has that row's clause. So a level of
    which a row turns tickets major has no other row that comes earlier.
    """

    level: int
    value: int | None
    unit: LimitUnit
    clock: Clock = Clock.ELAPSED
    basis: LadderBasis = LadderBasis.OPEN_TIME
    milestone: MilestoneKind | None = None
    is_warning: bool = False
    turns_major: bool = False
    owner_deadline_counts: bool = False
    only_if_valid: bool = False

    @property
    def target(self) -> tuple[bool, int, LadderBasis, MilestoneKind | None]:
        return self.is_warning, self.level, self.basis, self.milestone

    @property
    def variant(self) -> tuple[int | None, LimitUnit] | None:
        """One may be warned more than once of one date."""
        return (self.value, self.unit) if self.is_warning else None

    def counts(self, is_special: bool) -> bool:
        """The special case is a valid complaint."""
        return is_special or not self.only_if_valid


class Step(NamedTuple):
    level: int
    due_at: datetime
    is_open: bool
    rule_id: int


class DueWarning(NamedTuple):
    """A warning that can still come: of a milestone in a round, or of the open time."""

    rule_id: int
    milestone: MilestoneKind | None
    round: int
    due_at: datetime


class MajorCause(Labelled):
    """Why a valid complaint is major whatever it was taken in as (S3 第5篇 4.1.1–4.1.2); a month open is a step."""

    REPEATED = "repeated", N_("Raised repeatedly: reopened twice")
    HARM = "harm", N_("Injury or serious loss by our fault")

    @property
    def clause(self) -> str:
        return {MajorCause.REPEATED: "S3 第5篇 4.1.1", MajorCause.HARM: "S3 第5篇 4.1.2"}[self]


def major_cause(
    kind: TicketKind, severity: Severity | None, validity: Validity | None, reopen_count: int, has_caused_harm: bool
) -> MajorCause | None:
    """Why a ticket with these columns turns major now; None for one that does not, or is major already."""
    if kind is not TicketKind.COMPLAINT or severity is Severity.MAJOR or validity is not Validity.VALID:
        return None
    if has_caused_harm:
        return MajorCause.HARM
    return MajorCause.REPEATED if reopen_count >= REPEATED else None


def steps(facts: TicketFacts, rules: Sequence[LevelRule], owed: Sequence[Due]) -> list[Step]:
    """The steps of the ticket, lowest first; none that its end came before, none open once it has ended.

    `owed` are its milestones (`rules.deadlines.dues`). A ticket that was entered wrongly climbs nothing.
    """
    found: dict[int, Step] = {}
    for rule, since in _deciding(facts, rules):
        if rule.is_warning:
            continue
        for due_at in _step_moments(facts, rule, since, owed):
            if rule.level not in found or due_at < found[rule.level].due_at:
                found[rule.level] = Step(rule.level, due_at, facts.is_open, rule.id)
    return [found[level] for level in sorted(found)]


def warnings(facts: TicketFacts, rules: Sequence[LevelRule], owed: Sequence[Due]) -> list[DueWarning]:
    """The warnings that can still come; one that would lie before the clock it warns of has started does not."""
    found = []
    for rule, since in _deciding(facts, rules):
        if not rule.is_warning:
            continue
        if rule.basis is LadderBasis.OPEN_TIME and facts.is_open:
            due_at = _open_for(facts, rule, since)
            found += [] if due_at is None else [DueWarning(rule.id, None, 0, due_at)]
        for due in _owed_by(rule, owed):
            due_at = _offset(facts, rule, due)
            if due.is_open and due_at is not None and due_at >= due.started_at:
                found.append(DueWarning(rule.id, due.kind, due.round, due_at))
    return found


def level_at(ladder: Iterable[Step], now: datetime) -> int:
    """The highest level reached by then; 0 is the front desk or the assignee."""
    return max((step.level for step in ladder if step.due_at <= now), default=0)


def _deciding(facts: TicketFacts, rules: Sequence[LevelRule]) -> list[tuple[LevelRule, datetime]]:
    if facts.state is TicketState.VOID:
        return []
    classes = facts.classes_until(facts.rounds[-1].ended_at)
    return fitting_since(Rulebook.of(rules), facts.kept_on, classes, facts.validity is Validity.VALID)


def _step_moments(facts: TicketFacts, rule: LevelRule, since: datetime, owed: Sequence[Due]) -> Iterator[datetime]:
    if rule.basis is LadderBasis.OPEN_TIME:
        due_at, ended_at = _open_for(facts, rule, since), facts.rounds[-1].ended_at
        if due_at is not None and (ended_at is None or due_at <= ended_at):
            yield due_at
        return
    for due in _owed_by(rule, owed):
        due_at, until = _offset(facts, rule, due), _settled_at(facts, due)
        if due_at is not None and (until is None or due_at < until):  # what is done in the due second is in time
            yield due_at


def _open_for(facts: TicketFacts, rule: LevelRule, since: datetime) -> datetime | None:
    """Counted from the first opening without the pauses; at once counts from the reclassification that brought it
    (both ours).
    """
    deadline = facts.owner_deadline_at
    if rule.owner_deadline_counts and deadline is not None and deadline > facts.opened_at:
        return deadline
    if rule.value is None:
        return limit_end(since if rule.unit is LimitUnit.AT_ONCE else facts.opened_at, None, rule.unit, facts.zone)
    try:
        return reckon(rule.clock, facts.calendar, facts.opened_at, rule.value, rule.unit, facts.pauses).due_at
    except Fault:  # past every year that is followed
        return None


def _owed_by(rule: LevelRule, owed: Sequence[Due]) -> list[Due]:
    """The milestones from whose due time the rule counts; none for one that counts the open time."""
    if rule.basis is LadderBasis.OPEN_TIME:
        return []
    kind = rule.milestone or MilestoneKind.RESOLUTION
    return [due for due in owed if due.kind is kind and due.due_at is not None]


def _offset(facts: TicketFacts, rule: LevelRule, due: Due) -> datetime | None:
    if rule.value is None or due.due_at is None:
        return due.due_at
    try:
        return moved(rule.clock, facts.calendar, due.due_at, rule.value, rule.unit)
    except Fault:  # past every year that is followed
        return None


def _settled_at(facts: TicketFacts, due: Due) -> datetime | None:
    """Until when the milestone could be late: until it was done, or its round ended without it."""
    if due.done_at is not None or due.is_open:
        return due.done_at
    return facts.rounds[due.round if due.kind in EACH_ROUND else -1].ended_at
