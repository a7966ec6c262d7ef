"""The overdue list: tickets past any milestone that is still owed, most overdue first."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.milestone import Milestone, MilestoneKind
from models.owner import Owner
from models.staff import Staff
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.unit import Unit
from operations.scope import conditions
from reports.levels import level_by
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


@dataclass(frozen=True, slots=True)
class OverdueRow:
    id: int
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
    statement = (
        _narrowed(_row_columns(now), now, scope, narrowed).order_by(Ticket.next_due_at, Ticket.id).limit(size + 1)
    )
    if after is not None:
        statement = statement.where(_follows(after))
    found = session.execute(statement).all()
    shown = found[:size]
    late = _late_milestones(session, now, [row.id for row in shown])
    rows = [_row(row, now, late.get(row.id, [])) for row in shown]
    last = shown[-1] if len(found) > size else None
    return OverduePage(rows, None if last is None else (last.next_due_at, last.id))


def overdue_ids(session: Session, now: datetime, scope: Scope, narrowed: OverdueFilter) -> Sequence[int]:
    """The ids of every ticket on the list, most overdue first."""
    statement = _narrowed(select(Ticket.id), now, scope, narrowed)
    return session.scalars(statement.order_by(Ticket.next_due_at, Ticket.id)).all()


def overdue_count(session: Session, now: datetime, scope: Scope, narrowed: OverdueFilter = OverdueFilter()) -> int:
    """How many tickets are on the list."""
    return session.scalar(_narrowed(select(func.count()).select_from(Ticket), now, scope, narrowed)) or 0


def overdue_counts_by_level(
    session: Session, now: datetime, scope: Scope, narrowed: OverdueFilter = OverdueFilter()
) -> dict[int, int]:
    """How many tickets of the list stand at each level that one stands at, lowest first."""
    levels = _narrowed(select(level_by(now).label("level")), now, scope, narrowed).subquery()
    statement = select(levels.c.level, func.count()).group_by(levels.c.level).order_by(levels.c.level)
    return dict(session.execute(statement).all())


def overdue_conditions(now: datetime, scope: Scope, narrowed: OverdueFilter) -> list[ColumnElement[bool]]:
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
    found: list[ColumnElement[bool]] = [Ticket.next_due_at < now, *conditions(Ticket, scope)]
    found += [column == value for column, value in equal if value is not None]
    found += [column.in_(list(values)) for column, values in among if values]
    found += _late_by(now, narrowed.lateness)
    if narrowed.level is not None:
        found.append(level_by(now) == narrowed.level)
    if narrowed.milestone is not None:
        found.append(_is_past(now, narrowed.milestone))
    return found


def _narrowed(statement: AnySelect, now: datetime, scope: Scope, narrowed: OverdueFilter) -> AnySelect:
    return statement.where(*overdue_conditions(now, scope, narrowed))


def _late_by(now: datetime, lateness: Lateness | None) -> list[ColumnElement[bool]]:
    two_days, seven_days = now - timedelta(days=2), now - timedelta(days=7)
    match lateness:
        case Lateness.UNDER_TWO_DAYS:
            return [Ticket.next_due_at > two_days]
        case Lateness.TWO_TO_SEVEN_DAYS:
            return [Ticket.next_due_at <= two_days, Ticket.next_due_at >= seven_days]
        case Lateness.OVER_SEVEN_DAYS:
            return [Ticket.next_due_at < seven_days]
    return []


def _is_past(now: datetime, kind: MilestoneKind) -> ColumnElement[bool]:
    return exists().where(Milestone.ticket_id == Ticket.id, Milestone.kind == kind, _IS_OPEN, Milestone.due_at < now)


def _row_columns(now: datetime) -> AnySelect:
    return (
        select(
            Ticket.id,
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
            level_by(now).label("level"),
        )
        .select_from(Ticket)
        .outerjoin(Unit, Unit.id == Ticket.unit_id)
        .outerjoin(Owner, Owner.id == Ticket.owner_id)
        .outerjoin(Staff, Staff.id == Ticket.assignee_id)
    )


def _follows(after: After) -> ColumnElement[bool]:
    due_at, ticket_id = after
    later = or_(Ticket.next_due_at > due_at, Ticket.id > ticket_id)
    return and_(Ticket.next_due_at >= due_at, later)  # the bound on its own is what an index can start from


def _late_milestones(
    session: Session, now: datetime, ticket_ids: Sequence[int]
) -> Mapping[int, Sequence[MilestoneKind]]:
    statement = (
        select(Milestone.ticket_id, Milestone.kind)
        .where(Milestone.ticket_id.in_(ticket_ids), _IS_OPEN, Milestone.due_at < now)
        .order_by(Milestone.due_at, Milestone.id)
    )
    found: dict[int, list[MilestoneKind]] = defaultdict(list)
    for ticket_id, kind in session.execute(statement):
        found[ticket_id].append(kind)
    return found


def _row(row: AnyRow, now: datetime, late: Sequence[MilestoneKind]) -> OverdueRow:
    return OverdueRow(
        **row._asdict(),
        late_seconds=late_seconds(row.next_due_at, now),
        milestones=late,
    )
