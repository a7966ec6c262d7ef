"""The rows behind a figure of a summary, where no filter of the generated list can say which they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, request
from flask_admin import BaseView
from sqlalchemy import ColumnElement
from werkzeug.datastructures import MultiDict

from models.base import Base, entity
from reports.listing import COUNT_CAP, Listing, count, page
from rules.permissions import Action
from views import lists
from views.access import demand, may, model_scope
from views.database import db
from views.exports import entity_file
from views.grid import Grid
from views.language import translate
from views.list_columns import list_columns, offered_columns

PAGING = ("after", "before", "size", "sort")


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows of a figure: of which model, under which conditions, what they are called, and what was amiss."""

    model: type[Base]
    where: tuple[ColumnElement[bool], ...]
    title: str
    chips: Sequence[str]
    faults: Sequence[str]


def rows_page(view: BaseView, behind: Behind, endpoint: str) -> Any:
    """The rows, page by page; 400 when a parameter could not be read and was left out."""
    model, scope = behind.model, model_scope(behind.model)
    paging = MultiDict([(key, request.args[key]) for key in PAGING if key in request.args])
    address = lists.read_address(model, paging)
    listing = replace(address.listing, where=behind.where)
    faults = [*behind.faults, *(fault.text(translate) for fault in address.faults.values())]
    columns = list_columns(model, listing.columns)
    body = view.render(
        "summaries/rows.html",
        behind=behind,
        endpoint=endpoint,
        kept={key: texts for key, texts in request.args.to_dict(flat=False).items() if key not in PAGING},
        faults=faults,
        found=page(db.session, listing, scope),
        total=count(db.session, listing, scope),
        cap=COUNT_CAP,
        columns=columns,
        grid=Grid(model, columns),
        can_export=may(model, Action.EXPORT),
        cursor_text=lists.cursor_text,
    )
    return (body, 400) if faults else body


def rows_file(export_type: str, behind: Behind) -> Response:
    """The rows as a file, every declared column that is not secret, masked as on the screen."""
    demand(may(behind.model, Action.EXPORT))
    if export_type not in ("csv", "xlsx"):
        abort(404)
    if behind.faults:
        abort(400)
    listing = Listing(behind.model, (), sort=entity(behind.model).order, where=behind.where)
    return entity_file(export_type, behind.model, listing, list(offered_columns(behind.model).values()))
