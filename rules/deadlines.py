"""When what was promised of a ticket is due, and whether it was done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.base import N_, Labelled
from models.milestone import LimitUnit, MilestoneKind
from models.standard import Start
from models.ticket import Severity, TicketKind, TicketState
from rules.durations import limit_end
from rules.facts import Round, TicketClass, TicketFacts
from rules.fitting import Rule, fitting_since

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule(Rule):
    """A row of the standards: the milestone is due so long after its start."""

    milestone: MilestoneKind
    value: int | None
    unit: LimitUnit
    start: Start = Start.OPENING
    only_if_harm: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone of a ticket. `due_at` is None while a date is still to be agreed: open, but not owed."""

    kind: MilestoneKind
    round: int
    started_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    is_open: bool
    limit_value: int | None
    limit_unit: LimitUnit
    rule_id: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class _Case:
    """A rule that decides in a round, since when it does, and what the ticket counts as in it."""

    facts: TicketFacts
    rule: DeadlineRule
    round: Round
    since: datetime
    ticket: TicketClass


def dues(facts: TicketFacts, rules: Sequence[DeadlineRule]) -> list[Due]:
    """Every milestone of the ticket under the rules that held on the local day of its opening."""
    holding = [rule for rule in rules if rule.holds_on(facts.opened_on)]
    fitting = [rule for rule in holding if facts.has_harm or not rule.only_if_harm]
    cases = [case for each in facts.rounds for case in _cases(facts, fitting, each)]
    return [due for case in cases if (due := _due(case)) is not None]


def _cases(facts: TicketFacts, rules: Sequence[DeadlineRule], each: Round) -> Iterator[_Case]:
    classes = facts.classes_until(each.ended_at)
    for rule, since in fitting_since(rules, classes, lambda rule: rule.milestone).values():
        yield _Case(facts, rule, each, since, classes[-1])


def _due(case: _Case) -> Due | None:
    if case.rule.start is Start.RESOLUTION:
        return _after_resolution(case)
    return _in_round(case) if case.rule.milestone in EACH_ROUND else _once(case)


def _once(case: _Case) -> Due | None:
    """A milestone that is owed once, whatever is reopened: judged by the present class."""
    facts = case.facts
    if case.round is not facts.rounds[-1]:
        return None
    acts = facts.done_moments(case.rule.milestone)
    resolutions = [each.resolved_at for each in facts.rounds if each.resolved_at]
    done_at = min([*acts, *(moment for moment in resolutions if moment >= case.since)], default=None)
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
    due_at, basis = _owed(case, start)
    is_open = is_owed and done_at is None
    rule = case.rule
    return Due(rule.milestone, number, start, due_at, done_at, is_open, rule.value, rule.unit, rule.id, basis)


def _owed(case: _Case, start: datetime) -> tuple[datetime | None, Basis]:
    facts, rule = case.facts, case.rule
    if rule.unit is LimitUnit.AGREED:
        return _agreed(facts, rule.milestone)
    if rule.milestone is MilestoneKind.RESOLUTION and _has_own_deadline(case):
        return facts.owner_deadline_at, Basis.OWNER_DEADLINE
    return limit_end(start, rule.value, rule.unit, facts.zone), Basis.LIMIT


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


def late_seconds(due_at: datetime | None, until: datetime) -> int:
    """By how much the due moment had been missed by then; the due second itself is in time."""
    return 0 if due_at is None else max(0, int((until - due_at).total_seconds()))
