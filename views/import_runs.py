"""The runs of the import: the list of those that the person reaches, and what they leave to download."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request
from flask_admin import BaseView
from sqlalchemy import ColumnElement, and_, false, or_, select

from models.account import Account
from models.base import N_, entities, entity
from models.import_batch import BatchState, ImportBatch
from operations.scope import conditions
from rules.permissions import Action
from views.access import estates, may_class, model_scope, zone_of
from views.cells import moment_text
from views.database import db
from views.downloads import XLSX
from views.import_access import attachment, batch_of
from views.kinds import kind_label
from views.language import translate
from views.lists import record_id

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the list shows it."""

    batch: ImportBatch
    kind: str
    estate: str
    person: str
    at: str
    can_be_undone: bool


def reached() -> ColumnElement[bool]:
    """The runs of the kinds and estates that the person may load."""
    found = [
        and_(ImportBatch.entity == name, *conditions(ImportBatch, model_scope(model, Action.IMPORT)))
        for name, model in entities().items()
        if may_class(entity(model).permission, Action.IMPORT)
    ]
    return or_(false(), *found)


def list_answer(page: BaseView) -> Any:
    """The runs, newest first, by state and kind as asked for."""
    state = next((each for each in BatchState if each.value == request.args.get("state")), None)
    kind = request.args.get("kind", "")
    before = record_id(request.args.get("before", "")[:18])
    asked = [ImportBatch.state == state] if state is not None else []
    asked += [ImportBatch.entity == kind] if kind in entities() else []
    asked += [ImportBatch.id < before] if before is not None else []
    statement = (
        select(ImportBatch, Account.name)
        .outerjoin(Account, Account.id == ImportBatch.account_id)
        .where(reached(), *asked)
        .order_by(ImportBatch.id.desc())
        .limit(SHOWN + 1)
    )
    found = db.session.execute(statement).all()
    runs = [_run(batch, name or translate(N_("Command line"))) for batch, name in found[:SHOWN]]
    kinds = db.session.scalars(select(ImportBatch.entity).where(reached()).distinct())
    return page.render(
        "imports/runs.html",
        runs=runs,
        state=state,
        kind=kind,
        states=list(BatchState),
        kinds=sorted((kind_label(each), each) for each in kinds),
        has_estates=len(estates()) > 1,
        before=before,
        next_before=runs[-1].batch.id if len(found) > SHOWN else None,
    )


def _run(batch: ImportBatch, person: str) -> Run:
    places = {estate.id: f"{estate.code} {estate.name}" for estate in estates()}
    return Run(
        batch,
        kind_label(batch.entity),
        places.get(batch.estate_id or 0, ""),
        person,
        moment_text(batch.created_at, zone_of(batch.estate_id)),
        batch.state is BatchState.COMMITTED,
    )


def refused_answer(id: str, suffix: str) -> Response:
    """The refused rows, to be corrected and loaded again."""
    # What makes workbooks takes 30 MB: only who hands one out loads it.
    from importers.outgoing.refused import refused_csv, refused_workbook  # noqa: PLC0415

    found = batch_of(id)
    if suffix == "xlsx":
        return attachment(refused_workbook(db.session(), found.id, translate), f"refused-{found.id}.xlsx", XLSX)
    if suffix != "csv":
        abort(404)
    return attachment(refused_csv(db.session(), found.id, translate), f"refused-{found.id}.csv")
