"""Taking a bulk change back, and the pages on which bulk changes are kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import abort, flash, redirect, render_template, request, url_for

from models.base import N_, Base, now, words
from models.bulk_change import BulkAction, BulkChange
from models.faults import Fault
from operations.undo import FINAL, undo_bulk
from operations.write import writing
from rules.permissions import Action
from views.access import author, demand, may, model_scope, reaches, roles
from views.bulk_offers import offered
from views.bulk_told import told_refusals
from views.database import db
from views.kept import kept_text
from views.kinds import kind_label, model_of_kind
from views.language import translate
from views.lists import record_id
from views.public import safe_path

if TYPE_CHECKING:
    from views.panel import EntityView


def answer(view: "EntityView", id: str) -> Any:
    """Take the bulk change back: for who made it, or sees it, and may do such a thing still."""
    demand(may(view.model, Action.EDIT))
    bulk = _bulk(id)
    if bulk is None or bulk.entity != view.entity.name:
        abort(404)
    demand(bulk.action in offered(view))
    action = Action.DELETE if bulk.action is BulkAction.DELETE else Action.EDIT
    back = safe_path(request.form.get("back") or url_for(".index_view"))
    bulk_id = bulk.id
    try:
        with writing(db.session):
            by, at = author(), now()
            outcome = undo_bulk(db.session, bulk_id, by, at, lambda model: model_scope(model, action), roles())
    except Fault as fault:
        flash(fault.text(translate), "danger")
        return redirect(back)
    if not outcome.left:
        flash(translate(N_("Undone on %(number)s.")) % {"number": len(outcome.done)}, "success")
        return redirect(back)
    sentence = translate(N_("Undone on %(number)s, left as they are: %(left)s."))
    text = sentence % {"number": len(outcome.done), "left": len(outcome.left)}
    left = told_refusals(
        view.model, [(row_id, fault) for (model, row_id), fault in outcome.left if model is view.model]
    )
    context = {"title": text, "name": view.entity.name, "undo_id": None, "back": back, "refusals": left}
    return render_template("panel/bulk_outcome.html", lead=translate(N_("These were left as they are:")), **context)


def _bulk(id: str) -> BulkChange | None:
    """The bulk change if the person made it or sees it."""
    row_id = record_id(id)
    found = db.session.get(BulkChange, row_id) if row_id is not None else None
    if found is None or not (found.account_id == author().account_id or _is_seen(found)):
        return None
    return found


def _is_seen(bulk: BulkChange) -> bool:
    return may(BulkChange, Action.SEE) and reaches(BulkChange, bulk.id)


def is_undoable(bulk: BulkChange, view: "EntityView | None") -> bool:
    """Whether the person may take it back, and it was not taken back before."""
    return view is not None and bulk.undone_at is None and bulk.action not in FINAL and bulk.action in offered(view)


def said(bulk: BulkChange) -> list[tuple[str, str]]:
    """What was asked for, as label and text: the value set, or the assignee, the note and the reason."""
    model = model_of_kind(bulk.entity)
    return [] if model is None else [_said(model, name, kept, bulk) for name, kept in bulk.what.items()]


_WORDS: Mapping[str, str] = {"assignee_id": N_("Assignee"), "note": N_("Note"), "reason": N_("Reason")}


def _said(model: type[Base], name: str, kept: Any, bulk: BulkChange) -> tuple[str, str]:
    column = model.__table__.columns.get(name)
    declared = words(column) if column is not None else None
    if declared is None:
        return translate(_WORDS.get(name, name)), str(kept)
    return translate(declared.label), kept_text(model, column, kept, bulk.estate_id) or "—"


def bulk_title(bulk: BulkChange) -> str:
    """The action, the kind of the rows and the number of the bulk change."""
    return f"{translate(bulk.action.label)} · {kind_label(bulk.entity)} · #{bulk.id}"
