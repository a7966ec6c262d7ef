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
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import Base
from models.faults import Fault
from operations import calendars, due_times, integrity, judging, promises, recording, rollups, search_index
from operations.adding import add, add_many, columns_of, faults_of, filled
from operations.chunks import spans
from operations.inserting import MANY
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
_HANGING_ON = calendars.HANGS_ON | due_times.HANGS_ON | rollups.HANGS_ON  # models with more than search entries


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
        integrity.unsee(session)
        raise


def _forget(session: Session) -> None:
    """Drop what was noted for the end of a transaction that never came to it."""
    rollups.forget(session)
    search_index.forget(session)
    integrity.unsee(session)


def write(session: Session, changes: Sequence[Change], *, by: Author, at: datetime) -> list[int]:
    """Apply the changes in one set, with everything derived from them; returns the row ids in order of `changes`.

    Inserts go parents first, deletes children first. An update that changes nothing writes nothing. Must run inside
    `writing`. Raises Stale, Refused or InTheWay, and then nothing may be kept of the transaction.
    """
    ids: dict[int, int] = {}
    written: list[Written] = []
    tables = _ranks()
    for model, group in _grouped(changes, Insert, lambda name: tables[name]):
        if len(group) < MANY or model in _HANGING_ON:
            written += _insert(session, model, group, ids)
        else:
            _insert_many(session, model, group, ids, by, at)
    for model, group in _grouped(changes, Update, lambda name: tables[name]):
        integrity.unsee(session, model)
        written += _update(session, model, group, ids)
    derived: list[Written] = []
    for model, group in _grouped(changes, Delete, lambda name: -tables[name]):
        derived += due_times.withdraw(session, model, [change.id for _, change in group])
        written += _delete(session, model, group, ids)
        integrity.unsee(session)
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
    rows = [filled(model, change.values) for _, change in group]
    _check(session, model, [(index, row) for (index, _), row in zip(group, rows, strict=True)])
    new_ids = add(session, model, rows)
    ids.update((index, new_id) for (index, _), new_id in zip(group, new_ids, strict=True))
    return [Written(model, new_id, None, {**row, "id": new_id}) for new_id, row in zip(new_ids, rows, strict=True)]


def _insert_many(
    session: Session, model: type[Base], group: list[tuple[int, Insert]], ids: dict[int, int], by: Author, at: datetime
) -> None:
    """The same for many rows on which nothing hangs but search entries, without anything made for each of them."""
    columns = columns_of(model, [change.values for _, change in group])
    for place, faults in faults_of(session, model, columns).items():
        raise Refused(model, faults, group[place][0])
    added = add_many(session, model, columns)
    ids.update(zip((index for index, _ in group), added.ids, strict=True))
    recording.record_added(session, added, by, at)
    search_index.derive_added(session, added)


def _check(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[int, dict[str, Any]]],
    before: Mapping[int, Mapping[str, Any]] = judging.NOTHING_BEFORE,
) -> None:
    for index, faults in judging.faults(session, model, rows, before).items():
        raise Refused(model, faults, index)


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
    faults = judging.faults(session, model, [(index, after[change.id]) for index, change in enumerate(moved)], before)
    good = [change for index, change in enumerate(moved) if index not in faults]
    unmoved = after.keys() - {change.id for change in moved}
    return Sifted(good, sorted(unmoved), {moved[index].id: found for index, found in faults.items()})


def _derive(session: Session, written: Sequence[Written]) -> None:
    for derive in DERIVATIONS:
        written = [*written, *derive(session, written)]
