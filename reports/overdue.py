"""The overdue list: tickets past any milestone that is still owed, most overdue first."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, exists, func, literal, or_, select, text
from sqlalchemy.orm import Session

from models.base import N_, Key, Labelled, UtcDateTime
from models.milestone import Milestone, MilestoneKind
from models.owner import Owner
from models.staff import Staff
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.unit import Unit
from operations.scope import conditions
from reports.levels import level_by
from reports.listing import COUNT_CAP
from rules.deadlines import late_seconds
from rules.permissions import Scope

After = tuple[datetime, int]
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]

# Bare, as the partial index has it: SQLite does not see through the `= 1` that SQLAlchemy would write.
_IS_OPEN = text("milestone.is_open")


class Lateness(Labelled):
    """How long ago the most overdue milestone was due, in days of 24 hours."""

    UNDER_TWO_DAYS = "<2d", N_("Less than 2 days")
    TWO_TO_SEVEN_DAYS = "2-7d", N_("2 to 7 days")
    OVER_SEVEN_DAYS = ">7d", N_("More than 7 days")


@dataclass(frozen=True, slots=True)
class OverdueFilter:
    """What the list is narrowed to; what is empty does not narrow it."""

    estate_ids: Collection[int] = ()
    building_id: int | None = None
    kinds: Collection[TicketKind] = ()
    severities: Collection[Severity] = ()
    level: int | None = None
    assignee_id: int | None = None
    lateness: Lateness | None = None
    milestone: MilestoneKind | None = None

    def hashable(self) -> Self:
        """The same with tuples, for statements that are kept."""
        return replace(
            self,
            estate_ids=tuple(self.estate_ids),
            kinds=tuple(self.kinds),
            severities=tuple(self.severities),
        )


@dataclass(frozen=True, slots=True)
class OverdueRow:
    id: int
    estate_id: int
    version: int
    code: str
    subject: str
    unit_code: str | None
    owner_name: str | None
    kind: TicketKind
    severity: Severity | None
    state: TicketState
    assignee_name: str | None
    opened_at: datetime
    next_due_at: datetime
    late_seconds: int
    level: int
    milestones: Sequence[MilestoneKind]


@dataclass(frozen=True, slots=True)
class OverduePage:
    """Some rows of the list; `after` leads to the next page, None on the last."""

    rows: Sequence[OverdueRow]
    after: After | None


def overdue_page(
    session: Session,
    now: datetime,
    scope: Scope,
    narrowed: OverdueFilter,
    after: After | None = None,
    size: int = 50,
) -> OverduePage:
    """The rows that follow `after`, two statements whatever the size."""
    statement = _page_statement(scope, narrowed.hashable(), after is not None)
    cursor = {} if after is None else {"after_due_at": after[0], "after_id": after[1]}
    found = session.connection().execute(statement, {**_moments(now), **cursor, "most": size + 1}).all()
    shown = found[:size]
    late = _late_milestones(session, now, [row.id for row in shown])
    rows = [_row(row, now, late.get(row.id, [])) for row in shown]
    last = shown[-1] if len(found) > size else None
    return OverduePage(rows, None if last is None else (last.next_due_at, last.id))


def overdue_ids(session: Session, now: datetime, scope: Scope, narrowed: OverdueFilter) -> Sequence[int]:
    """The ids of every ticket on the list, most overdue first."""
    statement = select(Ticket.id).where(*_overdue(scope, narrowed)).order_by(Ticket.next_due_at, Ticket.id)
    return session.scalars(statement, _moments(now)).all()


def overdue_count(
    session: Session,
    now: datetime,
    scope: Scope,
    narrowed: OverdueFilter = OverdueFilter(),
    cap: int = COUNT_CAP,
) -> int:
    """How many tickets are on the list, counted no further than `cap` + 1."""
    statement = _count_statement(scope, narrowed.hashable())
    return session.connection().execute(statement, {**_moments(now), "most": cap + 1}).scalar_one()


def overdue_counts_by_level(
    session: Session, now: datetime, scope: Scope, narrowed: OverdueFilter = OverdueFilter()
) -> dict[int, int]:
    """How many tickets of the list stand at each level that one stands at, lowest first.

    Of more than 10,000 the first as the index has them are told apart, and one more, so that the sum says so.
    """
    statement = _levels_statement(scope, narrowed.hashable())
    return dict(session.connection().execute(statement, {**_moments(now), "most": COUNT_CAP + 1}).all())


def _moments(now: datetime) -> dict[str, datetime]:
    """What the statements below bind: they are made once for what the list is narrowed to, whatever the time."""
    return {"now": now, "two_days_ago": now - timedelta(days=2), "seven_days_ago": now - timedelta(days=7)}


_NOW, _TWO_DAYS_AGO, _SEVEN_DAYS_AGO = (
    bindparam(name, type_=UtcDateTime()) for name in ("now", "two_days_ago", "seven_days_ago")
)
_MOST = bindparam("most", type_=Integer())


@lru_cache(maxsize=256)
def _page_statement(scope: Scope, narrowed: OverdueFilter, is_further: bool) -> AnySelect:
    statement = _ROWS.where(*_overdue(scope, narrowed), *([_follows()] if is_further else []))
    return statement.order_by(Ticket.next_due_at, Ticket.id).limit(_MOST)


@lru_cache(maxsize=256)
def _count_statement(scope: Scope, narrowed: OverdueFilter) -> Select[int]:
    listed = select(literal(1)).select_from(Ticket).where(*_overdue(scope, narrowed)).limit(_MOST)
    return select(func.count()).select_from(listed.subquery())


@lru_cache(maxsize=256)
def _levels_statement(scope: Scope, narrowed: OverdueFilter) -> Select[int, int]:
    listed = select(Ticket.id).where(*_overdue(scope, narrowed)).limit(_MOST).subquery()
    levels = select(level_by(_NOW, listed.c.id).label("level")).select_from(listed).subquery()
    return select(levels.c.level, func.count()).group_by(levels.c.level).order_by(levels.c.level)


def _overdue(scope: Scope, narrowed: OverdueFilter) -> list[ColumnElement[bool]]:
    """The conditions on a query of tickets that make it the list."""
    equal = [
        (Ticket.building_id, narrowed.building_id),
        (Ticket.assignee_id, narrowed.assignee_id),
    ]
    among = [
        (Ticket.estate_id, narrowed.estate_ids),
        (Ticket.kind, narrowed.kinds),
        (Ticket.severity, narrowed.severities),
    ]
    found: list[ColumnElement[bool]] = [Ticket.next_due_at < _NOW, *conditions(Ticket, scope)]
    found += [column == value for column, value in equal if value is not None]
    found += [column.in_(list(values)) for column, values in among if values]
    found += _late_by(narrowed.lateness)
    if narrowed.level is not None:
        found.append(level_by(_NOW) == narrowed.level)
    if narrowed.milestone is not None:
        found.append(_is_past(narrowed.milestone))
    return found


def _late_by(lateness: Lateness | None) -> list[ColumnElement[bool]]:
    match lateness:
        case Lateness.UNDER_TWO_DAYS:
            return [Ticket.next_due_at > _TWO_DAYS_AGO]
        case Lateness.TWO_TO_SEVEN_DAYS:
            return [Ticket.next_due_at <= _TWO_DAYS_AGO, Ticket.next_due_at >= _SEVEN_DAYS_AGO]
        case Lateness.OVER_SEVEN_DAYS:
            return [Ticket.next_due_at < _SEVEN_DAYS_AGO]
    return []


def _is_past(kind: MilestoneKind) -> ColumnElement[bool]:
    return exists().where(Milestone.ticket_id == Ticket.id, Milestone.kind == kind, _IS_OPEN, Milestone.due_at < _NOW)


def _row_columns() -> AnySelect:
    return (
        select(
            Ticket.id,
            Ticket.estate_id,
            Ticket.version,
            Ticket.code,
            Ticket.subject,
            Unit.code.label("unit_code"),
            Owner.name.label("owner_name"),
            Ticket.kind,
            Ticket.severity,
            Ticket.state,
            Staff.name.label("assignee_name"),
            Ticket.opened_at,
            Ticket.next_due_at,
            level_by(_NOW).label("level"),
        )
        .select_from(Ticket)
        .outerjoin(Unit, Unit.id == Ticket.unit_id)
        .outerjoin(Owner, Owner.id == Ticket.owner_id)
        .outerjoin(Staff, Staff.id == Ticket.assignee_id)
    )


# Made once, whatever the list is narrowed to.
_ROWS = _row_columns()
_LATE = (
    select(Milestone.ticket_id, Milestone.kind)
    .where(Milestone.ticket_id.in_(bindparam("ids", expanding=True)), _IS_OPEN)
    .where(Milestone.due_at < _NOW)
    .order_by(Milestone.due_at, Milestone.id)
)


def _follows() -> ColumnElement[bool]:
    due_at = bindparam("after_due_at", type_=UtcDateTime())
    later = or_(Ticket.next_due_at > due_at, Ticket.id > bindparam("after_id", type_=Key))
    return and_(Ticket.next_due_at >= due_at, later)  # the bound on its own is what an index can start from


def _late_milestones(
    session: Session, now: datetime, ticket_ids: Sequence[int]
) -> Mapping[int, Sequence[MilestoneKind]]:
    found: dict[int, list[MilestoneKind]] = defaultdict(list)
    for ticket_id, kind in session.connection().execute(_LATE, {"ids": list(ticket_ids), "now": now}):
        found[ticket_id].append(kind)
    return found


def _row(row: AnyRow, now: datetime, late: Sequence[MilestoneKind]) -> OverdueRow:
    return OverdueRow(
        **row._asdict(),
        late_seconds=late_seconds(row.next_due_at, now),
        milestones=late,
    )
