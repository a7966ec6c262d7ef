"""Which reviews the estates owe, the figures of a period, and who is told of one that is late."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.estate import Estate
from models.review import Review, ReviewKind
from models.ticket import IS_OPEN_SQL, Ticket, TicketKind
from operations.scope import conditions
from rules.permissions import Scope
from rules.reviews import Period, earliest_on, periods

_ticket = Ticket.__table__.c
# In the words of the partial index: SQLite does not see through bound values.
_IS_OPEN: ColumnElement[bool] = literal_column(f"ticket.{IS_OPEN_SQL}")


class Owing(Labelled):
    """Whether the time for the sign-off has run out."""

    DUE = "due", N_("Within the limit")
    LATE = "late", N_("Past the limit")


@dataclass(frozen=True, slots=True)
class OwedReview:
    """A review that nobody has signed yet."""

    estate_id: int
    estate: str
    period: Period
    owing: Owing


def owed_reviews(
    session: Session,
    now: datetime,
    scope: Scope,
    kinds: Collection[ReviewKind] = tuple(ReviewKind),
    owing: Owing | None = None,
) -> Sequence[OwedReview]:
    """What the estates within the scope still owe, the longest overdue first; two statements."""
    signed = _signed(session, now, scope)
    found = [
        OwedReview(row.id, f"{row.code} {row.name}", each, Owing.LATE if now > each.due_at else Owing.DUE)
        for row in _started(session, scope)
        for each in _periods(row, kinds, now)
        if (row.id, each.kind, each.on) not in signed
    ]
    wanted = [each for each in found if owing in (None, each.owing)]
    return sorted(wanted, key=lambda each: (each.period.due_at, each.estate, each.period.kind))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a review shows, as it stood: tickets of the period, and what is open, overdue or nobody's now."""

    taken_in: int
    resolved: int
    open_complaints: int
    overdue: int
    unassigned: int


def figures(session: Session, estate_id: int, asked: Period, now: datetime) -> Figures:
    """The figures of the estate: of the period what came and what was resolved, of now what is open and late."""
    of_period = [
        _number(estate_id, moment >= asked.starts_at, moment < asked.ends_at)
        for moment in (_ticket.opened_at, _ticket.resolved_at)
    ]
    of_now = [
        _number(estate_id, _IS_OPEN, _ticket.kind == TicketKind.COMPLAINT),
        _number(estate_id, _ticket.next_due_at < now),
        _number(estate_id, _IS_OPEN, _ticket.assignee_id.is_(None)),
    ]
    numbers = session.execute(select(*(each.scalar_subquery() for each in (*of_period, *of_now)))).one()
    return Figures(*numbers)


def _number(estate_id: int, *where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(Ticket).where(_ticket.estate_id == estate_id, *where)


def _started(session: Session, scope: Scope) -> Sequence[Any]:
    """The estates with the opening of their first ticket, looked up by index for each; those without owe nothing."""
    first = select(func.min(_ticket.opened_at)).where(_ticket.estate_id == Estate.id).scalar_subquery()
    statement = select(Estate.id, Estate.code, Estate.name, Estate.time_zone, first.label("opened_at"))
    rows = session.execute(statement.where(*conditions(Estate, scope)).order_by(Estate.code)).all()
    return [row for row in rows if row.opened_at is not None]


def _periods(row: Any, kinds: Collection[ReviewKind], now: datetime) -> list[Period]:
    zone = ZoneInfo(row.time_zone)
    first_on = row.opened_at.astimezone(zone).date()
    return [each for kind in kinds for each in periods(kind, first_on, now, zone)]


def _signed(session: Session, now: datetime, scope: Scope) -> set[tuple[int, ReviewKind, date]]:
    columns = (Review.estate_id, Review.kind, Review.period_on)
    where = (*conditions(Review, scope), Review.period_on >= earliest_on(now))
    return {(row.estate_id, row.kind, row.period_on) for row in session.execute(select(*columns).where(*where))}
