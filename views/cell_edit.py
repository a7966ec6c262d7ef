"""Edit in the cell of a list: one column of one row, through the form's own field and the view's own save."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import abort, jsonify, request
from werkzeug.datastructures import MultiDict
from wtforms import Form

from models.base import N_, Base, Row, words
from models.faults import Fault
from operations.write import Refused, Stale
from reports.listing import page
from rules.permissions import Action
from views.access import demand, may, model_scope
from views.changes import Change, changes_since
from views.database import db
from views.forms import column_form, form_columns, shown_version
from views.grid import Grid
from views.language import translate
from views.list_columns import known_columns, list_columns, usual_columns
from views.lists import read_address

if TYPE_CHECKING:
    from views.panel import EntityView


def editable_columns(view: "EntityView") -> frozenset[str]:
    """The columns that the person may edit in the cells of the list: those of the form, but for long texts."""
    if not (view.edits_single_columns and view.can_edit):
        return frozenset()
    return _short_columns(view.model, may(view.model, Action.PERSONAL))


@cache
def _short_columns(model: type[Base], with_personal: bool) -> frozenset[str]:
    return frozenset(
        column.name
        for column in form_columns(model, "edit")
        if (found := words(column)) and not found.long and (with_personal or not found.personal)
    )


def answer(view: "EntityView", id: str) -> Any:
    """The editor of a column as HTML on GET, its value saved on POST; without a column the row as it is now."""
    demand(view.can_edit)
    row = view.get_one(id, Action.EDIT)
    name = request.values.get("column", "")
    if request.method == "GET" and not name:
        return jsonify(_shown(view, row))
    estate_id = getattr(row, "estate_id", None)
    form = column_form(view.model, name, row, estate_id) if name in editable_columns(view) else None
    if form is None:  # or seen only masked in this row
        abort(400)
    if request.method == "GET":
        return view.render("panel/_cell.html", field=form[name], estate_id=estate_id)
    return _save(view, row, name, form)


def _save(view: "EntityView", row: Row, name: str, form: Form) -> Any:
    field, version = form[name], shown_version()
    if not form.validate():
        return jsonify(fault=" ".join(map(str, field.errors))), 422
    try:
        view.update(row, {name: field.data}, version)
    except Refused as refused:
        return jsonify(fault=fault_text(view.model, name, refused.faults)), 422
    except Stale:
        row = view.get_one(str(row.id), Action.EDIT)
        meanwhile = [sentence for change in changes_since(row, version) for sentence in _sentences(change)]
        return jsonify(meanwhile=meanwhile, **_shown(view, row)), 409
    return jsonify(_shown(view, row))


def fault_text(model: type[Base], name: str, faults: Mapping[str, Fault]) -> str:
    """What is wrong, as one text; of another column than the one that was set under its label."""
    return " ".join(
        fault.text(translate) if each == name else _labelled(model, each, fault) for each, fault in faults.items()
    )


def _labelled(model: type[Base], name: str, fault: Fault) -> str:
    column = model.__table__.columns.get(name)
    declared = words(column) if column is not None else None
    sentence = fault.text(translate)
    return f"{translate(declared.label)}: {sentence}" if declared else sentence


def _sentences(change: Change) -> list[str]:
    sentence = translate(N_("%(at)s %(who)s: %(field)s is now “%(value)s”"))
    at = change.at.strftime("%m-%d %H:%M")
    return [
        sentence % {"at": at, "who": change.who, "field": label, "value": after or "—"}
        for label, _, after in change.fields
    ]


def _shown(view: "EntityView", row: Row) -> dict[str, Any]:
    """The row as the list shows it, in the columns that the page has: other cells may have changed with one."""
    model, row_id, version = view.model, row.id, row.version
    names = known_columns(model, request.values.get("columns", "").split(",")) or usual_columns(model)
    listing = replace(read_address(model, MultiDict(), names).listing, ids=(row_id,))
    found = page(db.session, listing, model_scope(model)).rows
    grid = Grid(model, list_columns(model, names), editable_columns(view), bool(view.bulk_actions()))
    return {"version": version, "row": str(grid.rows(found))}
