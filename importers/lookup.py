"""Rows that are there already, fetched in sets: never one query for one line."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models.base import Base
from operations.chunks import chunks

RowMapping = Mapping[str, Any]


def rows_with(
    session: Session,
    model: type[Base],
    column: str,
    values: Collection[Any],
    *conditions: ColumnElement[bool],
) -> Iterator[RowMapping]:
    """The rows whose column has one of the values, oldest first within a chunk."""
    table = model.__table__
    for wanted in chunks(values):
        chosen = table.columns[column].in_(wanted)
        statement = select(*table.columns).where(chosen, *conditions).order_by(table.columns["id"])
        for row in session.execute(statement).mappings():
            yield dict(row)


def inside(model: type[Base], estate_id: int | None, *, or_nobodys: bool = False) -> list[ColumnElement[bool]]:
    """The condition that keeps to the estate; none for tables that have no estate."""
    column = model.__table__.columns.get("estate_id")
    if column is None:
        return []
    own = column == estate_id if estate_id is not None else column.is_(None)
    return [or_(own, column.is_(None))] if or_nobodys and column.nullable else [own]
