"""Escalation: open tickets by level and age, steps up the ladder, time to resolve, share on time, and the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, extract, func, literal, literal_column, select
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.milestone import LadderStep, Milestone, MilestoneKind
from models.ticket import IS_OPEN_SQL, Ticket, TicketKind, TicketState
from operations.scope import conditions
from reports.levels import level_by
from reports.zones import Place, by_zone, places, within
from rules.months import month_of
from rules.permissions import Scope
from rules.satisfaction import Share

LEVELS = (0, 1, 2, 3)  # front desk or assignee, supervisor, centre manager, HQ and general manager
LADDER_CLAUSE = "S3 第6篇 4.6–4.8, 第5篇 5.2, 4.1.3"
LIMITS_CLAUSE = "S3 第5篇 5.2, S2 二.4–5"
LOOK_BACK = timedelta(days=90)

_ticket, _step, _milestone = Ticket.__table__, LadderStep.__table__, Milestone.__table__

# In the words of the partial index: SQLite does not see through bound values.
_IS_OPEN: ColumnElement[bool] = literal_column(f"ticket.{IS_OPEN_SQL}")


class Age(Labelled):
    """How long a ticket has been open, in days of 24 hours; the ladder's limits (S3 第6篇 4.6–4.8) divide them."""

    UNDER_TWO_DAYS = "0-2", N_("Less than 2 days")
    TWO_TO_SEVEN_DAYS = "2-7", N_("2 to 7 days")
    SEVEN_TO_THIRTY_DAYS = "7-30", N_("7 to 30 days")
    OVER_THIRTY_DAYS = "30-", N_("30 days or more")


_OLDER_THAN = {
    Age.OVER_THIRTY_DAYS: timedelta(days=30),
    Age.SEVEN_TO_THIRTY_DAYS: timedelta(days=7),
    Age.TWO_TO_SEVEN_DAYS: timedelta(days=2),
}


class Promise(Labelled):
    """What became of a resolution that was due."""

    IN_TIME = "in_time", N_("In time")
    LATE = "late", N_("Late or not done")


@dataclass(frozen=True, slots=True)
class Speed:
    """How long it took to resolve: the number of tickets, mean and median in seconds."""

    resolved: int
    mean_seconds: float
    median_seconds: float


@dataclass(frozen=True, slots=True)
class EscalationReport:
    """The figures at a moment; groups without any row are left out."""

    now: datetime
    places: Sequence[Place]
    month_starts: Mapping[Place, datetime]
    open_tickets: Mapping[tuple[Place, int, Age], int]
    steps: Mapping[tuple[Place, int], int]
    speeds: Mapping[TicketKind, Speed]
    promises: Mapping[Place, Share]

    @property
    def since(self) -> datetime:
        return self.now - LOOK_BACK

    def month_start(self, place: Place | None) -> datetime | None:
        """When the month of the estate began; None for all together where the months began apart."""
        starts = {self.month_starts[place]} if place else set(self.month_starts.values())
        return starts.pop() if len(starts) == 1 else None


def escalation_report(session: Session, now: datetime, scope: Scope, estate_id: int | None = None) -> EscalationReport:
    """The figures within the scope, in five statements however many rows and estates there are."""
    found = places(session, scope, estate_id)
    by_id = {place.id: place for place in found}
    starts = {place: month_of(now, place.zone).start(place.zone) for place in found}
    return EscalationReport(
        now,
        found,
        starts,
        _open_tickets(session, now, scope, by_id),
        _steps(session, now, scope, by_id),
        _speeds(session, now, scope, by_id),
        _promises(session, now, scope, by_id),
    )


def tickets_behind(
    now: datetime, level: int | None = None, age: Age | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on tickets that leave exactly the open ones a figure counts."""
    found: list[ColumnElement[bool]] = [_IS_OPEN]
    if level is not None:
        found.append(level_by(now) == level)
    if age is not None:
        found.append(_age(now) == age.value)
    if estate_id is not None:
        found.append(_ticket.c.estate_id == estate_id)
    return tuple(found)


def promises_behind(
    now: datetime, promise: Promise | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on milestones that leave exactly the resolutions due in the last 90 days a figure counts.

    Those of tickets entered wrongly do not count (ours).
    """
    entered_wrongly = select(_ticket.c.id).where(_ticket.c.state == TicketState.VOID)
    found: list[ColumnElement[bool]] = [
        _milestone.c.kind == MilestoneKind.RESOLUTION,
        _milestone.c.due_at >= now - LOOK_BACK,
        _milestone.c.due_at <= now,
        _milestone.c.ticket_id.not_in(entered_wrongly),
    ]
    if promise is not None:
        in_time = func.coalesce(_milestone.c.done_at <= _milestone.c.due_at, False)
        found.append(in_time if promise is Promise.IN_TIME else ~in_time)
    if estate_id is not None:
        found.append(_milestone.c.estate_id == estate_id)
    return tuple(found)


def steps_behind(
    session: Session, now: datetime, scope: Scope, level: int | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on steps of the ladder that leave exactly those a figure counts."""
    found = _came_due(now, places(session, scope, estate_id))
    return (found,) if level is None else (found, _step.c.level == level)


def _came_due(now: datetime, found: Sequence[Place]) -> ColumnElement[bool]:
    """Steps that came due since the month began, each in its estate's zone."""
    next_second = now + timedelta(seconds=1)
    bounds = {zone: (month_of(now, zone).start(zone), next_second) for zone in by_zone(found)}
    return within(_step, _step.c.due_at, found, bounds)


def _age(now: datetime) -> ColumnElement[str]:
    older = [(_ticket.c.opened_at <= now - limit, literal(age.value)) for age, limit in _OLDER_THAN.items()]
    return case(*older, else_=literal(Age.UNDER_TWO_DAYS.value))


def _open_tickets(
    session: Session, now: datetime, scope: Scope, by_id: Mapping[int, Place]
) -> dict[tuple[Place, int, Age], int]:
    inner = (
        select(_ticket.c.estate_id, level_by(now).label("level"), _age(now).label("age"))
        .where(*conditions(Ticket, scope), _ticket.c.estate_id.in_(by_id), *tickets_behind(now))
        .subquery()
    )
    keys = (inner.c.estate_id, inner.c.level, inner.c.age)
    rows = session.execute(select(*keys, func.count()).group_by(*keys))
    ages = {age.value: age for age in Age}
    return {(by_id[estate_id], level, ages[age]): number for estate_id, level, age, number in rows}


def _steps(session: Session, now: datetime, scope: Scope, by_id: Mapping[int, Place]) -> dict[tuple[Place, int], int]:
    keys = (_step.c.estate_id, _step.c.level)
    asked = (*conditions(LadderStep, scope), _came_due(now, list(by_id.values())))
    rows = session.execute(select(*keys, func.count()).where(*asked).group_by(*keys))
    return {(by_id[estate_id], level): number for estate_id, level, number in rows}


def _speeds(session: Session, now: datetime, scope: Scope, by_id: Mapping[int, Place]) -> dict[TicketKind, Speed]:
    """From the first opening to the present resolution, of the tickets resolved in the last 90 days (ours)."""
    seconds = extract("epoch", _ticket.c.resolved_at) - extract("epoch", _ticket.c.opened_at)
    inner = (
        select(
            _ticket.c.kind,
            seconds.label("seconds"),
            func.row_number().over(partition_by=_ticket.c.kind, order_by=seconds).label("place"),
            func.count().over(partition_by=_ticket.c.kind).label("total"),
        )
        .where(
            *conditions(Ticket, scope),
            _ticket.c.estate_id.in_(by_id),
            _ticket.c.resolved_at >= now - LOOK_BACK,
            _ticket.c.resolved_at <= now,
        )
        .subquery()
    )
    in_the_middle = and_(inner.c.place * 2 >= inner.c.total, inner.c.place * 2 <= inner.c.total + 2)
    statement = select(
        inner.c.kind,
        func.count(),
        func.avg(inner.c.seconds),
        func.avg(inner.c.seconds).filter(in_the_middle),
    ).group_by(inner.c.kind)
    found = {kind: Speed(n, float(mean), float(median)) for kind, n, mean, median in session.execute(statement)}
    return {kind: found[kind] for kind in TicketKind if kind in found}


def _promises(session: Session, now: datetime, scope: Scope, by_id: Mapping[int, Place]) -> dict[Place, Share]:
    *_, in_time = promises_behind(now, Promise.IN_TIME)
    asked = (*conditions(Milestone, scope), *promises_behind(now), _milestone.c.estate_id.in_(by_id))
    statement = (
        select(_milestone.c.estate_id, func.count().filter(in_time), func.count())
        .where(*asked)
        .group_by(_milestone.c.estate_id)
    )
    rows = session.execute(statement)
    return {by_id[estate_id]: Share(good, total) for estate_id, good, total in rows}
