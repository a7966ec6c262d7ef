"""What the kept counts count: each summary once as a rule on one row and, beside it, once as a statement on all.

A test holds the two together on the same rows.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, case, cast, extract, func, literal, select
from sqlalchemy.sql.elements import KeyedColumnElement

from models.base import Base
from models.callback import Callback, CallbackOutcome
from models.milestone import LadderStep, Milestone, MilestoneKind
from models.rollup import Report
from models.ticket import Ticket, TicketState
from operations.local_days import LocalDay
from rules.deadlines import was_in_time
from rules.satisfaction import SATISFIED
from rules.spans import BOUNDS, span_of

AnyRow = Mapping[str, Any]


class Cell(NamedTuple):
    """Where a count is kept."""

    estate_id: int
    report: Report
    day: date
    kind: str = ""
    butler_id: int = 0
    bucket: int = 0


class Counts(NamedTuple):
    """What a row adds to a cell."""

    total: int = 0
    good: int = 0
    unreachable: int = 0
    refused: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of the rows of one model.

    `facts` is all of a row that decides, None where it is not counted; `of_ticket` all that decides of the ticket it
    belongs to. `cells` is what a counted row with its ticket adds, in the zone of its estate, and `statements` the
    same of every row in those estates.
    """

    model: type[Base]
    facts: Callable[[AnyRow], Hashable]
    of_ticket: Callable[[AnyRow], Hashable] | None
    cells: Callable[[AnyRow, AnyRow, ZoneInfo], Iterator[tuple[Cell, Counts]]]
    statements: Callable[[LocalDay, Collection[int]], Iterator[Select[Any]]]


_callback, _milestone, _step, _ticket = (model.__table__.c for model in (Callback, Milestone, LadderStep, Ticket))


def local_month(moment: datetime, zone: ZoneInfo) -> date:
    """The first day of the month in which the moment lies in that zone."""
    return moment.astimezone(zone).date().replace(day=1)


def _answer_facts(row: AnyRow) -> Hashable:
    return tuple(row[name] for name in ("estate_id", "ticket_id", "called_at", "outcome", "satisfaction"))


def _answer_cells(row: AnyRow, ticket: AnyRow, zone: ZoneInfo) -> Iterator[tuple[Cell, Counts]]:
    month, outcome = local_month(row["called_at"], zone), row["outcome"]
    counts = Counts(
        total=int(outcome is CallbackOutcome.REACHED),
        good=int(row["satisfaction"] in SATISFIED),
        unreachable=int(outcome is CallbackOutcome.UNREACHABLE),
        refused=int(outcome is CallbackOutcome.REFUSED),
    )
    kind, butler_id = ticket["kind"].value, ticket["butler_id"] or 0
    yield Cell(row["estate_id"], Report.ANSWERS_BY_KIND, month, kind=kind), counts
    yield Cell(row["estate_id"], Report.ANSWERS_BY_BUTLER, month, butler_id=butler_id), counts
    yield Cell(row["estate_id"], Report.ANSWERS_BY_BOTH, month, kind=kind, butler_id=butler_id), counts


def _answer_statements(local: LocalDay, estate_ids: Collection[int]) -> Iterator[Select[Any]]:
    outcome, butler_id = _callback.outcome, func.coalesce(_ticket.butler_id, 0)
    counts = {
        "total": _one_if(outcome == CallbackOutcome.REACHED),
        "good": _one_if(_callback.satisfaction.in_(sorted(SATISFIED))),
        "unreachable": _one_if(outcome == CallbackOutcome.UNREACHABLE),
        "refused": _one_if(outcome == CallbackOutcome.REFUSED),
    }
    keys: list[tuple[Report, dict[str, Any]]] = [
        (Report.ANSWERS_BY_KIND, {"kind": _ticket.kind}),
        (Report.ANSWERS_BY_BUTLER, {"butler_id": butler_id}),
        (Report.ANSWERS_BY_BOTH, {"kind": _ticket.kind, "butler_id": butler_id}),
    ]
    month = local.month(_callback.called_at)
    for report, key in keys:
        rows = _rows(report, _callback.estate_id, month, estate_ids, **key, **counts)
        yield _grouped(rows.join(Ticket, _ticket.id == _callback.ticket_id))


def _promise_facts(row: AnyRow) -> Hashable:
    if row["kind"] is not MilestoneKind.RESOLUTION or row["due_at"] is None:
        return None
    return tuple(row[name] for name in ("estate_id", "ticket_id", "due_at", "done_at", "is_in_time"))


def _is_void(ticket: AnyRow) -> bool:
    """What was entered wrongly was no promise (ours)."""
    return ticket["state"] is TicketState.VOID


def _promise_cells(row: AnyRow, ticket: AnyRow, zone: ZoneInfo) -> Iterator[tuple[Cell, Counts]]:
    if not _is_void(ticket):
        is_good = was_in_time(row["due_at"], row["done_at"], row["is_in_time"])
        day = row["due_at"].astimezone(zone).date()
        yield Cell(row["estate_id"], Report.PROMISES, day), Counts(total=1, good=int(is_good))


def _promise_statements(local: LocalDay, estate_ids: Collection[int]) -> Iterator[Select[Any]]:
    good = _one_if(func.coalesce(_milestone.is_in_time, _milestone.done_at <= _milestone.due_at))
    day = local.day(_milestone.due_at)
    rows = _rows(Report.PROMISES, _milestone.estate_id, day, estate_ids, total=literal(1), good=good)
    yield _grouped(
        rows.join(Ticket, _ticket.id == _milestone.ticket_id).where(
            _milestone.kind == MilestoneKind.RESOLUTION,
            _milestone.due_at.is_not(None),
            _ticket.state != TicketState.VOID,
        )
    )


def _step_facts(row: AnyRow) -> Hashable:
    return tuple(row[name] for name in ("estate_id", "level", "due_at"))


def _step_cells(row: AnyRow, ticket: AnyRow, zone: ZoneInfo) -> Iterator[tuple[Cell, Counts]]:
    day = row["due_at"].astimezone(zone).date()
    yield Cell(row["estate_id"], Report.STEPS, day, bucket=row["level"]), Counts(total=1)


def _step_statements(local: LocalDay, estate_ids: Collection[int]) -> Iterator[Select[Any]]:
    day = local.day(_step.due_at)
    yield _grouped(_rows(Report.STEPS, _step.estate_id, day, estate_ids, bucket=_step.level, total=literal(1)))


def _time_facts(row: AnyRow) -> Hashable:
    if row["resolved_at"] is None:
        return None
    return tuple(row[name] for name in ("estate_id", "kind", "opened_at", "resolved_at"))


def took_seconds(opened_at: datetime, resolved_at: datetime) -> int:
    """From the first opening to the present resolution, in whole seconds (ours)."""
    return int(resolved_at.timestamp()) - int(opened_at.timestamp())


def _time_cells(row: AnyRow, ticket: AnyRow, zone: ZoneInfo) -> Iterator[tuple[Cell, Counts]]:
    seconds = took_seconds(row["opened_at"], row["resolved_at"])
    month, span = local_month(row["resolved_at"], zone), span_of(seconds)
    cell = Cell(row["estate_id"], Report.TIMES, month, kind=row["kind"].value, bucket=span)
    yield cell, Counts(total=1, seconds=seconds)


def _time_statements(local: LocalDay, estate_ids: Collection[int]) -> Iterator[Select[Any]]:
    seconds = _epoch(_ticket.resolved_at) - _epoch(_ticket.opened_at)
    month = local.month(_ticket.resolved_at)
    took = (
        select(_ticket.estate_id, _ticket.kind, month.label("month"), seconds.label("seconds"))
        .where(_ticket.resolved_at.is_not(None))
        .cte("took")
        .prefix_with("MATERIALIZED")  # or SQLite would reckon the seconds anew for each span it tries
    ).c
    span = case(*((took.seconds < bound, number) for number, bound in enumerate(BOUNDS)), else_=len(BOUNDS))
    words = {"kind": took.kind, "bucket": span, "total": literal(1), "seconds": took.seconds}
    yield _grouped(_rows(Report.TIMES, took.estate_id, took.month, estate_ids, **words))


def _epoch(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.floor(extract("epoch", moment)), BigInteger)


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _rows(
    report: Report,
    estate_id: KeyedColumnElement[Any],
    day: ColumnElement[Any],
    estate_ids: Collection[int],
    **given: ColumnElement[Any],
) -> Select[Any]:
    """A row for each row counted, with the columns of the table of counts in their order."""
    defaults = {"kind": literal(""), **{name: literal(0) for name in ("butler_id", "bucket", *Counts._fields)}}
    words = {"estate_id": estate_id, "report": literal(report.value), "day": day, **defaults, **given}
    found = select(*(words[name].label(name) for name in (*Cell._fields, *Counts._fields)))
    return found.select_from(estate_id.table).where(estate_id.in_(sorted(estate_ids)))


def _grouped(rows: Select[Any]) -> Select[Any]:
    """The rows as counts; by a subquery, since an expression with parameters cannot be named again on PostgreSQL."""
    inner = rows.subquery()
    keys = [inner.c[name] for name in Cell._fields]
    sums = [cast(func.sum(inner.c[name]), BigInteger if name == "seconds" else Integer) for name in Counts._fields]
    return select(*keys, *sums).group_by(*keys)


SUMMARIES = (
    Summary(
        Callback,
        _answer_facts,
        lambda ticket: (ticket["kind"], ticket["butler_id"]),
        _answer_cells,
        _answer_statements,
    ),
    Summary(Milestone, _promise_facts, _is_void, _promise_cells, _promise_statements),
    Summary(LadderStep, _step_facts, None, _step_cells, _step_statements),
    Summary(Ticket, _time_facts, None, _time_cells, _time_statements),
)
