"""Why this date: each milestone and ladder step of a ticket with its start, limit and clause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.milestone import LadderStep, LimitUnit, Milestone, MilestoneKind
from models.standard import LadderRule, StandardRule, StandardSet
from models.ticket import Ticket
from operations import due_times, ticket_facts
from rules.deadlines import Basis, late_seconds
from rules.durations import limit_text
from rules.facts import TicketFacts

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a limit stands: its source and words, or that it is the product's own reading."""

    set_name: str
    rule_code: str
    source: str
    text: str | None
    is_ours: bool


@dataclass(frozen=True, slots=True)
class MilestoneReason:
    """`is_by_resolution`: nobody did it for itself.

    `limit` in English words, `value` and `unit` for saying it in another language: as the ticket has them.
    """

    kind: MilestoneKind
    label: str
    round: int
    started_at: datetime
    limit: str
    value: int | None
    unit: LimitUnit
    due_at: datetime | None
    done_at: datetime | None
    is_by_resolution: bool
    is_open: bool
    late_seconds: int
    basis: Basis
    clause: Clause


@dataclass(frozen=True, slots=True)
class StepReason:
    level: int
    limit: str
    value: int | None
    unit: LimitUnit
    due_at: datetime
    recorded_at: datetime | None
    is_open: bool
    is_reached: bool
    clause: Clause


@dataclass(frozen=True, slots=True)
class Explanation:
    """All dates of a ticket, those still owed first, then by due time; the ladder from the lowest level up."""

    code: str
    opened_at: datetime
    time_zone: str
    next_due_at: datetime | None
    milestones: Sequence[MilestoneReason]
    steps: Sequence[StepReason]


def explain(session: Session, ticket: Ticket, now: datetime) -> Explanation:
    """The dates of the ticket as they are stored, with what each rests on; late up to `now` where still owed."""
    facts = ticket_facts.load(session, [ticket.id])
    verdict = due_times.judge(session, facts)[ticket.id]
    bases = {(due.kind, due.round): due.basis for due in verdict.dues}
    milestones = [
        _milestone(row, bases, facts[ticket.id].facts, now if row.Milestone.is_open else ticket.closed_at)
        for row in _milestones(session, ticket.id)
    ]
    return Explanation(
        code=ticket.code,
        opened_at=ticket.opened_at,
        time_zone=str(facts[ticket.id].facts.zone),
        next_due_at=ticket.next_due_at,
        milestones=sorted(milestones, key=_order),
        steps=[_step(row, now) for row in _steps(session, ticket.id)],
    )


def _milestones(session: Session, ticket_id: int) -> Iterable[AnyRow]:
    statement = (
        select(Milestone, StandardRule, StandardSet.name)
        .join(StandardRule, StandardRule.id == Milestone.rule_id)
        .join(StandardSet, StandardSet.id == StandardRule.standard_set_id)
        .where(Milestone.ticket_id == ticket_id)
    )
    return session.execute(statement)


def _steps(session: Session, ticket_id: int) -> Iterable[AnyRow]:
    statement = (
        select(LadderStep, LadderRule, StandardSet.name)
        .join(LadderRule, LadderRule.id == LadderStep.rule_id)
        .join(StandardSet, StandardSet.id == LadderRule.standard_set_id)
        .where(LadderStep.ticket_id == ticket_id)
        .order_by(LadderStep.level)
    )
    return session.execute(statement)


def _milestone(
    row: AnyRow, bases: Mapping[tuple[MilestoneKind, int], Basis], facts: TicketFacts, ended_at: datetime | None
) -> MilestoneReason:
    milestone: Milestone = row.Milestone
    until = milestone.done_at or ended_at
    return MilestoneReason(
        kind=milestone.kind,
        label=milestone.kind.label,
        round=milestone.round,
        started_at=milestone.started_at,
        limit=limit_text(milestone.limit_value, milestone.limit_unit),
        value=milestone.limit_value,
        unit=milestone.limit_unit,
        due_at=milestone.due_at,
        done_at=milestone.done_at,
        is_by_resolution=_is_by_resolution(milestone, facts),
        is_open=milestone.is_open,
        late_seconds=0 if until is None else late_seconds(milestone.due_at, until),
        basis=bases.get((milestone.kind, milestone.round), Basis.LIMIT),
        clause=_clause(row.StandardRule, row.name),
    )


def _is_by_resolution(milestone: Milestone, facts: TicketFacts) -> bool:
    """Whether nobody did it for itself: the resolution made it pointless, which is not the same as done."""
    if milestone.done_at is None or milestone.kind is MilestoneKind.RESOLUTION:
        return False
    return milestone.done_at not in facts.done_moments(milestone.kind)


def _step(row: AnyRow, now: datetime) -> StepReason:
    step: LadderStep = row.LadderStep
    rule: LadderRule = row.LadderRule
    return StepReason(
        level=step.level,
        limit=limit_text(rule.value, rule.unit),
        value=rule.value,
        unit=rule.unit,
        due_at=step.due_at,
        recorded_at=step.recorded_at,
        is_open=step.is_open,
        is_reached=step.due_at <= now,
        clause=_clause(rule, row.name),
    )


def _clause(rule: StandardRule | LadderRule, set_name: str) -> Clause:
    return Clause(set_name, rule.code, rule.source, rule.text, rule.is_ours)


def _order(reason: MilestoneReason) -> tuple[bool, bool, datetime]:
    return not reason.is_open, reason.due_at is None, reason.due_at or reason.started_at
