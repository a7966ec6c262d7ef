"""The last two days minute by minute: sweeps as things came due, who was told, and who answered in time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from importers.demo.dice import dice, minutes
from models.complaint import HandlingPlan, PlanState
from models.milestone import EarlyWarning, LadderStep
from models.notification import Notification, NotificationKind
from models.pause import IS_TO_ALLOW_SQL, Pause
from operations.acknowledging import acknowledge, mark_read
from operations.complaints import ask_for_decision
from operations.pausing import ask_for_approval
from operations.sweep import sweep
from operations.write import Author, writing

REPLAYED = timedelta(hours=40)
_A_MOMENT = timedelta(seconds=25)  # from coming due to the next sweep
_ANSWERED = 0.65  # so many of the calls are acknowledged
_OLD_NEWS = timedelta(hours=6)  # warnings as old as that were read


def replay(session: Session, today: date, now: datetime, by: Author) -> int:
    """Sweep as things come due until `now`, people answering some of what they are told; returns the steps recorded.

    Runs its own transactions.
    """
    recorded, at = 0, now - REPLAYED
    while at <= now:
        recorded += sweep(session, at, by).recorded
        _answer(session, today, at, now)
        at = _next(session, at) + _A_MOMENT
    recorded += sweep(session, now, by).recorded
    with writing(session):
        _ask(session, by)
        for account_id in session.scalars(select(Notification.account_id).distinct()).all():
            mark_read(session, account_id, now, _old_warnings(session, account_id, now - _OLD_NEWS))
    return recorded


def _next(session: Session, after: datetime) -> datetime:
    """The next moment at which something comes due; far away when nothing does."""
    unanswered = (Notification.acknowledged_at.is_(None), Notification.passed_up_at.is_(None))
    found = session.execute(
        select(
            select(func.min(LadderStep.due_at))
            .where(LadderStep.recorded_at.is_(None), LadderStep.due_at > after)
            .scalar_subquery(),
            select(func.min(EarlyWarning.due_at))
            .where(EarlyWarning.recorded_at.is_(None), EarlyWarning.is_open, EarlyWarning.due_at > after)
            .scalar_subquery(),
            select(func.min(Notification.acknowledge_by))
            .where(Notification.acknowledge_by > after, *unanswered)
            .scalar_subquery(),
        )
    ).one()
    session.rollback()
    return min((moment for moment in found if moment is not None), default=after + 2 * REPLAYED)


def _answer(session: Session, today: date, at: datetime, now: datetime) -> None:
    """Of those told at that moment some acknowledge, within the two hours they have."""
    statement = select(Notification).where(Notification.created_at == at, Notification.acknowledge_by.is_not(None))
    first = {told.occasion: told for told in session.scalars(statement.order_by(Notification.id.desc()))}
    asked = [(told.account_id, told.ticket_id, told.occasion) for told in first.values() if told.ticket_id]
    session.rollback()
    for account_id, ticket_id, occasion in asked:
        random = dice(today, "answer", occasion)
        answered_at = at + minutes(random, 6, 100)
        if random.random() < _ANSWERED and answered_at <= now:
            with writing(session):
                acknowledge(session, account_id, ticket_id, Author(account_id), answered_at)


def _ask(session: Session, by: Author) -> None:
    """Tell of the pauses and plans that wait for a decision."""
    for pause in session.scalars(select(Pause).where(text(IS_TO_ALLOW_SQL))).all():
        if pause.told_at is not None:
            ask_for_approval(session, pause.ticket_id, by, pause.told_at)
    for plan in session.scalars(select(HandlingPlan).where(HandlingPlan.state == PlanState.DRAFTED)).all():
        ask_for_decision(session, plan.ticket_id, by, plan.drafted_at)


def _old_warnings(session: Session, account_id: int, before: datetime) -> Sequence[int]:
    statement = select(Notification.id).where(
        Notification.account_id == account_id,
        Notification.created_at < before,
        Notification.kind == NotificationKind.WARNED,
    )
    return session.scalars(statement).all()
