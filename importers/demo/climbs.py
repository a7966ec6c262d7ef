"""Ladder steps of the past, recorded as sweeps at their time would have done it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from importers.demo.dice import dice, minutes
from models.milestone import EarlyWarning, LadderStep
from models.standard import LadderRule
from models.ticket import Ticket
from models.ticket_event import TicketEvent
from operations.sweep import escalation
from operations.write import Author, Change, Insert, Update, write

_PAUSE = 15  # minutes from one sweep to the next


def record_past_steps(session: Session, estate_ids: list[int], today: date, by: Author, at: datetime) -> int:
    """Record every step that a sweep would have met before `at`, and the early warnings; returns how many steps.

    Inside `writing`.
    """
    statement = (
        select(LadderStep.id, LadderStep.ticket_id, LadderStep.estate_id, LadderStep.level, LadderStep.due_at)
        .add_columns(LadderRule.source, LadderRule.code, Ticket.code.label("ticket_code"))
        .join(LadderRule, LadderRule.id == LadderStep.rule_id)
        .join(Ticket, Ticket.id == LadderStep.ticket_id)
        .where(LadderStep.estate_id.in_(estate_ids), LadderStep.recorded_at.is_(None))
        .where(LadderStep.due_at <= at - timedelta(minutes=_PAUSE))
        .order_by(LadderStep.ticket_id, LadderStep.level)
    )
    steps = session.execute(statement).all()
    changes = [
        change
        for _, climb in groupby(steps, key=lambda step: step.ticket_id)
        for change in _climbed(list(climb), today, by)
    ]
    write(session, [*changes, *_warned(session, estate_ids, at)], by=by, at=at)
    return len(steps)


def _warned(session: Session, estate_ids: list[int], at: datetime) -> list[Change]:
    """Early warnings of the past, told at their time; who was told is long forgotten."""
    statement = select(EarlyWarning.id, EarlyWarning.due_at).where(
        EarlyWarning.estate_id.in_(estate_ids), EarlyWarning.recorded_at.is_(None), EarlyWarning.due_at <= at
    )
    return [
        Update(EarlyWarning, row.id, {"recorded_at": row.due_at + timedelta(seconds=40)})
        for row in session.execute(statement)
    ]


def _climbed(climb: list[Row[*tuple[Any, ...]]], today: date, by: Author) -> Iterator[Change]:
    pause = minutes(dice(today, "sweep", climb[0].ticket_code), 0.2, _PAUSE)
    for number, step in enumerate(climb):
        recorded_at = step.due_at + pause
        earlier = [each.level for each in climb[:number] if each.due_at <= recorded_at]
        previous = max(earlier, default=0)
        yield Update(LadderStep, step.id, {"recorded_at": recorded_at, "previous_level": previous})
        yield Insert(TicketEvent, escalation(step, previous, recorded_at, by))
