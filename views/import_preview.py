"""What a file would do or did, line by line, and the deciding: what blanks do, which records are meant, load, drop."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import BaseView

from importers.loading.expiring import KEPT_LINES
from importers.loading.runs import drop
from importers.loading.staged import LEFT, fault_from_json
from models.base import N_, entities
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, RowVerdict
from views import import_orders, import_progress
from views.cells import is_masked
from views.database import db
from views.import_access import batch_of
from views.import_frame import PREVIEW, framed, landing
from views.import_jobs import have_done
from views.import_lines import label_of, left_rows, shown_lines
from views.import_offers import offer_counts, offering_lines
from views.import_orders import Work
from views.import_preparing import decide, settings_of
from views.import_result import result
from views.language import translate
from views.lists import record_id

ROWS_SHOWN = 100
OFFERS_SHOWN = 25
MOST_COLUMNS = 14  # that a table of new lines has side by side
OFFERS = "offers"  # the kind of tab for lines that may mean a record which is there
DECIDED = frozenset({BatchState.COMMITTED, BatchState.UNDONE})
KEPT = frozenset({RowVerdict.CONFLICT.value, RowVerdict.REFUSED.value})  # lines that are kept once a run was loaded
BLANKS = ("keep", "clear")


def answer(page: BaseView, id: str) -> Any:
    """What the file would do, or did, line by line; while something is being done, how far it is."""
    batch = batch_of(id)
    at_work = import_progress.standing(batch)
    if at_work is not None:
        return import_progress.shown(page, batch, at_work)
    leads_on = "then" in request.args or batch.state in {BatchState.ASKING, BatchState.UNREADABLE}
    if leads_on and (url := landing(batch)) != request.path:
        return redirect(url)
    return _lines_page(page, batch)


def _lines_page(page: BaseView, batch: ImportBatch) -> Any:
    counts = _counts(batch)
    shown = _shown_kind(batch, counts)
    after = record_id(request.args.get("after", "")[:9]) or 0
    size = OFFERS_SHOWN if shown == OFFERS else ROWS_SHOWN
    lines = _lines(batch, shown, after, size + 1)
    more = len(lines) > size
    fault = import_orders.stood_against(batch.id)
    return framed(
        page,
        "imports/batch.html",
        batch,
        PREVIEW,
        counts=counts,
        shown=shown,
        lines=lines[:size],
        columns=_columns(batch, lines[:size]) if shown == RowVerdict.NEW.value else [],
        offers=offer_counts(batch) if shown == OFFERS else [],
        after=after,
        next_after=lines[size - 1].number if more else None,
        fault=fault.text(translate) if fault is not None else "",
        notices=[fault_from_json(said).text(translate) for said in batch.report.get("notices", [])],
        is_open=batch.state is BatchState.PREVIEWED,
        days_kept=KEPT_LINES.days if batch.state in DECIDED and shown in (*KEPT, LEFT) else None,
        blanks=_blanks(batch),
        cleaned=_cleaned(batch),
        result=result(batch) if batch.state in DECIDED else None,
    )


def _lines(batch: ImportBatch, kind: str, after: int, limit: int) -> list[Any]:
    if kind == OFFERS:
        return list(offering_lines(batch, after, limit))
    if kind == LEFT:
        return list(left_rows(batch, after, limit))
    return list(shown_lines(batch, RowVerdict(kind), after, limit))


def _counts(batch: ImportBatch) -> list[tuple[str, str, int]]:
    """The tabs: the kind of lines, its label, how many."""
    found = [
        (verdict.value, translate(verdict.label), getattr(batch, f"{verdict.value}_count")) for verdict in RowVerdict
    ]
    if batch.state in DECIDED:  # the others are in the records and their history
        found = [each for each in found if each[0] in KEPT and each[2]]
    offers = int(batch.report.get("offers_count") or 0)
    if offers and batch.state is BatchState.PREVIEWED:
        found.append((OFFERS, translate(N_("Perhaps there already")), offers))
    if batch.left_count and batch.state in DECIDED:
        found.insert(0, (LEFT, translate(N_("Left as they are")), batch.left_count))
    return found


def _shown_kind(batch: ImportBatch, counts: list[tuple[str, str, int]]) -> str:
    """The kind of lines asked for; else what wants a look first, else the first kind that has lines."""
    numbers = {kind: number for kind, _, number in counts}
    asked = request.args.get("show", "")
    if asked in numbers:
        return asked
    first = (LEFT, RowVerdict.CONFLICT.value, RowVerdict.REFUSED.value, *numbers)
    return next((kind for kind in first if numbers.get(kind)), RowVerdict.NEW.value)


def _columns(batch: ImportBatch, lines: list[Any]) -> list[tuple[str, str]]:
    """The fields that any of the new lines sets, in the order of the record's own: name and label."""
    set_by_lines = {name for line in lines for name in line.values}
    model = entities()[batch.entity]
    names = [column.name for column in model.__table__.columns if column.name in set_by_lines]
    return [(name, label_of(model, name)) for name in names[:MOST_COLUMNS]]


def _blanks(batch: ImportBatch) -> list[tuple[str, str, int, bool]]:
    """The fields with blank cells where there is a value now: name, label, how many, whether they are to be cleared."""
    chosen = settings_of(batch).blanks
    model = entities()[batch.entity]
    found = batch.report.get("blanks") or {}
    return [(name, label_of(model, name), number, chosen.get(name) == "clear") for name, number in found.items()]


def _cleaned(batch: ImportBatch) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """What was read otherwise than it stands in the file: the field, how often, and some cells with what became of
    them.
    """
    model, examples = entities()[batch.entity], batch.report.get("cleaned_examples") or {}
    found = batch.report.get("cleaned") or {}
    return [
        (label_of(model, name), number, _examples(batch, name, examples.get(name, [])))
        for name, number in found.items()
    ]


def _examples(batch: ImportBatch, name: str, kept: list[list[str]]) -> list[tuple[str, str]]:
    model = entities()[batch.entity]
    column = model.__table__.columns.get(name)
    if column is not None and is_masked(model, column, batch.estate_id):
        return []
    return [(text, became) for text, became in kept]


def decide_answer(id: str) -> Any:
    """Take records for those that lines mean, or say what blank cells do; the run is prepared anew."""
    batch = batch_of(id)
    if batch.state is not BatchState.PREVIEWED:
        return redirect(url_for(".batch", id=batch.id))
    settings = settings_of(batch)
    if "blanks" in request.form:
        chosen = {name: _chosen(name) for name, *_ in _blanks(batch)}
        settings = replace(settings, blanks={**settings.blanks, **chosen})
    elif why := request.form.get("accept_all"):
        settings = replace(settings, accept_all=tuple(dict.fromkeys([*settings.accept_all, why[:40]])))
    elif text := request.form.get("accept"):
        settings = replace(settings, accepted={**settings.accepted, **_accepted(batch, text)})
    else:
        abort(400)
    batch_id = batch.id
    try:
        decide(batch, settings)
    except Fault as fault:
        flash(fault.text(translate), "danger")
    return redirect(url_for(".batch", id=batch_id, show=request.form.get("show") or None))


def _chosen(name: str) -> str:
    asked = request.form.get(f"blank.{name}", "")
    return asked if asked in BLANKS else BLANKS[0]


def _accepted(batch: ImportBatch, text: str) -> dict[int, int]:
    """The line and the record of `line:record`, if that record is offered to that line."""
    line, _, row = text.partition(":")
    number, row_id = record_id(line[:9]), record_id(row)
    found = offering_lines(batch, (number or 0) - 1, 1)
    if number is None or row_id is None or not found or found[0].number != number:
        abort(400)
    if row_id not in {offer.row_id for offer in found[0].offers}:
        abort(400)
    return {number: row_id}


def commit_answer(id: str) -> Any:
    """Load the good rows, or none of them."""
    batch = batch_of(id)
    batch_id = batch.id
    if batch.state is BatchState.PREVIEWED:
        have_done(batch_id, Work.COMMIT, all_or_nothing=request.form.get("all_or_nothing") == "yes")
    elif batch.state is not BatchState.LOADING:
        flash(translate(N_("This import was loaded or dropped already")), "danger")
    return redirect(url_for(".batch", id=batch_id))


def drop_answer(id: str) -> Any:
    """Give the preview up; nothing was changed by it."""
    batch = batch_of(id)
    drop(db.session(), batch.id)
    db.session.refresh(batch)
    if batch.state is not BatchState.DROPPED:
        flash(translate(N_("This import was loaded or dropped already")), "danger")
        return redirect(url_for(".batch", id=batch.id))
    flash(translate(N_("The file was dropped; nothing was changed.")), "success")
    return redirect(url_for(".index"))
