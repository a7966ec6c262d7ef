"""Rows that are there already, fetched in sets: never one query for one line, and no more of them than is needed."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    UnaryExpression,
    UniqueConstraint,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import custom_op

from models.base import Base
from operations.chunks import as_array, chunks

RowMapping = Mapping[str, Any]


def rows_with(
    session: Session,
    model: type[Base],
    column: str,
    values: Collection[Any],
    *conditions: ColumnElement[bool],
) -> Iterator[RowMapping]:
    """The rows whose column has one of the values, oldest first."""
    table = model.__table__
    names = table.columns.keys()
    every, wanted = list(table.columns), table.columns[column]
    for row in tuples_with(session, every, wanted, values, *conditions, order=table.columns["id"]):
        yield dict(zip(names, row, strict=True))


def tuples_with(
    session: Session,
    columns: Sequence[Any],
    column: Any,
    values: Collection[Any],
    *conditions: ColumnElement[bool],
    order: Any = None,
) -> Iterator[Any]:
    """These columns of the rows whose `column` has one of the values, each row as a tuple, in one statement."""
    if not values:
        return
    statement = select(*columns).where(*conditions)
    if order is not None:
        statement = statement.order_by(order)
    for chosen, parameters in _chosen(session, column, values):
        yield from session.connection().execute(statement.where(chosen), parameters).fetchall()


def _chosen(
    session: Session, column: Any, values: Collection[Any]
) -> Iterator[tuple[ColumnElement[bool], dict[str, Any]]]:
    """Conditions that between them choose the values: one for plain texts and numbers, however many there are."""
    kind = _plain_kind(values)
    if kind is None:
        for wanted in chunks(values):
            yield column.in_(wanted), {}
    elif session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
        yield type_coerce(column, kind).in_(select(listed.c.value)), {"wanted": json.dumps(list(values))}
    else:
        listing: Any = cast(bindparam("wanted", type_=String), ARRAY(kind))
        yield type_coerce(column, kind) == any_(listing), {"wanted": as_array(values)}


def _plain_kind(values: Collection[Any]) -> Any:
    kinds = set(map(type, values))
    return String() if kinds == {str} else BigInteger() if kinds == {int} else None


def within(column: Any, estate_id: int | None) -> ColumnElement[bool]:
    """That the rows which are looked up by the column are the estate's.

    SQLite keeps no figures of its tables and would go through all rows of an estate where a column has an index of its
    own: what is written with a plus is not looked up by.
    """
    estate: Any = column.table.columns["estate_id"]
    if _has_only_its_own_index(column):
        estate = UnaryExpression(estate, operator=custom_op("+"), type_=estate.type)
    wanted: ColumnElement[bool] = estate == estate_id
    return wanted


@cache
def _has_only_its_own_index(column: Any) -> bool:
    table = column.table
    keys = [[each.name for each in index.columns] for index in (*table.indexes, *_unique(table))]
    return any(key[0] == column.name for key in keys) and ["estate_id", column.name] not in [key[:2] for key in keys]


def _unique(table: Any) -> list[UniqueConstraint]:
    return [each for each in table.constraints if isinstance(each, UniqueConstraint)]


def inside(model: type[Base], estate_id: int | None, *, or_nobodys: bool = False) -> list[ColumnElement[bool]]:
    """The condition that keeps to the estate; none for tables that have no estate."""
    column = model.__table__.columns.get("estate_id")
    if column is None:
        return []
    own = column == estate_id if estate_id is not None else column.is_(None)
    return [or_(own, column.is_(None))] if or_nobodys and column.nullable else [own]


def known_here(session: Session, model: type[Base], estate_id: int | None) -> Callable[[str, Sequence[str]], int]:
    """What tells how many of some texts a column of the estate's rows has already; none of a column that is not one."""
    columns = model.__table__.columns

    def known(name: str, texts: Sequence[str]) -> int:
        if name not in columns:
            return 0
        column = columns[name]
        here = [within(column, estate_id)] if "estate_id" in columns and estate_id is not None else []
        found = {
            row[0] for row in tuples_with(session, [column], column, set(texts), *here or inside(model, estate_id))
        }
        return sum(text in found for text in texts)

    return known
