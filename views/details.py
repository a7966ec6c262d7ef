"""What the detail page of any row shows: its fields, what refers to it, what stands in its way."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import url_for

from models.base import Base, Group, Labelled, entities, entity, target, words
from models.fields import Phone
from operations import integrity
from reports.listing import Cell, Condition, Listing, ListRow, page
from reports.titles import title_of
from rules.permissions import Action
from views.access import may, may_do, model_scope
from views.cells import formatter, reference_url
from views.database import db
from views.language import translate
from views.lists import shown_columns

RELATED_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as shown: its label, text, and where its reference leads."""

    label: str
    text: str
    url: str | None = None
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of another entity that refer to this one."""

    name: str
    label: str
    via: str
    headings: list[str]
    rows: list[tuple[int, list[Shown]]]
    more: bool
    list_url: str
    new_url: str | None


def row_title(row: Base) -> str:
    """The title of the row; one that begins with a choice says it as the reader calls it."""
    first, *others = (getattr(row, name) for name in entity(type(row)).title)
    if isinstance(first, Labelled):
        return " ".join([translate(first.label), *(str(each) for each in others if each is not None)])
    return title_of(db.session, type(row), row.id)


def fields(row: Base) -> list[Shown]:
    """Every declared column of the row that is not secret, in order, as the person may see it."""
    return [shown(row, column) for column in row.__table__.columns if (found := words(column)) and not found.secret]


def shown(row: Base, column: Any) -> Shown:
    """A declared column of the row as the person may see it."""
    declared = words(column)
    assert declared is not None
    value = getattr(row, column.key)
    parent = target(column)
    if parent is not None and value is not None and parent.__entity__ is not None:
        cell = Cell(value, title_of(db.session, parent, value))
        return Shown(translate(declared.label), cell.title, reference_url(column, cell))
    text = formatter(type(row), column)(value, getattr(row, "estate_id", None))
    return Shown(translate(declared.label), text, call_url(column, value, text), declared.long)


def call_url(column: Any, value: Any, text: str) -> str | None:
    """A phone shown in the clear can be called by pressing it."""
    return f"tel:{value}" if isinstance(column.type, Phone) and value and text == value else None


def related(row: Base, apart: Collection[str] = ()) -> list[Related]:
    """The entities whose rows refer to this one, with the first few rows of each that the person reaches.

    Those named in `apart` the page shows by itself: nothing is read of them.
    """
    models = list(entities().items())
    if entity(type(row)).group is Group.STANDARDS:  # their parts come before the many tickets under them
        models.sort(key=lambda each: entity(each[1]).group is Group.SERVICE)
    found = [
        _related(row, model, column)
        for name, model in models
        if name not in apart
        for column in model.__table__.columns
        if target(column) is type(row) and words(column) and may(model, Action.SEE) and column.name != "estate_id"
    ]
    return [section for section in found if section.rows or section.new_url]


def _related(row: Base, model: type[Base], column: Any) -> Related:
    row_id = row.id
    names = tuple(name for name in shown_columns(model) if name != column.name)[:7]  # so many that a limit has its unit
    listing = Listing(
        model, names, (Condition(column.name, "in", (row_id,)),), sort=entity(model).order, size=RELATED_SHOWN
    )
    scope = model_scope(model)
    found = page(db.session, listing, scope)
    declared = words(column)
    assert declared is not None
    name = entity(model).name
    columns = [model.__table__.columns[item] for item in names]
    pointing: dict[str, Any] = {column.name: row_id}
    may_add = may_do(model, "create") and declared.form in ("both", "create")
    return Related(
        name,
        translate(entity(model).plural),
        translate(declared.label),
        [translate(words(item).label) for item in columns],  # type: ignore[union-attr]  # listed columns are declared
        [(item.id, _row_cells(model, columns, item)) for item in found.rows],
        found.next is not None,
        url_for(f"{name}.index_view", **pointing),
        url_for(f"{name}.create_view", **pointing) if may_add else None,
    )


def _row_cells(model: type[Base], columns: list[Any], row: ListRow) -> list[Shown]:
    return [
        Shown(
            "",
            formatter(model, column)(value, row.estate_id),
            reference_url(column, value) if isinstance(value, Cell) else None,
        )
        for column, value in zip(columns, row.values, strict=True)
    ]


def blockers(model: type[Base], row_id: int) -> dict[type[Base], int]:
    """What refers to the row and keeps it from being deleted."""
    return integrity.blockers(db.session, model, [row_id]).get(row_id, {})


def blocker_links(row: Any, found: dict[type[Base], int]) -> list[tuple[str, int, str | None]]:
    """For each kind of row in the way: its name, how many, and the list that shows them where there is one."""
    return [_blocker(row, model, number) for model, number in found.items()]


def _blocker(row: Any, model: type[Base], number: int) -> tuple[str, int, str | None]:
    if model.__entity__ is None:
        return translate("Accounts"), number, None
    for column in model.__table__.columns:
        declared = words(column)
        if target(column) is type(row) and declared is not None and declared.filter and may(model, Action.SEE):
            pointing: dict[str, Any] = {column.name: row.id}
            url = url_for(f"{model.__entity__.name}.index_view", **pointing)
            return translate(model.__entity__.plural), number, url
    return translate(model.__entity__.plural), number, None
