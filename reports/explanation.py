"""Why this date: each milestone, ladder step and warning of a ticket with its start, limit, clause and way there.

What is told is what is stored. The way to a date is worked out anew from the rule that the row names; where it ends
elsewhere, as after the calendar was changed, that is said (`reckoned_at`) and the stored date stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.account import Account
from models.milestone import Clock, EarlyWarning, LadderStep, Milestone, MilestoneKind
from models.standard import LadderBasis, LadderRule, StandardRule, StandardSet
from models.ticket import Ticket
from models.ticket_event import EventKind
from operations import due_times, ticket_facts
from reports.reasons import Clause, Explanation, MilestoneReason, StepReason
from reports.receipts import Receipts, WaitReason, receipts
from reports.stretches import Way, facts_then, hangs_on, milestone_begin, milestone_ways, step_begin, step_ways
from rules.clocks import counted
from rules.deadlines import Basis, late_seconds
from rules.durations import limit_text
from rules.facts import TicketFacts

__all__ = ["Clause", "Explanation", "MilestoneReason", "StepReason", "explain"]

AnyRow = Row[*tuple[Any, ...]]

# The date of the ticket that a due time rests on where it rests on no limit.
AGREED_FIELDS: Mapping[tuple[Basis, MilestoneKind], str] = {
    (Basis.APPOINTMENT, MilestoneKind.ON_SITE): "appointment_at",
    (Basis.OWNER_DEADLINE, MilestoneKind.RESOLUTION): "owner_deadline_at",
    (Basis.AGREED, MilestoneKind.PROMISED_REPLY): "promised_reply_at",
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the reasons of one ticket are made of."""

    facts: TicketFacts
    receipts: Receipts
    milestones: Sequence[Milestone]
    now: datetime
    ended_at: datetime | None


def explain(session: Session, ticket: Ticket, now: datetime) -> Explanation:
    """The dates of the ticket as they are stored, with what each rests on; late up to `now` where still owed."""
    found = ticket_facts.load(session, [ticket.id])
    facts = found[ticket.id].facts
    verdict = due_times.judge(session, found)[ticket.id]
    bases = {(due.kind, due.round): due.basis for due in verdict.dues}
    rows = _milestones(session, ticket.id)
    proof = receipts(session, ticket.id, facts, now)
    known = _Known(facts, proof, [row.Milestone for row in rows], now, ticket.closed_at)
    milestones = [_milestone(known, row, bases) for row in rows]
    return Explanation(
        code=ticket.code,
        opened_at=ticket.opened_at,
        entered_at=ticket.entered_at,
        time_zone=str(facts.zone),
        next_due_at=ticket.next_due_at,
        milestones=sorted(milestones, key=_order),
        steps=[_step(known, row, row.LadderStep) for row in _of_ladder(session, LadderStep, ticket.id)],
        warnings=[_step(known, row, row.EarlyWarning) for row in _of_ladder(session, EarlyWarning, ticket.id)],
        covered_until=facts.calendar.covered_until,
        moves=list(proof.of(EventKind.DATES_MOVED)),
    )


def _milestones(session: Session, ticket_id: int) -> Sequence[AnyRow]:
    statement = (
        select(Milestone, StandardRule, StandardSet.name, Account.name.label("who"))
        .outerjoin(StandardRule, StandardRule.id == Milestone.rule_id)
        .outerjoin(StandardSet, StandardSet.id == StandardRule.standard_set_id)
        .outerjoin(Account, Account.id == Milestone.done_by_id)
        .where(Milestone.ticket_id == ticket_id)
        .order_by(Milestone.round, Milestone.id)
    )
    return session.execute(statement).all()


def _of_ladder(session: Session, model: type[LadderStep | EarlyWarning], ticket_id: int) -> Iterable[AnyRow]:
    statement = (
        select(model, LadderRule, StandardSet.name)
        .join(LadderRule, LadderRule.id == model.rule_id)
        .join(StandardSet, StandardSet.id == LadderRule.standard_set_id)
        .where(model.ticket_id == ticket_id)
        .order_by(LadderRule.level, model.due_at)
    )
    return session.execute(statement)


def _milestone(known: _Known, row: AnyRow, bases: Mapping[tuple[MilestoneKind, int], Basis]) -> MilestoneReason:
    milestone, facts = row.Milestone, facts_then(known.facts, row.Milestone.done_at)
    basis = bases.get((milestone.kind, milestone.round), Basis.LIMIT)
    until = milestone.done_at or (known.now if milestone.is_open else known.ended_at)
    ways = milestone_ways(facts, milestone, known.receipts.waits) if basis is Basis.LIMIT else []
    field = AGREED_FIELDS.get((basis, milestone.kind))
    return MilestoneReason(
        kind=milestone.kind,
        label=milestone.kind.label,
        round=milestone.round,
        started_at=milestone.started_at,
        begin=milestone_begin(facts, milestone, row.StandardRule),
        limit=limit_text(milestone.limit_value, milestone.limit_unit),
        value=milestone.limit_value,
        unit=milestone.limit_unit,
        clock=milestone.clock,
        due_at=milestone.due_at,
        done_at=milestone.done_at,
        done_by=row.who,
        is_by_resolution=_is_by_resolution(milestone, facts),
        is_open=milestone.is_open,
        is_late=_is_late(milestone, until),
        late_seconds=_late(facts, milestone, basis, until) if _is_late(milestone, until) else 0,
        paused_seconds=milestone.paused_seconds,
        is_provisional=milestone.is_provisional,
        basis=basis,
        clause=_clause(row.StandardRule, row.name) if row.StandardRule else _clause_of_source(facts),
        ways=ways,
        waits=_waits_of(known, milestone) if ways else (),
        agreement=known.receipts.agreement(field) if field else None,
        reckoned_at=_elsewhere(ways, milestone.due_at),
    )


def _is_late(milestone: Milestone, until: datetime | None) -> bool:
    """Whether it is or was late; as the source says where it was promised elsewhere and ended there."""
    if milestone.is_in_time is not None:
        return not milestone.is_in_time
    return until is not None and late_seconds(milestone.due_at, until) > 0


def _late(facts: TicketFacts, milestone: Milestone, basis: Basis, until: datetime | None) -> int:
    """By how much on the clock of the limit; a date that was agreed is one on everybody's clock."""
    if milestone.due_at is None or until is None or until <= milestone.due_at:
        return 0
    clock = milestone.clock if basis is Basis.LIMIT else Clock.ELAPSED
    return counted(clock, facts.calendar, milestone.due_at, until)


def _waits_of(known: _Known, milestone: Milestone) -> list[WaitReason]:
    """The waits before the milestone was due or done, whether they stopped its clock or not; none moves a response."""
    if milestone.kind is MilestoneKind.FIRST_RESPONSE:
        return []
    ends = [each for each in (milestone.done_at, known.ended_at, milestone.due_at) if each is not None]
    return [
        wait
        for wait in known.receipts.waits
        if all((wait.told_at or wait.requested_at) < end for end in ends)
        and (wait.ended_at is None or wait.ended_at > milestone.started_at)
    ]


def _elsewhere(ways: Sequence[Way], due_at: datetime | None) -> datetime | None:
    """Where the way ends, if that is not the date as it is stored."""
    return ways[-1].end if ways and due_at is not None and ways[-1].end != due_at else None


def _is_by_resolution(milestone: Milestone, facts: TicketFacts) -> bool:
    """Whether nobody did it for itself: the resolution made it pointless, which is not the same as done."""
    if milestone.done_at is None or milestone.kind is MilestoneKind.RESOLUTION:
        return False
    return milestone.done_at not in facts.done_moments(milestone.kind)


def _step(known: _Known, row: AnyRow, step: LadderStep | EarlyWarning) -> StepReason:
    rule, facts, waits = row.LadderRule, known.facts, known.receipts.waits
    kind = rule.milestone or MilestoneKind.RESOLUTION
    of_kind = [each for each in known.milestones if each.kind is kind and each.due_at is not None]
    owed = hangs_on(facts, rule, step.due_at, of_kind) if rule.basis is LadderBasis.DUE_TIME else None
    begin, started_at = step_begin(facts, rule, step.due_at, owed.due_at if owed else None)
    is_owners = rule.owner_deadline_counts and step.due_at == facts.owner_deadline_at
    is_counted = not is_owners and (owed is not None or rule.basis is LadderBasis.OPEN_TIME)
    ways = step_ways(facts, rule, step.due_at, started_at, waits) if is_counted else []
    is_warning = isinstance(step, EarlyWarning)
    event = EventKind.WARNED if is_warning else EventKind.ESCALATED
    is_paused = rule.basis is LadderBasis.OPEN_TIME and bool(ways)
    return StepReason(
        level=rule.level if isinstance(step, EarlyWarning) else step.level,
        limit=limit_text(rule.value, rule.unit),
        value=rule.value,
        unit=rule.unit,
        clock=rule.clock,
        basis=rule.basis,
        begin=begin,
        started_at=started_at,
        milestone=kind if rule.basis is LadderBasis.DUE_TIME else None,
        is_owners_deadline=is_owners,
        turns_major=rule.turns_major,
        due_at=step.due_at,
        recorded_at=step.recorded_at,
        is_open=step.is_open,
        is_reached=step.due_at <= known.now,
        clause=_clause(rule, row.name),
        is_warning=is_warning,
        ways=ways,
        waits=[wait for wait in waits if wait.counts_from and wait.counts_from < step.due_at] if is_paused else (),
        told=known.receipts.told(event, rule.code, step.due_at),
        answers=known.receipts.answers(rule.code, step.due_at),
        reckoned_at=_elsewhere(ways, started_at if rule.value and rule.value < 0 else step.due_at),
    )


def _clause(rule: StandardRule | LadderRule, set_name: str) -> Clause:
    return Clause(set_name, rule.code, rule.source, rule.text, rule.is_ours, rule.valid_from)


def _clause_of_source(facts: TicketFacts) -> Clause:
    """No clause of ours: the system that promised it."""
    system = facts.source.system if facts.source is not None else ""
    return Clause(system, "", system, None, is_ours=False)


def _order(reason: MilestoneReason) -> tuple[bool, bool, datetime]:
    return not reason.is_open, reason.due_at is None, reason.due_at or reason.started_at
