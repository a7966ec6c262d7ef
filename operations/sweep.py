"""The sweep: what has come due is recorded and told, each once, whoever runs it: steps, warnings, calls unanswered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session, aliased

from models.milestone import EarlyWarning, LadderStep
from models.notification import NotificationKind
from models.standard import LadderRule
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.acknowledging import pass_up
from operations.reviews import tell_late
from operations.telling import Occasion, Told, tell
from operations.ticket_facts import class_values
from operations.write import Author, Change, Insert, Update, write, writing

CHUNK = 500  # crossings recorded in one transaction

_IS_OPEN = text("early_warning.is_open")  # as the partial index has it
AnyRow = Row[*tuple[Any, ...]]
# Records at most so many of what is due; returns how many were due, and how many of them nobody else had.
Recorder = Callable[[Session, datetime, Author, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many steps were recorded, warnings told, calls that nobody answered passed up, and late reviews told."""

    recorded: int
    warned: int = 0
    passed_up: int = 0
    reviews: int = 0


def sweep(session: Session, now: datetime, by: Author) -> SweepReport:
    """Record what is due by `now` with its event, and tell whom it concerns; runs its own transactions, one per chunk.

    A step that came due before the ticket was resolved is recorded even if the sweep comes later; a warning whose
    ticket has ended is not told any more. A complaint that turned major by a step is reclassified as of the moment
    at which the step came due (S3 第5篇 4.1.3).

    Any number may sweep at once and be killed anywhere: a step, its event and its notifications are written together
    or not at all. What another sweep or a person has in hand is left to it, or to the next run.
    """
    return SweepReport(
        recorded=_each_chunk(session, now, by, _steps),
        warned=_each_chunk(session, now, by, _warnings),
        passed_up=_each_chunk(session, now, by, pass_up),
        reviews=_each_chunk(session, now, by, tell_late),
    )


def _each_chunk(session: Session, now: datetime, by: Author, record: Recorder) -> int:
    """Run `record` in a transaction of its own until nothing is due any more; returns how many it recorded."""
    total = 0
    while True:
        with writing(session):
            found, recorded = record(session, now, by, CHUNK)
        total += recorded
        if not found:
            return total


def _steps(session: Session, now: datetime, by: Author, most: int) -> tuple[int, int]:
    """How many steps were due, and how many of them nobody else had."""
    due = _due(session, LadderStep, now, most)
    crossed = _record_steps(session, due, now)
    _turn_major(session, [step for step in crossed if step.turns_major], by, now)
    told = tell(session, [_step_told(step) for step in crossed], by, now)
    events: list[Change] = [
        Insert(TicketEvent, escalation(step, step.previous_level, now, by, told[_step_key(step)])) for step in crossed
    ]
    write(session, events, by=by, at=now)
    return len(due), len(crossed)


def _due(session: Session, model: type[LadderStep | EarlyWarning], now: datetime, most: int) -> Sequence[int]:
    """What to record, most overdue first; the tickets are locked, as wherever else steps are moved."""
    is_pending: list[Any] = [model.recorded_at.is_(None), model.due_at <= now]
    if model is EarlyWarning:
        is_pending.append(_IS_OPEN)
    statement = (
        select(model.id)
        .join(Ticket, Ticket.id == model.ticket_id)
        .where(*is_pending)
        .order_by(model.due_at, model.id)
        .limit(most)
    )
    return session.scalars(statement.with_for_update(of=Ticket, key_share=True, skip_locked=True)).all()


def _record_steps(session: Session, step_ids: Sequence[int], now: datetime) -> Sequence[AnyRow]:
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
        .add_columns(LadderStep.due_at, LadderRule.source, LadderRule.code, LadderRule.turns_major)
        .join(LadderRule, LadderRule.id == LadderStep.rule_id)
        .where(LadderStep.id.in_(mine))
        .order_by(LadderStep.ticket_id, LadderStep.level)
    )
    return session.execute(crossed).all()


def _step_key(step: AnyRow) -> str:
    return f"step:{step.ticket_id}:{step.level}"


def _step_told(step: AnyRow) -> Occasion:
    return Occasion(
        key=_step_key(step),
        kind=NotificationKind.ESCALATED,
        estate_id=step.estate_id,
        ticket_id=step.ticket_id,
        level=step.level,
        asks=True,
        data={"level": step.level, **_origin(step)},
    )


def _origin(crossed: AnyRow) -> dict[str, Any]:
    return {"clause": crossed.source, "rule": crossed.code, "due_at": crossed.due_at.isoformat()}


def escalation(step: AnyRow, previous: int, at: datetime, by: Author, told: Told | None = None) -> dict[str, Any]:
    """The event of a step: from, to, which clause, when it was due (S3 第6篇 4.7–4.8, 第5篇 5.2), who was told how."""
    return {
        "estate_id": step.estate_id,
        "ticket_id": step.ticket_id,
        "kind": EventKind.ESCALATED,
        "at": at,
        "account_id": by.account_id,
        "data": {"from": previous, "to": step.level, **_origin(step), **(told.as_data() if told is not None else {})},
    }


def _turn_major(session: Session, steps: Sequence[AnyRow], by: Author, now: datetime) -> None:
    """Reclassify the complaints that the steps turn major, as of the moment at which each came due."""
    by_ticket = {step.ticket_id: step for step in steps}
    columns = Ticket.__table__.columns
    names = ("id", "kind", "category", "severity")
    statement = select(*(columns[name] for name in names)).where(
        Ticket.id.in_(by_ticket),
        Ticket.kind == TicketKind.COMPLAINT,
        Ticket.severity != Severity.MAJOR,
        Ticket.state != TicketState.VOID,
    )
    changes: list[Change] = []
    for ticket in session.execute(statement).mappings() if by_ticket else ():
        changes += _turned_major(ticket, by_ticket[ticket["id"]], by, now)
    write(session, changes, by=by, at=now)


def _turned_major(ticket: Any, step: AnyRow, by: Author, now: datetime) -> list[Change]:
    after = {"severity": Severity.MAJOR}
    event = {
        "estate_id": step.estate_id,
        "ticket_id": step.ticket_id,
        "kind": EventKind.RECLASSIFIED,
        "at": now,
        "account_id": by.account_id,
        "data": {
            "from": class_values(ticket),
            "to": class_values({**ticket, **after}),
            "since": step.due_at.isoformat(),
            "clause": step.source,
            "rule": step.code,
        },
    }
    return [Update(Ticket, step.ticket_id, after), Insert(TicketEvent, event)]


def _warnings(session: Session, now: datetime, by: Author, most: int) -> tuple[int, int]:
    """How many warnings were due, and how many of them nobody else had."""
    due = _due(session, EarlyWarning, now, most)
    crossed = _record_warnings(session, due, now)
    told = tell(session, [_warning_told(each) for each in crossed], by, now)
    write(session, [_warned(each, now, by, told[_warning_key(each)]) for each in crossed], by=by, at=now)
    return len(due), len(crossed)


def _record_warnings(session: Session, warning_ids: Sequence[int], now: datetime) -> Sequence[AnyRow]:
    statement = (
        update(EarlyWarning)
        .where(EarlyWarning.id.in_(warning_ids), EarlyWarning.recorded_at.is_(None), _IS_OPEN)
        .values(recorded_at=now)
        .returning(EarlyWarning.id)
        .execution_options(synchronize_session=False)
    )
    mine = session.scalars(statement).all()
    crossed = (
        select(EarlyWarning.ticket_id, EarlyWarning.estate_id, EarlyWarning.milestone, EarlyWarning.round)
        .add_columns(EarlyWarning.rule_id, EarlyWarning.due_at, LadderRule.level, LadderRule.source, LadderRule.code)
        .join(LadderRule, LadderRule.id == EarlyWarning.rule_id)
        .where(EarlyWarning.id.in_(mine))
        .order_by(EarlyWarning.ticket_id, EarlyWarning.due_at, EarlyWarning.id)
    )
    return session.execute(crossed).all()


def _warning_key(warning: AnyRow) -> str:
    return f"warning:{warning.ticket_id}:{warning.rule_id}:{warning.round}"


def _warning_told(warning: AnyRow) -> Occasion:
    return Occasion(
        key=_warning_key(warning),
        kind=NotificationKind.WARNED,
        estate_id=warning.estate_id,
        ticket_id=warning.ticket_id,
        level=warning.level,
        data=_warning_data(warning),
    )


def _warning_data(warning: AnyRow) -> dict[str, Any]:
    milestone = warning.milestone.value if warning.milestone is not None else None
    return {"level": warning.level, "milestone": milestone, **_origin(warning)}


def _warned(warning: AnyRow, now: datetime, by: Author, told: Told) -> Insert:
    values = {
        "estate_id": warning.estate_id,
        "ticket_id": warning.ticket_id,
        "kind": EventKind.WARNED,
        "at": now,
        "account_id": by.account_id,
        "data": {**_warning_data(warning), **told.as_data()},
    }
    return Insert(TicketEvent, values)
