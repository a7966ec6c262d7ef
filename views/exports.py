"""The rows of a list as a file: those that the person may export, in the columns chosen, masked as on the screen."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Response
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric
from werkzeug.datastructures import MultiDict

from models.base import Base, UtcDateTime, entity, target, words
from reports.listing import Listing, stream
from rules.guarding import guarded
from rules.permissions import Action
from views.access import estates, model_scope
from views.cells import file_formatter, is_masked
from views.database import db
from views.downloads import table_file
from views.language import translate
from views.list_columns import ListColumn


def entity_file(
    kind: str,
    model: type[Base],
    listing: Listing,
    columns: Sequence[ListColumn],
    asked: MultiDict[str, str] | None = None,
) -> Response:
    """The rows of the listing that the person may export, in those columns, masked as on the screen; `asked` is what
    the record says of it, where the address does not say all.
    """
    names = tuple(column.name for column in columns)
    formatters = [_formatter(model, column) for column in columns]
    header = [translate(column.label) for column in columns]
    found = stream(db.session, replace(listing, columns=names), model_scope(model, Action.EXPORT))
    rows = ([form(value, row.estate_id) for form, value in zip(formatters, row.values, strict=True)] for row in found)
    told = {"is_personal": _is_personal(model, columns), "is_searched": bool(listing.search)}
    return table_file(kind, entity(model).name, header, rows, **told, is_guarded=True, asked=asked)


def _formatter(model: type[Base], column: ListColumn) -> Callable[[Any, int | None], str | int | Decimal]:
    """As the list shows it, but numbers stay numbers, and no text begins like a formula."""
    if column.column is None:
        return lambda value, estate_id: "" if value is None else value
    as_text = file_formatter(model, column.column)
    if target(column.column) is not None:
        return lambda value, estate_id: "" if value is None else guarded(value)
    if isinstance(column.type, Integer | Numeric | Date | UtcDateTime | Boolean | Enum):
        return as_text
    return lambda value, estate_id: guarded(as_text(value, estate_id))  # type: ignore[arg-type]  # a text, no number


def _is_personal(model: type[Base], columns: Sequence[ListColumn]) -> bool:
    """Whether a personal column stands in the clear in the rows of any estate that the person reaches."""
    personal = [each.column for each in columns if each.column is not None and words(each.column).personal]  # type: ignore[union-attr]  # offered columns are declared
    return any(not is_masked(model, column, estate.id) for column in personal for estate in estates())
