"""The rows of a list as a file to edit and load again: every field that a file may fill, of one estate."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from flask import Response, abort
from werkzeug.datastructures import MultiDict

from importers.outgoing.editing import Words, edited_fields, headings, lines
from models.base import Base, entity, words
from reports.listing import Listing, stream
from rules.permissions import Action
from views.access import estates, may, may_do, model_scope, zone_of
from views.cells import is_masked
from views.database import db
from views.downloads import table_file
from views.language import translate, wordings

ROWS_AT_ONCE = 1000


def is_offered(model: type[Base]) -> bool:
    """Whether the person may take rows of the model out, and load them again."""
    return may(model, Action.EXPORT) and may_do(model, "import")


def is_of_one_estate(model: type[Base], listing: Listing) -> bool:
    """Whether the list has the rows of one estate alone, or of none: a file goes into one, so that rows of several
    could not go back.
    """
    return "estate_id" not in model.__table__.columns or _is_of_none(listing) or estate_asked(listing) is not None


def estate_asked(listing: Listing) -> int | None:
    """The one estate whose rows the list has: the one it is narrowed to, or the only one that the person serves."""
    asked = [each.values for each in listing.conditions if each.column == "estate_id" and each.operator == "in"]
    named = asked[0] if len(asked) == 1 and listing.match == "all" else tuple(each.id for each in estates())
    return named[0] if len(named) == 1 and not _is_of_none(listing) else None


def _is_of_none(listing: Listing) -> bool:
    is_asked = any(each.column == "estate_id" and each.operator == "empty" for each in listing.conditions)
    return is_asked and listing.match == "all"


def editing_file(kind: str, model: type[Base], listing: Listing, asked: MultiDict[str, str]) -> Response:
    """The rows as CSV or XLSX. 403 for whoever could not load them again, 400 where they are of several estates."""
    if not is_offered(model):
        abort(403)
    if not is_of_one_estate(model, listing):
        abort(400)
    estate_id, said = estate_asked(listing), Words(translate, wordings)
    found = stream(db.session, replace(listing, columns=()), model_scope(model, Action.EXPORT))
    rows = _rows(model, (row.id for row in found), said, estate_id)
    told = {"is_personal": _is_personal(model, estate_id), "is_searched": bool(listing.search)}
    return table_file(kind, entity(model).name, headings(model, said), rows, **told, is_guarded=True, asked=asked)


def _rows(model: type[Base], ids: Iterator[int], said: Words, estate_id: int | None) -> Iterator[list[Any]]:
    masked = partial(_is_masked, model, estate_id)
    while some := list(islice(ids, ROWS_AT_ONCE)):
        yield from lines(db.session, model, some, said, zone_of(estate_id), masked)


def _is_masked(model: type[Base], estate_id: int | None, column: Any) -> bool:
    return is_masked(model, column, estate_id)


def _is_personal(model: type[Base], estate_id: int | None) -> bool:
    """Whether a personal column stands in the clear in the file."""
    columns = [model.__table__.columns.get(each.name) for each in edited_fields(model)]
    declared = [(column, words(column)) for column in columns if column is not None]
    return any(
        said is not None and said.personal and not is_masked(model, column, estate_id) for column, said in declared
    )
