"""The kept counts: each write adds what it changes, at the end of its transaction; all can be counted anew."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Table, case, delete, insert, literal_column, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base
from models.estate import Estate
from models.milestone import LadderStep
from models.rollup import Report, Rollup
from models.ticket import IS_OPEN_SQL, Ticket
from operations.chunks import chunks
from operations.counting import SUMMARIES, AnyRow, Cell, Counts, Summary
from operations.due_times import set_spans
from operations.local_days import LocalDay
from operations.recording import Written

# What of a row decides at which level an open ticket stands, and for how long it has been open.
_STANDING: Mapping[type[Base], tuple[str, ...]] = {
    Ticket: ("state", "opened_at"),
    LadderStep: ("level", "due_at", "ticket_id"),
}
HANGS_ON = frozenset({Ticket, *_STANDING, *(summary.model for summary in SUMMARIES)})
_MARKED = {Report.PROMISES, Report.STEPS, Report.TIMES}  # counts that readers keep for as long as the mark stands
_PENDING = "rollups"  # in Session.info: what the transaction adds, by cell and count
_table, _tickets = cast(Table, Rollup.__table__), cast(Table, Ticket.__table__)

Pair = tuple[AnyRow | None, AnyRow | None]  # a row before and after


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose kept counts are not what counting anew gives."""

    cell: Cell
    kept: Counts
    counted: Counts


def derive(session: Session, written: Sequence[Written]) -> Sequence[Written]:
    """Note what the rows written add to the counts; `settle` adds it when the transaction ends."""
    pairs = _pairs([change for change in written if change.model in HANGS_ON])
    if not pairs:
        return ()
    for summary in SUMMARIES:
        moved = _moved(session, summary, pairs)
        for sign, row, ticket, zone in _signed(session, summary, moved, pairs[Ticket]):
            for cell, counts in summary.cells(row, ticket, zone):
                for name, number in zip(Counts._fields, counts, strict=True):
                    _pending(session)[cell][name] += sign * number
    for estate_id in _restanding(pairs):
        _pending(session)[_mark(estate_id)]["total"] = _drawn()
    return ()


def _restanding(pairs: Mapping[type[Base], dict[int, Pair]]) -> set[int]:
    """The estates in which an open ticket may stand otherwise than before."""
    found = set()
    for model, names in _STANDING.items():
        for before, after in pairs.get(model, {}).values():
            row = after or before or {}
            if before is None or after is None or any(before[name] != after[name] for name in names):
                found.add(row["estate_id"])
    return found


def _mark(estate_id: int) -> Cell:
    return Cell(estate_id, Report.STANDING, date.min)


def _drawn() -> int:
    """A number that has not been there before, as far as anybody can tell."""
    return 1 + secrets.randbelow(2**31 - 1)


def settle(session: Session) -> None:
    """Add what the transaction has noted. Last of all, and in the order of the cells: nobody waits for another who
    waits for him, and the cells of an estate are held for no longer than the commit takes.
    """
    noted = {cell: counts for cell, counts in _pending(session).items() if any(counts.values())}
    for estate_id in {cell.estate_id for cell in noted if cell.report in _MARKED}:
        noted[_mark(estate_id)] = Counter(total=_drawn())
    noted = dict(sorted(noted.items()))
    forget(session)
    rows = [{**cell._asdict(), **Counts(**counts)._asdict()} for cell, counts in noted.items()]
    if rows:
        session.connection().execute(_ADDING[session.get_bind().dialect.name], rows)


def forget(session: Session, since: Mapping[Cell, Counter[str]] | None = None) -> None:
    """Drop what was noted: of a transaction that was rolled back, or of a part of it that began with `since`."""
    session.info.pop(_PENDING, None)
    _pending(session).update(since or {})


def noted(session: Session) -> dict[Cell, Counter[str]]:
    """What the transaction has noted so far: to be put back by `forget` when what follows is rolled back alone."""
    return {cell: Counter(counts) for cell, counts in _pending(session).items()}


def rebuild(session: Session) -> None:
    """Count everything anew, with what else the summaries read that is derived. Inside `writing`.

    Whoever writes meanwhile waits with his counts until this is committed and adds them then.
    """
    is_open: ColumnElement[bool] = literal_column(f"ticket.{IS_OPEN_SQL}")
    session.execute(select(_tickets.c.id).where(is_open).order_by(_tickets.c.id).with_for_update(key_share=True))
    set_spans(session)  # in the order of every write: tickets, what hangs on them, counts last
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE rollup IN EXCLUSIVE MODE"))
    session.execute(delete(_table))
    for statement in _statements(session):
        session.execute(insert(_table).from_select([*Cell._fields, *Counts._fields], statement))
    marks = [_mark(estate_id) for estate_id in session.scalars(select(Estate.id))]
    rows = [{**mark._asdict(), **Counts(total=_drawn())._asdict()} for mark in marks]
    if rows:
        session.execute(insert(_table), rows)


def check(session: Session) -> list[Difference]:
    """The cells whose kept counts are not what counting anew gives, as of one moment."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    kept = _as_counts(session.execute(select(_table).where(_table.c.report != Report.STANDING)).all())
    counted = _as_counts([row for statement in _statements(session) for row in session.execute(statement)])
    session.rollback()
    nothing = Counts()
    return [
        Difference(cell, kept.get(cell, nothing), counted.get(cell, nothing))
        for cell in sorted({*kept, *counted})
        if kept.get(cell, nothing) != counted.get(cell, nothing)
    ]


def _pending(session: Session) -> defaultdict[Cell, Counter[str]]:
    found: defaultdict[Cell, Counter[str]] = session.info.setdefault(_PENDING, defaultdict(Counter))
    return found


def _pairs(written: Sequence[Written]) -> Mapping[type[Base], dict[int, Pair]]:
    """By model and id, each row as it was before the first change and as it is after the last."""
    found: defaultdict[type[Base], dict[int, Pair]] = defaultdict(dict)
    for change in written:
        before, _ = found[change.model].get(change.id, (change.before, None))
        found[change.model][change.id] = (before, change.after)
    return found


def _moved(session: Session, summary: Summary, pairs: Mapping[type[Base], dict[int, Pair]]) -> list[Pair]:
    """The rows that count otherwise than before, because they or their ticket changed."""
    own = pairs.get(summary.model, {})
    reclassed = _reclassed(summary, pairs.get(Ticket, {}))
    found = [
        pair
        for pair in own.values()
        if _facts(summary, pair[0]) != _facts(summary, pair[1])
        or any(row is not None and row.get("ticket_id") in reclassed for row in pair)
    ]
    table = cast(Table, summary.model.__table__)
    for some in chunks(sorted(reclassed)):
        rows = session.execute(select(table).where(table.c.ticket_id.in_(some))).mappings()
        found += [(dict(row), dict(row)) for row in rows if row["id"] not in own]
    return found


def _facts(summary: Summary, row: AnyRow | None) -> Hashable:
    return None if row is None else summary.facts(row)


def _reclassed(summary: Summary, tickets: Mapping[int, Pair]) -> set[int]:
    """The tickets that changed in what decides about the rows that belong to them."""
    if (of_ticket := summary.of_ticket) is None:
        return set()
    return {
        ticket_id
        for ticket_id, (before, after) in tickets.items()
        if before is not None and after is not None and of_ticket(before) != of_ticket(after)
    }


def _signed(
    session: Session, summary: Summary, moved: Sequence[Pair], tickets: Mapping[int, Pair]
) -> Iterator[tuple[int, AnyRow, AnyRow, ZoneInfo]]:
    """Every row to take out of the counts or to add, with its ticket as it was or is and the zone of its estate."""
    rows = [
        (sign, row)
        for pair in moved
        for sign, row in zip((-1, 1), pair, strict=True)
        if row is not None and summary.facts(row) is not None
    ]
    if not rows:
        return
    zones = _zones(session, {row["estate_id"] for _, row in rows})
    known = dict(tickets)
    if summary.of_ticket is not None:
        known |= _fetched(session, {row["ticket_id"] for _, row in rows} - tickets.keys())
    for sign, row in rows:
        before, after = known.get(row["ticket_id"], (None, None)) if summary.of_ticket else (None, None)
        ticket = (before or after) if sign < 0 else (after or before)
        yield sign, row, ticket or {}, zones[row["estate_id"]]


def _fetched(session: Session, ticket_ids: Collection[int]) -> dict[int, Pair]:
    columns = [_tickets.c[name] for name in ("id", "kind", "butler_id", "state")]
    found: dict[int, Pair] = {}
    for some in chunks(sorted(ticket_ids)):
        for row in session.execute(select(*columns).where(_tickets.c.id.in_(some))).mappings():
            found[row["id"]] = (dict(row), dict(row))
    return found


def _zones(session: Session, estate_ids: Collection[int]) -> dict[int, ZoneInfo]:
    statement = select(Estate.id, Estate.time_zone).where(Estate.id.in_(sorted(estate_ids)))
    return {estate_id: ZoneInfo(zone) for estate_id, zone in session.execute(statement)}


def _statements(session: Session) -> Iterator[Select[Any]]:
    """The statements that count everything anew, for the estates of one zone after the other."""
    by_zone: defaultdict[str, list[int]] = defaultdict(list)
    for estate_id, zone in session.execute(select(Estate.id, Estate.time_zone).order_by(Estate.id)):
        by_zone[zone].append(estate_id)
    for zone, estate_ids in by_zone.items():
        local = LocalDay(ZoneInfo(zone), session.get_bind().dialect.name)
        for summary in SUMMARIES:
            yield from summary.statements(local, estate_ids)


def _as_counts(rows: Sequence[Any]) -> dict[Cell, Counts]:
    """Counts by cell; what came down to nothing is as good as not there."""
    width = len(Cell._fields)
    found = {_cell(row[:width]): Counts(*row[width:]) for row in rows}
    return {cell: counts for cell, counts in found.items() if any(counts)}


def _cell(values: Sequence[Any]) -> Cell:
    estate_id, report, *others = values
    return Cell(estate_id, Report(report), *others)


def _adding(dialect: Any) -> Any:
    """The statement that adds to a cell, or makes it: `total = total + …`, whoever else adds at the same time."""
    statement = dialect.insert(_table)
    sums: dict[str, Any] = {name: _table.c[name] + statement.excluded[name] for name in Counts._fields}
    is_mark = _table.c.report == Report.STANDING
    sums["total"] = case((is_mark, statement.excluded.total), else_=sums["total"])
    return statement.on_conflict_do_update(index_elements=list(Cell._fields), set_=sums)


_ADDING = {"sqlite": _adding(sqlite), "postgresql": _adding(postgresql)}
