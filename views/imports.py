"""Loading a file in the browser: choose, look at what it would do, then load or drop it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import select

from importers.committing import commit
from importers.refused import refused_csv
from importers.staged import fault_from_json
from importers.staging import drop, preview
from importers.template import template_csv
from models.base import N_, Base, ColumnWords, Group, Permission, entities, entity, now, words
from models.estate import Estate
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportRow, RowVerdict
from models.owner import Owner
from operations.scope import conditions
from operations.write import Refused, Stale
from reports.titles import titles_of
from rules.permissions import Action
from views.access import ServedEstate, author, demand, estates, may_do, model_scope
from views.database import db
from views.kept import fetch_titles, kept_text
from views.language import translate, wordings
from views.lists import record_id
from views.pages import PanelPage, Way

ROWS_SHOWN = 100
LINES_NAMED = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the preview: its number, the row it meets, the fields it sets (label, old, new), remarks, faults."""

    number: int
    subject: str
    fields: list[tuple[str, str, str]]
    notes: list[str]
    faults: list[tuple[str, str, str]]


def importable() -> list[type[Base]]:
    """The models that the person may load from a file."""
    return [model for model in entities().values() if may_do(model, "import")]


class LoadPage(PanelPage):
    """Upload, preview, load."""

    title = N_("Load a file")
    group = Group.REGISTER
    address = "load"
    icon = "upload"
    permission = Permission.REGISTER
    action = Action.IMPORT

    def is_accessible(self) -> bool:
        return bool(importable())

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        fault = None
        if request.method == "POST":
            try:
                batch_id = self._preview()
            except Fault as found:
                fault = found.text(translate)
            else:
                return redirect(url_for(".batch", id=batch_id))
        page = self.render(
            "imports/upload.html",
            fault=fault,
            kinds=[entity(model) for model in importable()],
            estates=_own_estates(),
            recent=_recent(),
        )
        return (page, 422) if fault else page

    def _preview(self) -> int:
        """Read the uploaded file and stage it; returns the batch."""
        model = entities().get(request.form.get("kind", ""))
        if model is None or not may_do(model, "import"):
            abort(403)
        estate_id = _chosen_estate(model)
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            raise Fault(N_("Choose a file"))
        with TemporaryDirectory() as folder:
            path = Path(folder) / ("upload" + Path(upload.filename).suffix[:10])
            upload.save(path)
            return preview(
                db.session,
                path,
                upload.filename,
                entity(model).name,
                estate_id,
                author(),
                now(),
                sheet=request.form.get("sheet", "").strip() or None,
                create_missing=request.form.get("create_missing") == "yes",
                wordings=wordings,
            )

    @expose("/<id>/")
    def batch(self, id: str) -> Any:
        """What the file would do, or did, line by line."""
        found = _batch(id)
        model = entities()[found.entity]
        shown = _shown_verdict(found)
        lines = _lines(found, model, shown, record_id(request.args.get("after", "")[:8]) or 0)
        return self.render(
            "imports/batch.html",
            batch=found,
            kind=entity(model),
            estate=db.session.get(Estate, found.estate_id) if found.estate_id else None,
            counts=_counts(found),
            shown=shown,
            lines=lines[:ROWS_SHOWN],
            next_after=lines[ROWS_SHOWN - 1].number if len(lines) > ROWS_SHOWN else None,
            notices=[fault_from_json(said).text(translate) for said in found.report.get("notices", [])],
            is_open=found.state is BatchState.PREVIEWED,
            encoding=str(found.report.get("encoding", "")).upper().removesuffix("-SIG"),
        )

    @expose("/<id>/commit", methods=("POST",))
    def commit_batch(self, id: str) -> Any:
        """Load the good rows, or none of them."""
        batch_id = _batch(id).id
        try:
            counts = commit(
                db.session, batch_id, author(), now(), all_or_nothing=request.form.get("all_or_nothing") == "yes"
            )
        except Fault as fault:
            flash(fault.text(translate), "danger")
            return redirect(url_for(".batch", id=batch_id))
        except Refused as refused:
            flash(_refusal(refused), "danger")
            return redirect(url_for(".batch", id=batch_id))
        except Stale as stale:
            flash(_staleness(batch_id, stale), "danger")
            return redirect(url_for(".batch", id=batch_id))
        if counts.is_loaded:
            sentence = translate(N_("Loaded: %(new)s new, %(changed)s changed, %(refused)s refused."))
            flash(sentence % {"new": counts.new, "changed": counts.changed, "refused": counts.refused}, "success")
        else:
            flash(
                translate(N_("Nothing was loaded, because rows are refused and you asked for all or nothing.")),
                "warning",
            )
        return redirect(url_for(".batch", id=batch_id, show=RowVerdict.REFUSED.value if counts.refused else None))

    @expose("/<id>/drop", methods=("POST",))
    def drop_batch(self, id: str) -> Any:
        """Give the preview up; nothing was changed by it."""
        drop(db.session, _batch(id).id)
        flash(translate(N_("The file was dropped; nothing was changed.")), "success")
        return redirect(url_for(".index"))

    @expose("/<id>/refused.csv")
    def refused(self, id: str) -> Any:
        """The refused rows, to be corrected and loaded again."""
        found = _batch(id)
        return _download(refused_csv(db.session, found.id, translate), f"refused-{found.id}.csv")

    @expose("/template/<kind>.csv")
    def template(self, kind: str) -> Any:
        """An empty file with the headings of the kind."""
        model = entities().get(kind)
        if model is None:
            abort(404)
        demand(may_do(model, "import"))
        return _download(template_csv(model, lambda label: reversed(wordings(label))), f"{kind}.csv")


def _refusal(refused: Refused) -> str:
    """Nothing was loaded, and what stood against it, by column."""
    faults = [
        f"{translate(declared.label)}: {fault.text(translate)}" if (declared := _words_of(refused.model, name)) else ""
        for name, fault in refused.faults.items()
    ]
    sentence = translate(N_("Nothing was loaded, because something changed since the preview. Load the file again."))
    return " ".join([sentence, *faults])


def _words_of(model: type[Base], name: str) -> ColumnWords | None:
    column = model.__table__.columns.get(name)
    return words(column) if column is not None else None


def _staleness(batch_id: int, stale: Stale) -> str:
    """Nothing was loaded, and the lines of the file whose records somebody changed meanwhile."""
    staged = db.session.execute(
        select(ImportRow.line, ImportRow.changes)
        .where(ImportRow.batch_id == batch_id, ImportRow.verdict == RowVerdict.CHANGED)
        .order_by(ImportRow.line)
    )
    lines = [str(line) for line, changes in staged if changes.get("row") in stale.ids]
    sentence = translate(N_("Nothing was loaded, because somebody changed records meanwhile: load the file again."))
    named = translate(N_("Lines: %(lines)s")) % {"lines": ", ".join(lines[:LINES_NAMED])}
    return f"{sentence} {named}" if lines else sentence


def load_ways() -> list[Way]:
    """The way to loading a file, for those who may."""
    if not importable():
        return []
    label = N_("Load owners from a file") if Owner in importable() else N_("Load a file")
    return [Way(translate(label), url_for("load.index"), "upload")]


def _own_estates() -> list[ServedEstate]:
    """The estates into which the person may load anything."""
    return [estate for estate in estates() if any(_may_load_into(model, estate.id) for model in importable())]


def _may_load_into(model: type[Base], estate_id: int | None) -> bool:
    bounds = model_scope(model, Action.IMPORT)
    return not bounds.is_empty and (bounds.estates is None or estate_id in bounds.estates)


def _chosen_estate(model: type[Base]) -> int | None:
    """The estate of the upload, if the model belongs to one and the person may load into it."""
    if "estate_id" not in model.__table__.columns:
        demand(_may_load_into(model, None))
        return None
    text = request.form.get("estate", "")
    if not text:
        raise Fault(N_("Choose the estate that the file belongs to"))
    known = {str(estate.id): estate.id for estate in _own_estates()}
    if text not in known or not _may_load_into(model, known[text]):
        abort(403)
    return known[text]


def _batch(id: str) -> ImportBatch:
    """The batch, if the person may load its kind into its estate; 404 else."""
    batch_id = record_id(id)
    found = db.session.get(ImportBatch, batch_id) if batch_id is not None else None
    model = entities().get(found.entity) if found is not None else None
    if found is None or model is None or not may_do(model, "import") or not _may_load_into(model, found.estate_id):
        abort(404)
    return found


def _recent() -> list[ImportBatch]:
    """The latest files of the kinds and estates that the person may load."""
    names = [entity(model).name for model in importable()]
    bounds = [ImportBatch.entity.in_(names), *conditions(ImportBatch, model_scope(importable()[0], Action.IMPORT))]
    return list(db.session.scalars(select(ImportBatch).where(*bounds).order_by(ImportBatch.id.desc()).limit(8)))


def _counts(batch: ImportBatch) -> list[tuple[RowVerdict, int]]:
    return [(verdict, getattr(batch, f"{verdict.value}_count")) for verdict in RowVerdict]


def _shown_verdict(batch: ImportBatch) -> RowVerdict:
    """The kind of lines asked for; else the refused ones if there are any, else the first kind that has lines."""
    asked = request.args.get("show")
    if asked in {verdict.value for verdict in RowVerdict}:
        return RowVerdict(asked)
    if batch.refused_count:
        return RowVerdict.REFUSED
    return next((verdict for verdict, number in _counts(batch) if number), RowVerdict.NEW)


def _lines(batch: ImportBatch, model: type[Base], verdict: RowVerdict, after: int) -> list[Line]:
    statement = (
        select(ImportRow)
        .where(ImportRow.batch_id == batch.id, ImportRow.verdict == verdict, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(ROWS_SHOWN + 1)
    )
    rows = list(db.session.scalars(statement))
    fetch_titles((model, row.changes.get("fields", {})) for row in rows)
    met = {row.id: row.changes["row"] for row in rows if row.changes.get("row")}
    titles = titles_of(db.session, model, set(met.values()))
    return [_line(row, model, batch.estate_id, titles.get(met.get(row.id, 0), "")) for row in rows]


def _line(row: ImportRow, model: type[Base], estate_id: int | None, subject: str) -> Line:
    columns = model.__table__.columns
    fields = [
        (
            translate(declared.label),
            kept_text(model, columns[name], old, estate_id),
            kept_text(model, columns[name], new, estate_id),
        )
        for name, (old, new) in row.changes.get("fields", {}).items()
        if name != "estate_id" and (declared := words(columns[name]))
    ]
    faults = [(said["column"], said["value"], fault_from_json(said).text(translate)) for said in row.problems["faults"]]
    return Line(row.line, subject, fields, _notes(row), faults)


def _notes(row: ImportRow) -> list[str]:
    """What the line does beside its own fields: the unit it links or makes, and its warnings."""
    notes = []
    unit, link = row.changes.get("unit"), row.changes.get("link")
    if unit and unit["is_new"]:
        notes.append(translate(N_("makes the unit %(code)s")) % {"code": unit["code"]})
    if link:
        notes.append(translate(N_("links the unit %(code)s")) % {"code": link["unit"]})
    notes += [
        f"{said['column']} {said['value']}: {fault_from_json(said).text(translate)}"
        for said in row.problems["warnings"]
    ]
    return notes


def _download(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
