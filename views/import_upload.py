"""The choice of a file: what it holds, where it goes, and the empty files to fill in."""

from typing import Any

from flask import Response, abort, current_app, redirect, request
from flask_admin import BaseView

from importers.loading.runs import receive
from importers.reading.table import Limits
from importers.settings import Settings
from models.base import N_, entities, entity, now
from models.faults import Fault
from models.import_batch import ImportBatch
from views.access import author, demand, may_do
from views.database import db
from views.downloads import XLSX
from views.import_access import attachment, chosen_estate, importable, own_estates, own_recipes, recent
from views.import_frame import landing
from views.import_jobs import have_done
from views.import_kinds import asked_kind
from views.import_orders import Work
from views.language import translate, wordings

MEGABYTE = 1024 * 1024


def answer(page: BaseView) -> Any:
    """The form; a file that was sent leads to its run, what stands against it is said above the form."""
    fault = None
    if request.method == "POST":
        try:
            batch_id = _received()
        except Fault as found:
            fault = found.text(translate)
        else:
            return redirect(_way_on(batch_id))
    limit = min(current_app.config["MAX_CONTENT_LENGTH"], Limits().file_bytes)
    shown = page.render(
        "imports/upload.html",
        fault=fault,
        kinds=[entity(model) for model in importable()],
        recipes=own_recipes(),
        asked_kind=request.form.get("kind", request.args.get("kind", "owners")),
        estates=own_estates(),
        recent=recent(),
        limit_bytes=limit,
        limit_megabytes=limit // MEGABYTE,
        limit_rows=f"{Limits().rows:,}",
    )
    return (shown, 422) if fault else shown


def _received() -> int:
    """Keep the uploaded file and have it read; returns the run."""
    model, recipe = asked_kind(request.form.get("kind", ""))
    estate_id = chosen_estate(model)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Fault(N_("Choose a file"))
    batch_id = receive(
        db.session(),
        upload.stream,
        upload.filename,
        entity(model).name,
        estate_id,
        author(),
        now(),
        Settings(create_missing=request.form.get("create_missing") == "yes", recipe=recipe),
    )
    have_done(batch_id, Work.PREPARE)
    return batch_id


def _way_on(batch_id: int) -> str:
    db.session.rollback()  # what was read before is of before
    return landing(db.session.get_one(ImportBatch, batch_id))


def template_answer(kind: str, suffix: str) -> Response:
    """An empty file with the headings of the kind: a workbook with examples, choices and a guide, or plain CSV."""
    # What makes workbooks takes 30 MB: only who hands one out loads it.
    from importers.outgoing.template import template_csv, template_workbook  # noqa: PLC0415

    model = entities().get(kind)
    if model is None or suffix not in {"csv", "xlsx"}:
        abort(404)
    demand(may_do(model, "import"))
    if suffix == "xlsx":
        return attachment(template_workbook(model, wordings, translate), f"{kind}.xlsx", XLSX)
    return attachment(template_csv(model, lambda label: reversed(wordings(label))), f"{kind}.csv")
