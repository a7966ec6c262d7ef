"""When what was promised of a ticket is due, and whether it was done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from models.base import N_, Labelled
from models.faults import Fault
from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import Start
from models.ticket import Severity, TicketKind, TicketState
from rules.clocks import Calendar, Pause, reckon
from rules.durations import limit_end
from rules.facts import Round, SourceWord, TicketClass, TicketFacts
from rules.fitting import Rule, Rulebook, fitting_since

# What is owed anew after a reopening: the resolution, and the hand-overs that stand in for it where none is
# promised, or a reopened repair would be owed by nobody (ours).
EACH_ROUND = frozenset({MilestoneKind.RESOLUTION, MilestoneKind.HAND_OVER_SUPERVISOR, MilestoneKind.HAND_OVER_MANAGER})
_ENDED_WITHOUT_RESOLUTION = frozenset({TicketState.CLOSED_UNRESOLVED, TicketState.VOID})


class Basis(Labelled):
    """What a due moment rests on."""

    LIMIT = "limit", N_("Limit of the standard")
    APPOINTMENT = "appointment", N_("Agreed appointment")
    OWNER_DEADLINE = "owner_deadline", N_("Owner's own deadline")
    AGREED = "agreed", N_("Date agreed with the owner")
    SOURCE = "source", N_("As given by the source")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule(Rule):
    """A row of the standards: the milestone is due so long after its start."""

    milestone: MilestoneKind
    value: int | None
    unit: LimitUnit
    clock: Clock = Clock.ELAPSED
    start: Start = Start.OPENING
    only_if_harm: bool = False

    @property
    def target(self) -> MilestoneKind:
        return self.milestone

    def counts(self, is_special: bool) -> bool:
        """The special case is that harm goes on or went on."""
        return is_special or not self.only_if_harm


class Due(NamedTuple):  # many are made
    """A milestone of a ticket. `due_at` is None while a date is still to be agreed: open, but not owed.

    `paused_seconds` is the time that pauses added, counted on the clock of the limit; `done_by` the account that did
    it, or resolved the ticket; `is_provisional` says that the calendar was not known to the end. Of a ticket that was
    promised elsewhere there is no rule, and `is_in_time` is that system's verdict.
    """

    kind: MilestoneKind
    round: int
    started_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    is_open: bool
    limit_value: int | None
    limit_unit: LimitUnit
    rule_id: int | None
    basis: Basis
    clock: Clock = Clock.ELAPSED
    paused_seconds: int = 0
    is_provisional: bool = False
    done_by: int | None = None
    is_in_time: bool | None = None


class _Case(NamedTuple):
    """A rule that decides in a round, since when it does, what the ticket counts as in it, all its resolutions."""

    facts: TicketFacts
    rule: DeadlineRule
    round: Round
    since: datetime
    ticket: TicketClass
    resolutions: Sequence[datetime]


class Ending(NamedTuple):
    """When a limit ends, with what went into it."""

    due_at: datetime | None
    basis: Basis = Basis.LIMIT
    paused_seconds: int = 0
    is_provisional: bool = False


def dues(facts: TicketFacts, rules: Sequence[DeadlineRule]) -> list[Due]:
    """Every milestone of the ticket under the rules that held on the day whose standards it keeps.

    What was done before its dates were moved stays as it was promised then. Who judges many tickets by the same rules
    hands them over as a `Rulebook`. A ticket that was promised elsewhere keeps the one date it was given there.
    """
    if facts.source is not None:
        return _as_the_source_says(facts, facts.source)
    book = Rulebook.of(rules)
    found = _dues(facts, book)
    for each in reversed(facts.earlier):
        then = replace(facts, calendar=each.calendar, standards_on=each.day, earlier=())
        found = [due for due in found if not _was_done(due, each.until)]
        found += [due for due in _dues(then, book) if _was_done(due, each.until)]
    return found


def _as_the_source_says(facts: TicketFacts, said: SourceWord) -> list[Due]:
    """The resolution by the source's date, none without one; its verdict holds for the end that it knows of."""
    if said.due_at is None:
        return []
    done_at = facts.rounds[-1].resolved_at
    is_open = facts.is_open and done_at is None
    verdict = said.is_on_time if done_at is not None and done_at == said.closed_at else None
    common = (MilestoneKind.RESOLUTION, 0, facts.opened_at, said.due_at, done_at, is_open, None, LimitUnit.AGREED)
    return [Due(*common, rule_id=None, basis=Basis.SOURCE, is_in_time=verdict)]


def _was_done(due: Due, until: datetime) -> bool:
    return due.done_at is not None and due.done_at <= until


def _dues(facts: TicketFacts, book: Rulebook[DeadlineRule]) -> list[Due]:
    day, has_harm = facts.kept_on, facts.has_harm
    resolutions = [each.resolved_at for each in facts.rounds if each.resolved_at is not None]
    found = []
    for each in facts.rounds:
        classes = facts.classes_until(each.ended_at)
        for rule, since in fitting_since(book, day, classes, has_harm):
            due = _due(_Case(facts, rule, each, since, classes[-1], resolutions))
            if due is not None:
                found.append(due)
    return found


def _due(case: _Case) -> Due | None:
    if case.rule.start is Start.RESOLUTION:
        return _after_resolution(case)
    return _in_round(case) if case.rule.milestone in EACH_ROUND else _once(case)


def _once(case: _Case) -> Due | None:
    """A milestone that is owed once, whatever is reopened: judged by the present class."""
    facts = case.facts
    if case.round is not facts.rounds[-1]:
        return None
    done = [moment for moment in case.resolutions if moment >= case.since]
    done += facts.done_moments(case.rule.milestone)
    done_at = min(done) if done else None
    return _verdict(case, 0, case.since, done_at, facts.is_open)


def _in_round(case: _Case) -> Due | None:
    """A milestone owed in every round. What was handed over in an earlier one has not come back."""
    each, acts = case.round, case.facts.done_moments(case.rule.milestone)
    if each.number and acts and acts[0] < each.started_at:
        return None
    in_time = [act for act in acts if each.ended_at is None or act <= each.ended_at]
    done_at = min([*in_time, *filter(None, [each.resolved_at])], default=None)
    is_owed = case.facts.is_open and each is case.facts.rounds[-1]
    return _verdict(case, each.number, max(case.since, each.started_at), done_at, is_owed)


def _after_resolution(case: _Case) -> Due | None:
    """A milestone owed after a resolution, such as the record (S3 第5篇 5.3.1): open until it is done."""
    resolved_at = case.round.resolved_at
    if resolved_at is None:
        return None
    done_at = next((act for act in case.facts.done_moments(case.rule.milestone) if act >= resolved_at), None)
    is_owed = case.facts.state not in _ENDED_WITHOUT_RESOLUTION
    return _verdict(case, case.round.number, resolved_at, done_at, is_owed)


def _verdict(case: _Case, number: int, start: datetime, done_at: datetime | None, is_owed: bool) -> Due:
    facts, rule = case.facts, case.rule
    ending = _ending(case, start, done_at)
    return Due(
        rule.milestone,
        number,
        start,
        ending.due_at,
        done_at,
        is_owed and done_at is None,
        rule.value,
        rule.unit,
        rule.id,
        ending.basis,
        rule.clock,
        ending.paused_seconds,
        ending.is_provisional,
        None if done_at is None else facts.doer(rule.milestone, done_at),
    )


def _ending(case: _Case, start: datetime, done_at: datetime | None) -> Ending:
    facts, rule = case.facts, case.rule
    if rule.unit is LimitUnit.AGREED:
        return Ending(*_agreed(facts, rule.milestone))
    if rule.milestone is MilestoneKind.RESOLUTION and _has_own_deadline(case):
        return Ending(facts.owner_deadline_at, Basis.OWNER_DEADLINE)
    pauses = pauses_of(facts, rule.milestone, done_at) if facts.pauses else ()
    return limit_ending(rule, facts.calendar, start, pauses)


def limit_ending(rule: DeadlineRule, calendar: Calendar, start: datetime, pauses: Sequence[Pause] = ()) -> Ending:
    """When the limit of the rule ends that starts then; `at once` and `end of day` know neither clock nor pause.

    Of hours so short that the limit leads past every year that is followed there is no end: nothing comes due.
    """
    if rule.value is None:
        return Ending(limit_end(start, None, rule.unit, calendar.zone))
    try:
        found = reckon(rule.clock, calendar, start, rule.value, rule.unit, pauses)
    except Fault:
        return Ending(None)
    return Ending(found.due_at, Basis.LIMIT, found.paused_seconds, found.is_provisional)


def pauses_of(facts: TicketFacts, milestone: MilestoneKind, done_at: datetime | None) -> Sequence[Pause]:
    """The pauses that move a milestone: none moves the first response, and none that came after it was done."""
    if milestone is MilestoneKind.FIRST_RESPONSE:
        return ()
    if done_at is None:
        return facts.pauses
    return [
        each if each.end is not None and each.end <= done_at else Pause(each.start, done_at)
        for each in facts.pauses
        if each.start < done_at
    ]


def _agreed(facts: TicketFacts, milestone: MilestoneKind) -> tuple[datetime | None, Basis]:
    """The date kept on the ticket: S0 按双方约定时间到达现场, S2 物业案场客户管家 1(5)."""
    if milestone is MilestoneKind.ON_SITE:
        return facts.appointment_at, Basis.APPOINTMENT
    return facts.promised_reply_at if milestone is MilestoneKind.PROMISED_REPLY else None, Basis.AGREED


def _has_own_deadline(case: _Case) -> bool:
    """Of a minor complaint only (S3 第5篇 5.2.3); one that lies before a reopening is spent (ours)."""
    is_minor = case.ticket.kind is TicketKind.COMPLAINT and case.ticket.severity is Severity.MINOR
    deadline = case.facts.owner_deadline_at
    return is_minor and deadline is not None and deadline > case.round.started_at


def was_in_time(due_at: datetime, done_at: datetime | None, said: bool | None = None) -> bool:
    """Whether it was done by then; where it was promised elsewhere, as `said` there."""
    return done_at is not None and (done_at <= due_at if said is None else said)


def late_seconds(due_at: datetime | None, until: datetime) -> int:
    """By how much the due moment had been missed by then; the due second itself is in time."""
    return 0 if due_at is None else max(0, int((until - due_at).total_seconds()))
