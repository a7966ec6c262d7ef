"""The one write path: rows in sets, from form, bulk action, import, sweep and undo alike.

What hangs on a row (due times, history) is derived here in the same transaction. ORM events carry none of it,
because bulk statements would pass them by.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import N_, Base, words
from models.faults import Fault
from operations import calendars, due_times, integrity, promises, recording, rollups, search_index
from operations.chunks import spans
from operations.inserting import MANY, insert_many, next_ids
from operations.recording import Author, Written

__all__ = [
    "Author",
    "Delete",
    "InTheWay",
    "Insert",
    "Refused",
    "Stale",
    "Update",
    "attempt",
    "sift",
    "write",
    "writing",
]


@dataclass(slots=True)  # as `Written`
class Insert:
    """A row to add; columns left out take their default. A row that was there before may name its `id` again."""

    model: type[Base]
    values: Mapping[str, Any]


@dataclass(slots=True)  # as `Written`
class Update:
    """Columns to set on a row; with `version`, only if the row still has it.

    With `touch` the row counts as changed even if no column does: what belongs to it changed.
    """

    model: type[Base]
    id: int
    values: Mapping[str, Any]
    version: int | None = None
    touch: bool = False


@dataclass(slots=True)  # as `Written`
class Delete:
    """A row to remove; with `version`, only if the row still has it."""

    model: type[Base]
    id: int
    version: int | None = None


Change = Insert | Update | Delete


class Stale(Exception):
    """Rows that somebody else changed or removed since they were read: nothing was written."""

    def __init__(self, model: type[Base], ids: Sequence[int]) -> None:
        super().__init__(f"{model.__tablename__} {list(ids)} changed meanwhile")
        self.model = model
        self.ids = ids


class Refused(Exception):
    """A row that cannot stand, with a sentence per column: nothing was written."""

    def __init__(self, model: type[Base], faults: Mapping[str, Fault], index: int | None = None) -> None:
        super().__init__("; ".join(f"{column}: {fault}" for column, fault in faults.items()))
        self.model = model
        self.faults = faults
        self.index = index


class InTheWay(Exception):
    """A row that others refer to and that therefore stays: `blockers` counts them by model."""

    def __init__(self, model: type[Base], row_id: int, blockers: Mapping[type[Base], int]) -> None:
        super().__init__(f"{model.__tablename__} {row_id} is referred to")
        self.model = model
        self.row_id = row_id
        self.blockers = blockers


Derivation = Callable[[Session, Sequence[Written]], Sequence[Written]]

# What hangs on rows, brought in line in the same transaction, in this order. Each is told what was written so far and
# returns the derived rows that it wrote itself, which those after it may hang on; they leave no history.
DERIVATIONS: tuple[Derivation, ...] = (calendars.derive, due_times.derive, rollups.derive, search_index.derive)


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """One write transaction: commits at the end, rolls back on any error.

    A read snapshot cannot be upgraded on SQLite without the risk of "locked", so what was read before is let go and
    the lock is taken at once: two writers queue instead of failing.
    """
    session.rollback()
    _forget(session)
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
    try:
        yield
        search_index.settle(session)
        rollups.settle(session)
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise integrity.explained(error, Refused) from error
    except BaseException:
        session.rollback()
        raise


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """A part of a transaction that may fail by itself: then nothing of it is kept, and what came before is."""
    counts, documents = rollups.noted(session), search_index.noted(session)
    try:
        with session.begin_nested():
            yield
    except BaseException:
        rollups.forget(session, counts)
        search_index.forget(session, documents)
        raise


def _forget(session: Session) -> None:
    """Drop what was noted for the end of a transaction that never came to it."""
    rollups.forget(session)
    search_index.forget(session)


def write(session: Session, changes: Sequence[Change], *, by: Author, at: datetime) -> list[int]:
    """Apply the changes in one set, with everything derived from them; returns the row ids in order of `changes`.

    Inserts go parents first, deletes children first. An update that changes nothing writes nothing. Must run inside
    `writing`. Raises Stale, Refused or InTheWay, and then nothing may be kept of the transaction.
    """
    ids: dict[int, int] = {}
    written: list[Written] = []
    tables = _ranks()
    for model, group in _grouped(changes, Insert, lambda name: tables[name]):
        written += _insert(session, model, group, ids)
    for model, group in _grouped(changes, Update, lambda name: tables[name]):
        written += _update(session, model, group, ids)
    derived: list[Written] = []
    for model, group in _grouped(changes, Delete, lambda name: -tables[name]):
        derived += due_times.withdraw(session, model, [change.id for _, change in group])
        written += _delete(session, model, group, ids)
    recording.record(session, written, by, at)
    _derive(session, [*written, *derived])
    session.expire_all()
    return [ids[index] for index in range(len(changes))]


@cache
def _ranks() -> Mapping[str, int]:
    """The tables in an order in which parents stand before what refers to them."""
    return {table.name: rank for rank, table in enumerate(Base.metadata.sorted_tables)}


def _grouped(
    changes: Sequence[Change], kind: type, rank: Callable[[str], int]
) -> Iterable[tuple[type[Base], list[tuple[int, Any]]]]:
    groups: dict[type[Base], list[tuple[int, Any]]] = defaultdict(list)
    for index, change in enumerate(changes):
        if isinstance(change, kind):
            groups[change.model].append((index, change))
    return sorted(groups.items(), key=lambda item: rank(item[0].__tablename__))


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _insert(session: Session, model: type[Base], group: list[tuple[int, Insert]], ids: dict[int, int]) -> list[Written]:
    table = _table(model)
    rows = [_with_defaults(table, change.values) for _, change in group]  # of one write all name their id, or none
    _check(session, model, [(index, row) for (index, _), row in zip(group, rows, strict=True)])
    new_ids = _put_in(session, table, rows)
    ids.update((index, new_id) for (index, _), new_id in zip(group, new_ids, strict=True))
    for new_id, row in zip(new_ids, rows, strict=True):
        row["id"] = new_id
    return [Written(model, new_id, None, row) for new_id, row in zip(new_ids, rows, strict=True)]


def _put_in(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The ids of the rows, which are in the table then."""
    if len(rows) < MANY:
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return session.execute(statement, rows).scalars().all()
    ids = [row["id"] for row in rows] if "id" in rows[0] else next_ids(session, table, len(rows))
    names = [column.name for column in table.columns if column.name != "id"]
    insert_many(session, table, ["id", *names], [ids, *([row[name] for row in rows] for name in names)])
    return ids


def _with_defaults(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    defaults = _defaults(table)
    if not values.keys() <= defaults.keys():
        unknown = values.keys() - defaults.keys() - {"id"}
        if unknown:
            raise LookupError(f"{table.name} has no column {sorted(unknown)}")
    return {**defaults, **values}


@cache
def _defaults(table: Table) -> Mapping[str, Any]:
    return {column.name: _default(column) for column in table.columns if column.name != "id"}


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


def _update(session: Session, model: type[Base], group: list[tuple[int, Update]], ids: dict[int, int]) -> list[Written]:
    table = _table(model)
    ids.update((index, change.id) for index, change in group)
    before = _locked_rows(session, model, group)
    wanted: dict[int, dict[str, Any]] = defaultdict(dict)
    last_index: dict[int, int] = {}
    for index, change in group:
        wanted[change.id].update(change.values)
        last_index[change.id] = index
    touched = {change.id for _, change in group if change.touch}
    changed = {row_id: _difference(before[row_id], values) for row_id, values in wanted.items()}
    after = {
        row_id: {**before[row_id], **values, "version": before[row_id]["version"] + 1}
        for row_id, values in changed.items()
        if values or row_id in touched
    }
    _check(session, model, [(last_index[row_id], row) for row_id, row in after.items()], before)
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row_id, row in after.items():
        names = (*sorted(changed[row_id]), "version")
        by_columns[names].append({"row_id": row_id, **{f"new_{name}": row[name] for name in names}})
    for names, parameters in by_columns.items():
        settings: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        statement = update(table).where(table.c.id == bindparam("row_id")).values(settings)
        session.connection().execute(statement, parameters)
    return [Written(model, row_id, before[row_id], row) for row_id, row in after.items()]


def _difference(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = values.keys() - (row.keys() - {"id", "version"})
    if unknown:
        raise LookupError(f"no column to set: {sorted(unknown)}")
    return {name: value for name, value in values.items() if row[name] != value}


def _locked_rows(
    session: Session, model: type[Base], group: Sequence[tuple[int, Update | Delete]]
) -> dict[int, dict[str, Any]]:
    table = _table(model)
    rows: dict[int, dict[str, Any]] = {}
    ids = {change.id for _, change in group}
    if len(ids) < MANY:
        found = session.connection().execute(_locking(table), {"ids": sorted(ids)}).mappings()
        rows |= {row["id"]: dict(row) for row in found}
    for bounds in spans(table.c.id, ids) if len(ids) >= MANY else ():
        some = select(table).where(bounds).order_by(table.c.id).with_for_update()
        rows |= {row["id"]: dict(row) for row in session.connection().execute(some).mappings()}
    stale = [
        change.id
        for _, change in group
        if change.id not in rows or (change.version is not None and rows[change.id]["version"] != change.version)
    ]
    if stale:
        raise Stale(model, stale)
    return rows


@cache
def _locking(table: Table) -> Select[Any]:
    wanted = table.c.id.in_(bindparam("ids", expanding=True))
    return select(table).where(wanted).order_by(table.c.id).with_for_update()


def _delete(session: Session, model: type[Base], group: list[tuple[int, Delete]], ids: dict[int, int]) -> list[Written]:
    table = _table(model)
    ids.update((index, change.id) for index, change in group)
    before = _locked_rows(session, model, group)
    for blocked in (integrity.blockers(session, model, before), promises.blockers(session, model, before)):
        for row_id, blockers in blocked.items():
            raise InTheWay(model, row_id, blockers)
    for bounds in spans(table.c.id, before):
        session.execute(delete(table).where(bounds))
    return [Written(model, row_id, row, None) for row_id, row in before.items()]


@dataclass(frozen=True, slots=True)
class Sifted:
    """Of updates those that would change something and can stand, the others by row, with what is wrong of a column."""

    good: list[Update]
    unchanged: list[int]
    refused: dict[int, Mapping[str, Fault]]


def sift(session: Session, changes: Sequence[Update]) -> Sifted:
    """What would become of the updates, each of a row of its own of one model; writes nothing. Inside `writing`."""
    if not changes:
        return Sifted([], [], {})
    model = changes[0].model
    before = _locked_rows(session, model, list(enumerate(changes)))
    after = {change.id: {**before[change.id], **change.values} for change in changes}
    moved = [change for change in changes if _difference(before[change.id], change.values)]
    faults = _faults(session, model, [(index, after[change.id]) for index, change in enumerate(moved)], before)
    good = [change for index, change in enumerate(moved) if index not in faults]
    unmoved = after.keys() - {change.id for change in moved}
    return Sifted(good, sorted(unmoved), {moved[index].id: found for index, found in faults.items()})


def _check(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[int, dict[str, Any]]],
    before: Mapping[int, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    for index, faults in _faults(session, model, rows, before).items():
        raise Refused(model, faults, index)


def _faults(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[int, dict[str, Any]]],
    before: Mapping[int, Mapping[str, Any]],
) -> dict[int, dict[str, Fault]]:
    """By index the rows that cannot stand, with a sentence per column; references are judged where all else stands."""
    pairs = {row["id"]: (before[row["id"]], row) for _, row in rows if row.get("id") in before} if before else {}
    kept = promises.broken(session, model, pairs)
    new = promises.reaching_back(session, model, (each for each in rows if each[1].get("id") not in before))
    found: dict[int, dict[str, Fault]] = {}
    judges_itself = model.faults.__func__ is not Base.faults.__func__  # type: ignore[attr-defined]  # class methods
    for index, row in rows:
        faults = missing(model, row) or (model.faults(row) if judges_itself else {})
        if kept or new:
            faults = {**faults, **kept.get(row.get("id", 0), {}), **new.get(index, {})}
        previous = before.get(row.get("id", 0)) if before else None
        if previous is not None and _leaves_its_estate(model, previous, row):
            faults = {**faults, "estate_id": Fault(N_("A record stays in its estate: add it anew in the other one"))}
        if faults:
            found[index] = dict(faults)
    sound = [(index, row) for index, row in rows if index not in found] if found else rows
    for index, column_name in integrity.strangers(session, model, sound, before):
        fault = Fault(N_("There is no such record in this estate: choose another"))
        found.setdefault(index, {})[column_name] = fault
    return found


def _leaves_its_estate(model: type[Base], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    column = model.__table__.columns.get("estate_id")
    return column is not None and not column.nullable and before["estate_id"] != after["estate_id"]


def missing(model: type[Base], row: Mapping[str, Any]) -> dict[str, Fault]:
    """A sentence for each column that needs a value and has none."""
    needed = _needed(model)
    if None not in map(row.get, needed):
        return {}
    return {name: Fault(N_("A value is needed here")) for name in needed if row.get(name) is None}


@cache
def _needed(model: type[Base]) -> Sequence[str]:
    columns = model.__table__.columns
    return [each.name for each in columns if not each.nullable and not each.primary_key and words(each)]


def _derive(session: Session, written: Sequence[Written]) -> None:
    for derive in DERIVATIONS:
        written = [*written, *derive(session, written)]
