"""What became of a run: loaded by whom and when, taken back by whom, what was left; taking it back."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView
from sqlalchemy import select

from importers.loading.undoing import may_be_undone
from models.account import Account
from models.base import N_
from models.history import History
from models.import_batch import BatchState, ImportBatch
from rules.permissions import Action
from views import import_orders
from views.access import may, zone_of
from views.cells import moment_text
from views.database import db
from views.import_access import batch_of
from views.import_frame import LOADED, framed
from views.import_jobs import have_done
from views.import_orders import Work
from views.language import translate


@dataclass(frozen=True, slots=True)
class Result:
    """When and by whom, as people read it; `history_url` is empty for who sees no history."""

    loaded_at: str
    loaded_by: str
    undone_at: str
    undone_by: str
    history_url: str
    buildings: int
    units: int
    may_be_undone: bool


def result(batch: ImportBatch) -> Result:
    """What became of a run that was loaded."""
    zone = zone_of(batch.estate_id)
    names = _names({batch.account_id, batch.undone_by_id} - {None})
    created = batch.report.get("created") or {}
    return Result(
        moment_text(batch.committed_at, zone) if batch.committed_at else "",
        names.get(batch.account_id, ""),
        moment_text(batch.undone_at, zone) if batch.undone_at else "",
        names.get(batch.undone_by_id, ""),
        url_for("history.index_view", batch_id=batch.id) if may(History, Action.SEE) else "",
        created.get("buildings", 0),
        created.get("units", 0),
        may_be_undone(db.session(), batch),
    )


def _names(ids: set[Any]) -> dict[int | None, str]:
    found = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    return {row.id: row.name for row in found}


def undo_answer(page: BaseView, id: str) -> Any:
    """Asks on GET, saying what would be taken back; does it on POST."""
    batch = batch_of(id)
    batch_id = batch.id
    if not may_be_undone(db.session(), batch):
        if request.method == "POST":
            flash(translate(N_("Only a run that was loaded can be taken back, and only once.")), "danger")
        return redirect(url_for(".batch", id=batch_id))
    if request.method == "GET":
        return framed(page, "imports/undo.html", batch, LOADED, result=result(batch))
    is_again, before = batch.state is BatchState.UNDONE, batch.undone_count
    have_done(batch_id, Work.UNDO)
    is_done = import_orders.ordered(batch_id) is None
    if (
        is_again
        and is_done
        and db.session.get_one(ImportBatch, batch_id, populate_existing=True).undone_count == before
    ):
        flash(translate(N_("Nothing more was taken back so far: what stands on these rows is listed.")), "warning")
    return redirect(url_for(".batch", id=batch_id))
