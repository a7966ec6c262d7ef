"""From a scope to conditions: which rows of a model somebody reaches, for every query alike."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, false, select

from models.base import Base, entity, model_of_table, target
from rules.permissions import Scope


def conditions(model: type[Base], scope: Scope) -> list[ColumnElement[bool]]:
    """The conditions that keep a query on `model` inside the scope.

    Rows of no estate (regions, standards) are reference data and seen by all who may see their class; a model that
    has an estate but no path to a building or assignee is seen whole within the estate.
    """
    if scope.is_empty:
        return [false()]
    found = _estate_conditions(model, scope)
    if scope.buildings is not None:
        found += _path_conditions(model, entity(model).to_building, scope.buildings)
    if scope.staff_id is not None:
        found += _path_conditions(model, entity(model).to_assignee, {scope.staff_id})
    return found


def estate_column(model: type[Base]) -> Any | None:
    """The column that says which estate a row belongs to; None for reference tables."""
    columns = model.__table__.columns
    return columns["id"] if model.__tablename__ == "estate" else columns.get("estate_id")


def _estate_conditions(model: type[Base], scope: Scope) -> list[ColumnElement[bool]]:
    column = estate_column(model)
    if column is None or scope.estates is None:
        return []
    return [column.in_(sorted(scope.estates))]


def _path_conditions(model: type[Base], path: tuple[str, ...], wanted: Any) -> list[ColumnElement[bool]]:
    return [follow(model, path, sorted(wanted))] if path else []


def path_end(model: type[Base], path: tuple[str, ...]) -> type[Base]:
    """The model that the path leads to."""
    table_name, _, column_name = path[-1].rpartition(".")
    for step in path[:-1]:
        model = path_end(model, (step,))
    if table_name:
        return model_of_table(table_name)
    found = target(model.__table__.columns[column_name])
    assert found is not None, f"{model.__name__}.{column_name} is no foreign key"
    return found


def follow(
    model: type[Base], path: tuple[str, ...], wanted: list[int] | Select[Any] | BindParameter[int]
) -> ColumnElement[bool]:
    """Whether the path leads from a row to one of the wanted ids.

    `path` names foreign keys one after the other; `table.column` steps back along one that points here.
    """
    step, rest = path[0], path[1:]
    table_name, _, column_name = step.rpartition(".")
    if table_name:
        other = model_of_table(table_name)
        pointing = other.__table__.columns[column_name]
        return model.__table__.columns["id"].in_(select(pointing).where(follow(other, rest, wanted)))
    column = model.__table__.columns[column_name]
    if not rest:
        return column.in_(wanted)
    parent = target(column)
    assert parent is not None, f"{model.__name__}.{column_name} is no foreign key"
    return column.in_(select(parent.__table__.columns["id"]).where(follow(parent, rest, wanted)))
