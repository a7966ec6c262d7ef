"""A value as people read it: translated, in the estate's time, masked where the role may not see."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from flask import g, url_for
from sqlalchemy import Integer, Numeric

from models.base import N_, Base, Labelled, target, words
from models.fields import Domain
from reports.listing import Cell
from rules.permissions import Action
from views.access import may, sees_personal, zone_of
from views.kinds import kind_label, names_a_kind
from views.language import translate

YES, NO = N_("Yes"), N_("No")


def cell_text(value: Any, zone: tzinfo) -> str:
    """The text of a value; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return translate(YES if value else NO)
        case Labelled():
            return translate(value.label)
        case Cell():
            return value.title
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
    return str(value)


def is_masked(model: type[Base], column: Any, estate_id: int | None) -> bool:
    """Whether the person sees the column only masked in a row of that estate."""
    declared = words(column)
    return bool(declared and declared.personal) and not _sees_personal(model, estate_id)


def _sees_personal(model: type[Base], estate_id: int | None) -> bool:
    known: dict[tuple[type[Base], int | None], bool] = g.setdefault("sees_personal", {})
    if (model, estate_id) not in known:
        known[model, estate_id] = sees_personal(model, estate_id)
    return known[model, estate_id]


def masked(column: Any, value: str) -> str:
    """The value with what not everybody may see hidden."""
    kind = column.type
    return kind.mask(value) if isinstance(kind, Domain) else "*" * 6


def formatter(model: type[Base], column: Any) -> Callable[[Any, int | None], str]:
    """The function that turns the column's values into text, given the row's estate; made once per page."""
    declared = words(column)
    if names_a_kind(column):
        return lambda value, estate_id: kind_label(value)
    if declared is None or not declared.personal:
        return lambda value, estate_id: cell_text(value, zone_of(estate_id))
    return lambda value, estate_id: _personal_text(model, column, value, estate_id)


def _personal_text(model: type[Base], column: Any, value: Any, estate_id: int | None) -> str:
    if value is not None and is_masked(model, column, estate_id):
        return masked(column, str(value))
    return cell_text(value, zone_of(estate_id))


def exported_columns(model: type[Base]) -> list[Any]:
    """The columns of an export: every declared one that is not secret."""
    return [column for column in model.__table__.columns if (found := words(column)) and not found.secret]


def file_formatter(model: type[Base], column: Any) -> Callable[[Any, int | None], str | int | Decimal]:
    """As `formatter`, but numbers stay numbers."""
    as_text = formatter(model, column)
    if target(column) is None and isinstance(column.type, Integer | Numeric):
        return lambda value, estate_id: value if value is not None else ""
    return as_text


def reference_url(column: Any, cell: Cell) -> str | None:
    """The address of the row referred to, for those who may see its kind."""
    parent = target(column)
    if parent is None or parent.__entity__ is None or not may(parent, Action.SEE):
        return None
    return url_for(f"{parent.__entity__.name}.details_view", id=cell.id)
