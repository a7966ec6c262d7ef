"""Acknowledging: who was told answers, and what nobody answers in time goes one level up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from models.account import Account
from models.notification import Notification, NotificationKind
from models.ticket import OPEN_STATES, Ticket
from models.ticket_event import EventKind, TicketEvent
from operations.telling import Occasion, Told, tell
from operations.write import Author, Insert, write

AnyRow = Row[*tuple[Any, ...]]
_IS_ASKED = (Notification.acknowledge_by.is_not(None), Notification.acknowledged_at.is_(None))


def asked_of(session: Session, account_id: int, ticket_id: int) -> Sequence[Notification]:
    """What the person was told of the ticket and nobody has acknowledged yet, the oldest first."""
    statement = select(Notification).where(
        Notification.ticket_id == ticket_id, Notification.account_id == account_id, *_IS_ASKED
    )
    return session.scalars(statement.order_by(Notification.id)).all()


def acknowledge(session: Session, account_id: int, ticket_id: int, by: Author, at: datetime) -> int:
    """Answer all that the person was told of the ticket, with an event for each; returns how many there were.

    It stands for everybody told on the same occasion. Late is better than never: what went up meanwhile can still be
    acknowledged, and says so. Inside `writing`.
    """
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True))
    asked = asked_of(session, account_id, ticket_id)
    occasions = [each.occasion for each in asked]
    events = [Insert(TicketEvent, _acknowledged(each, by, at)) for each in asked]
    answer = {"acknowledged_at": at, "acknowledged_by_id": account_id}
    session.execute(
        update(Notification)
        .where(Notification.occasion.in_(occasions), *_IS_ASKED)
        .values(answer)
        .execution_options(synchronize_session=False)
    )
    mark_read(session, account_id, at, [each.id for each in asked])
    write(session, events, by=by, at=at)
    return len(events)


def mark_read(session: Session, account_id: int, at: datetime, ids: Sequence[int] | None = None) -> None:
    """Take these notifications of the person as read; all of them where none are named. Inside `writing`."""
    mine = [Notification.account_id == account_id, Notification.read_at.is_(None)]
    if ids is not None:
        mine.append(Notification.id.in_(ids))
    session.execute(update(Notification).where(*mine).values(read_at=at).execution_options(synchronize_session=False))


def settle(session: Session, ticket_id: int, kinds: Sequence[NotificationKind], at: datetime) -> None:
    """Take what asked for a decision on the ticket as read by all: there is none left to make. Inside `writing`."""
    asked = (Notification.ticket_id == ticket_id, Notification.kind.in_(kinds), Notification.read_at.is_(None))
    session.execute(update(Notification).where(*asked).values(read_at=at).execution_options(synchronize_session=False))


def _acknowledged(asked: Notification, by: Author, at: datetime) -> dict[str, Any]:
    data = {"level": asked.level, "kind": asked.kind.value, "told_at": asked.created_at.isoformat()}
    return {
        "estate_id": asked.estate_id,
        "ticket_id": asked.ticket_id,
        "kind": EventKind.ACKNOWLEDGED,
        "at": at,
        "account_id": by.account_id,
        "data": data | ({"late": True} if asked.passed_up_at is not None else {}),
    }


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """An occasion that nobody told of it has answered in time."""

    occasion: str
    ticket_id: int
    estate_id: int
    level: int
    asked_until: datetime
    data: dict[str, Any]
    names: Sequence[str]

    @property
    def next_key(self) -> str:
        """Of the same chain the occasion one level up: each level is asked once."""
        return f"{self.occasion.partition('/')[0]}/{self.level + 1}"


def pass_up(session: Session, now: datetime, by: Author, most: int) -> tuple[int, int]:
    """Tell the next level of what was not acknowledged by `now`; returns how much was due and how much of it went up.

    What concerns a ticket that has ended asks for no answer any more. Inside `writing`.
    """
    due = session.execute(_due(now, most)).all()
    ended = [row.occasion for row in due if row.state not in OPEN_STATES]
    session.execute(_pending(ended).values(acknowledge_by=None))
    late = _unanswered(session, [row.occasion for row in due if row.state in OPEN_STATES], now)
    told = tell(session, [_one_up(each) for each in late], by, now)
    write(session, [_not_acknowledged(each, told[each.next_key], by, now) for each in late], by=by, at=now)
    return len(due), len(late)


def _due(now: datetime, most: int) -> Any:
    """Notifications whose time is over, with the state of their tickets, which are locked."""
    return (
        select(Notification.occasion, Ticket.state)
        .join(Ticket, Ticket.id == Notification.ticket_id)
        .where(Notification.acknowledge_by <= now, *_IS_ASKED, Notification.passed_up_at.is_(None))
        .order_by(Notification.acknowledge_by, Notification.id)
        .limit(most)
        .with_for_update(of=Ticket, key_share=True, skip_locked=True)
    )


def _pending(occasions: Sequence[str]) -> Any:
    return (
        update(Notification)
        .where(Notification.occasion.in_(occasions), *_IS_ASKED, Notification.passed_up_at.is_(None))
        .execution_options(synchronize_session=False)
    )


def _unanswered(session: Session, occasions: Sequence[str], now: datetime) -> list[_Unanswered]:
    """Mark the occasions passed up; returns those that nobody else had, each once, in the order of their tickets."""
    marking = _pending(occasions).values(passed_up_at=now).returning(Notification.id)
    mine = session.scalars(marking).all()
    columns = (Notification.occasion, Notification.ticket_id, Notification.estate_id, Notification.level)
    statement = (
        select(*columns, Notification.acknowledge_by, Notification.data, Account.name)
        .join(Account, Account.id == Notification.account_id)
        .where(Notification.id.in_(mine))
        .order_by(Notification.ticket_id, Notification.id)
    )
    found: dict[str, _Unanswered] = {}
    for occasion, ticket_id, estate_id, level, asked_until, data, name in session.execute(statement):
        names = (*(found[occasion].names if occasion in found else ()), name)
        found[occasion] = _Unanswered(occasion, ticket_id, estate_id, level, asked_until, data, names)
    return list(found.values())


def _one_up(late: _Unanswered) -> Occasion:
    return Occasion(
        key=late.next_key,
        kind=NotificationKind.NOT_ACKNOWLEDGED,
        estate_id=late.estate_id,
        ticket_id=late.ticket_id,
        level=late.level + 1,
        asks=True,
        data={**late.data, "level": late.level, "names": list(late.names), "due_at": late.asked_until.isoformat()},
    )


def _not_acknowledged(late: _Unanswered, told: Told, by: Author, now: datetime) -> Insert:
    values = {
        "estate_id": late.estate_id,
        "ticket_id": late.ticket_id,
        "kind": EventKind.NOT_ACKNOWLEDGED,
        "at": now,
        "account_id": by.account_id,
        "data": {
            "from": late.level,
            "to": told.level,
            "due_at": late.asked_until.isoformat(),
            "names": list(late.names),
            **told.as_data(),
        },
    }
    return Insert(TicketEvent, values)
