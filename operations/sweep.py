"""The sweep: ladder steps that have come due are recorded, each once, whoever runs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session, aliased

from models.milestone import LadderStep
from models.standard import LadderRule
from models.ticket import Ticket
from models.ticket_event import EventKind, TicketEvent
from operations.write import Author, Insert, write, writing

CHUNK = 500  # steps recorded in one transaction


@dataclass(frozen=True, slots=True)
class SweepReport:
    recorded: int


def sweep(session: Session, now: datetime, by: Author) -> SweepReport:
    """Record every step due by `now`, with its event; runs its own transactions, one per chunk.

    A step that came due before the ticket was resolved is recorded even if the sweep comes later.

    Any number may sweep at once and be killed anywhere: a step and its event are written together or not at all.
    What another sweep or a person has in hand is left to it, or to the next run.
    """
    recorded = 0
    while True:
        with writing(session):
            due = _due(session, now)
            crossed = _record(session, due, now)
            write(
                session,
                [Insert(TicketEvent, escalation(step, step.previous_level, now, by)) for step in crossed],
                by=by,
                at=now,
            )
        recorded += len(crossed)
        if not due:
            return SweepReport(recorded)


def _due(session: Session, now: datetime) -> Sequence[int]:
    """The steps to record, most overdue first; their tickets are locked, as wherever else steps are moved."""
    statement = (
        select(LadderStep.id)
        .join(Ticket, Ticket.id == LadderStep.ticket_id)
        .where(LadderStep.recorded_at.is_(None), LadderStep.due_at <= now)
        .order_by(LadderStep.due_at, LadderStep.id)
        .limit(CHUNK)
    )
    return session.scalars(statement.with_for_update(of=Ticket, key_share=True, skip_locked=True)).all()


def _record(session: Session, step_ids: Sequence[int], now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Mark the steps recorded; returns those that nobody else had, lowest level first."""
    lower = aliased(LadderStep)
    previous = (
        select(func.coalesce(func.max(lower.level), 0))
        .where(lower.ticket_id == LadderStep.ticket_id, lower.level < LadderStep.level, lower.due_at <= now)
        .scalar_subquery()
    )
    statement = (
        update(LadderStep)
        .where(LadderStep.id.in_(step_ids), LadderStep.recorded_at.is_(None))
        .values(recorded_at=now, previous_level=previous)
        .returning(LadderStep.id)
        .execution_options(synchronize_session=False)
    )
    mine = session.scalars(statement).all()
    crossed = (
        select(LadderStep.ticket_id, LadderStep.estate_id, LadderStep.level, LadderStep.previous_level)
        .add_columns(LadderStep.due_at, LadderRule.source, LadderRule.code)
        .join(LadderRule, LadderRule.id == LadderStep.rule_id)
        .where(LadderStep.id.in_(mine))
        .order_by(LadderStep.ticket_id, LadderStep.level)
    )
    return session.execute(crossed).all()


def escalation(step: Row[*tuple[Any, ...]], previous: int, at: datetime, by: Author) -> dict[str, Any]:
    """The event of a step: from, to, which clause and when it was due (S3 第6篇 4.7–4.8, 第5篇 5.2)."""
    return {
        "estate_id": step.estate_id,
        "ticket_id": step.ticket_id,
        "kind": EventKind.ESCALATED,
        "at": at,
        "account_id": by.account_id,
        "data": {
            "from": previous,
            "to": step.level,
            "clause": step.source,
            "rule": step.code,
            "due_at": step.due_at.isoformat(),
        },
    }
