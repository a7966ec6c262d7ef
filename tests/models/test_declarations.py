from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, Enum, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from models.base import Base, Entity, entities, entity, model_of_table, target, words

MODELS = list(entities().values())

# Filters that no index serves: beside another condition they are cheap, alone they read the table.
UNINDEXED = {
    "import_batch.entity",
    "ladder_step.recorded_at",
    "milestone.done_at",
    "milestone.due_at",
    # Few rows: one in twenty-five tickets waits, one in five is a complaint, a review is one a day.
    *("pause.starts_at", "pause.ended_at", "pause.allowed_at", "pause.refused_at"),
    *("complaint_record.responsible_department", "review.period_on"),
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: entity(model).name)
def test_a_list_is_sorted_only_by_what_has_an_index_and_a_value(model: type[Base]) -> None:
    columns = model.__table__.columns
    ordered = {entity(model).order.lstrip("-")} | {column.name for column in columns if is_sorted(column)}
    assert [name for name in ordered if columns[name].nullable] == []
    assert [name for name in ordered if name not in leading(model) | within_estate(model)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: entity(model).name)
def test_what_an_entity_names_is_there(model: type[Base]) -> None:
    described, columns = entity(model), set(model.__table__.columns.keys())
    assert {*described.title, *described.key, described.order.lstrip("-")} <= columns
    assert list(dead_ends(model, described)) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: entity(model).name)
def test_every_label_says_something(model: type[Base]) -> None:
    labels = [found.label for column in model.__table__.columns if (found := words(column))]
    described = entity(model)
    assert [label for label in (described.label, described.plural, *labels) if not label.strip()] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: entity(model).name)
def test_every_choice_of_a_closed_list_says_something(model: type[Base]) -> None:
    enums: list[Any] = [column.type.enum_class for column in model.__table__.columns if isinstance(column.type, Enum)]
    assert [member for enum in enums for member in enum if not member.label.strip()] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: entity(model).name)
def test_no_column_is_secret_and_shown(model: type[Base]) -> None:
    declared = [found for column in model.__table__.columns if (found := words(column))]
    assert [found.label for found in declared if found.secret and (found.listed or found.filter or found.search)] == []


def test_no_two_entities_share_a_name_or_an_address() -> None:
    names = [entity(model).name for model in MODELS]
    assert len(set(names)) == len(names)
    assert [name for name in names if name in {"login", "logout", "password", "static", "assets", "language"}] == []


def test_a_row_of_an_estate_says_so_in_a_column_that_cannot_be_searched_past() -> None:
    scoped = [model for model in MODELS if "estate_id" in model.__table__.columns]
    assert [model.__tablename__ for model in scoped if target(model.__table__.columns["estate_id"]) is None] == []


def test_a_filter_on_a_large_range_has_an_index() -> None:
    found = {f"{model.__tablename__}.{name}" for model in MODELS for name in wide_filters(model)}
    assert found == UNINDEXED


def is_sorted(column: Any) -> bool:
    found = words(column)
    return found is not None and found.sort


def leading(model: type[Base]) -> set[str]:
    """The columns that an index begins with."""
    return {columns[0] for columns in indexed(model)}


def within_estate(model: type[Base]) -> set[str]:
    """The columns that an index has right after the estate: found at once in the lists of one estate."""
    return {columns[1] for columns in indexed(model) if len(columns) > 1 and columns[0] == "estate_id"}


def indexed(model: type[Base]) -> list[list[str]]:
    table = model.__table__
    assert isinstance(table, Table)
    keys = [item for item in table.constraints if isinstance(item, UniqueConstraint | PrimaryKeyConstraint)]
    return [list(item.columns.keys()) for item in (*table.indexes, *keys)]


def wide_filters(model: type[Base]) -> Iterator[str]:
    """The filtered columns of many values that no index serves; closed lists and yes or no need none."""
    for column in model.__table__.columns:
        found = words(column)
        is_small = isinstance(column.type, Enum | Boolean) or (
            isinstance(column.type, Integer) and target(column) is None
        )
        if found and found.filter and not is_small and column.name not in leading(model) | within_estate(model):
            yield column.name


def dead_ends(model: type[Base], described: Entity) -> Iterator[str]:
    """The steps on the way to a building or an assignee that lead nowhere."""
    for path in (described.to_building, described.to_assignee):
        here = model
        for step in path:
            table, _, name = step.rpartition(".")
            place = model_of_table(table) if table else here
            if name not in place.__table__.columns:
                yield f"{entity(model).name}: {step}"
                return
            here = place if table else (target(place.__table__.columns[name]) or place)
