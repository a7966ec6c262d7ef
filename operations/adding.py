"""New rows put in: a few as any statement would, many of one model column by column."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from models.base import Base
from operations import integrity, promises
from operations.inserting import MANY, insert_many, next_ids
from operations.judging import Faults, faults, judges_itself, needed
from operations.recording import Added

Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]


def filled(model: type[Base], row: Row) -> dict[str, Any]:
    """The row with the defaults of the columns it leaves out. Raises LookupError for a column that is not there."""
    _known(model, set(row))
    return {**defaults(model), **row}


def add(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """Insert filled rows that were judged; returns their ids in order."""
    if len(rows) >= MANY:
        return add_many(session, model, columns_of(model, rows)).ids
    table = _table(model)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return session.execute(statement, rows).scalars().all()


def columns_of(model: type[Base], rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The columns of the rows, with the defaults of those that they leave out; `id` where the rows name it: of rows
    that are written together all do, or none. Raises LookupError for a column that is not there.
    """
    named = set().union(*rows)
    _known(model, named)
    columns = {
        name: [row.get(name, default) for row in rows] if name in named else [default] * len(rows)
        for name, default in defaults(model).items()
    }
    return {"id": [row["id"] for row in rows], **columns} if "id" in rows[0] else columns


def rows_of(columns: Columns) -> Iterator[dict[str, Any]]:
    """The rows again, of the columns."""
    names = tuple(columns)
    return (dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True))


def add_many(session: Session, model: type[Base], columns: dict[str, list[Any]]) -> Added:
    """Insert rows that were judged; `columns` without `id` get theirs here."""
    table = _table(model)
    ids = columns.pop("id", None) or next_ids(session, table, len(next(iter(columns.values()))))
    insert_many(session, table, ["id", *columns], [ids, *columns.values()])
    integrity.see(session, model, dict(zip(ids, columns.get("estate_id", repeat(None)), strict=False)))
    return Added(model, ids, columns)


def faults_of(session: Session, model: type[Base], columns: Columns) -> Faults:
    """By place the rows that cannot stand, as `judging.faults` says it, which is asked where anything is amiss."""
    if _stand(session, model, columns):
        return {}
    return faults(session, model, list(enumerate(rows_of(columns))))


def _stand(session: Session, model: type[Base], columns: Columns) -> bool:
    if model in promises.KEPT or any(None in columns[name] for name in needed(model)):
        return False
    if judges_itself(model) and any(map(model.faults, rows_of(columns))):
        return False
    return integrity.all_known(session, model, columns)


@cache
def defaults(model: type[Base]) -> Mapping[str, Any]:
    """What each column but `id` holds when nothing is said of it."""
    return {column.name: _default(column) for column in _table(model).columns if column.name != "id"}


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


def _known(model: type[Base], names: set[str]) -> None:
    unknown = names - defaults(model).keys() - {"id"}
    if unknown:
        raise LookupError(f"{model.__tablename__} has no column {sorted(unknown)}")


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)  # a mapped class has a Table
