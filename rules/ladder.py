"""When a ticket climbs to the next level because time ran out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.milestone import LimitUnit
from models.ticket import TicketState, Validity
from rules.durations import limit_end
from rules.facts import TicketFacts
from rules.fitting import Rule, fitting_since


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule(Rule):
    """A row of the ladder: a ticket open so long reaches the level, or at once."""

    level: int
    value: int | None
    unit: LimitUnit
    owner_deadline_counts: bool = False
    only_if_valid: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    level: int
    due_at: datetime
    is_open: bool
    rule_id: int


def steps(facts: TicketFacts, rules: Sequence[LevelRule]) -> list[Step]:
    """The steps of the ticket, lowest first; none that its end came before, none open once it has ended.

    A ticket that was entered wrongly climbs nothing.
    """
    if facts.state is TicketState.VOID:
        return []
    is_valid = facts.validity is Validity.VALID
    holding = [rule for rule in rules if rule.holds_on(facts.opened_on)]
    counting = [rule for rule in holding if is_valid or not rule.only_if_valid]
    ended_at = facts.rounds[-1].ended_at
    deciding = fitting_since(counting, facts.classes_until(ended_at), lambda rule: rule.level)
    reached = {level: (_reached_at(facts, rule, since), rule.id) for level, (rule, since) in deciding.items()}
    return [
        Step(level, due_at, facts.is_open, rule_id)
        for level, (due_at, rule_id) in sorted(reached.items())
        if due_at is not None and (ended_at is None or due_at <= ended_at)
    ]


def level_at(ladder: Iterable[Step], now: datetime) -> int:
    """The highest level reached by then; 0 is the front desk or the assignee."""
    return max((step.level for step in ladder if step.due_at <= now), default=0)


def _reached_at(facts: TicketFacts, rule: LevelRule, since: datetime) -> datetime | None:
    """Counted from the first opening; at once counts from the reclassification that brought it (ours)."""
    deadline = facts.owner_deadline_at
    if rule.owner_deadline_counts and deadline is not None and deadline > facts.opened_at:
        return deadline
    start = since if rule.unit is LimitUnit.AT_ONCE else facts.opened_at
    return limit_end(start, rule.value, rule.unit, facts.zone)
