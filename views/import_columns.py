"""What fills what: the columns of the file, the fields that nothing fills yet, the words of its choices."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView

from importers.mapping.fields import Field, fields
from importers.settings import Source
from models.base import N_, entities
from models.import_batch import ImportBatch
from views.database import db
from views.import_access import batch_of
from views.import_column_rows import (
    NOTE,
    choices,
    column_rows,
    part_offers,
    remembered,
    samples_of,
    source_rows,
)
from views.import_frame import COLUMNS, OPEN, READ, framed, landing, shows_columns
from views.import_preparing import decide, settings_of
from views.import_said import Said
from views.import_words import asked_values, words_of
from views.language import translate
from views.repair_words import ORDERS

HOLDS_NOTES = "note"  # the field that columns may be added to
TEXT = "text"
LONGEST_TEXT, LONGEST_DIVIDER = 500, 10  # characters
PIECES = (
    (0, N_("the first piece")),
    (1, N_("the second piece")),
    (2, N_("the third piece")),
    (3, N_("the fourth piece")),
    (-1, N_("the last piece")),
)


def answer(page: BaseView, id: str) -> Any:
    """The columns as they are matched; POST stores what the person decides and prepares the run anew."""
    batch = batch_of(id)
    if not shows_columns(batch):
        return redirect(landing(batch))
    if request.method == "POST":
        if batch.state in OPEN:
            _store(batch)
        else:
            flash(translate(N_("The run is over: nothing of it is decided any more.")), "warning")
        return redirect(landing(batch) if request.form.get("go") == "on" else url_for(".columns", id=batch.id))
    said, model = Said(batch), entities()[batch.entity]
    settings, known = said.settings, fields(model)
    samples = samples_of(batch, model, said)
    rows = column_rows(known, said, samples)
    filled = {row.chosen for row in rows}
    return framed(
        page,
        "imports/columns.html",
        batch,
        COLUMNS,
        rows=rows,
        sources=source_rows(known, said, filled),
        words=words_of(known, said),
        groups=choices(model, known),
        samples=json.dumps(samples, ensure_ascii=False),
        pieces=PIECES,
        note=NOTE if any(field.name == HOLDS_NOTES for field in known) else None,
        is_open=batch.state in OPEN,
        offers=part_offers(known, said),
        missing=[
            translate(field.words.label)
            for field in known
            if field.is_needed and field.name not in {*said.sources, *filled}
        ],
        remembered=remembered(batch, said),
        anew=bool(settings.columns is not None or said.proposal.get("remembered")),
    )


def _store(batch: ImportBatch) -> None:
    if request.form.get("anew"):
        anew = replace(settings_of(batch), columns=None, note_columns=(), values={}, date_orders={}, use_layout=False)
        decide(batch, anew)
        flash(translate(N_("Started anew: the columns are matched by their headings and values.")), "success")
        return
    if request.form.get("parts"):
        _take_parts(batch, request.form["parts"])
        return
    before = (batch.new_count + batch.changed_count, batch.refused_count)
    known = fields(entities()[batch.entity])
    said = Said(batch)
    columns, notes, twice = _asked_columns(known, said)
    decided = replace(
        settings_of(batch),
        columns=columns | _asked_sources(known, columns),
        note_columns=notes,
        date_orders=_asked_orders(known),
        values=asked_values(known, said.settings),
    )
    decide(batch, decided)
    db.session.refresh(batch)
    if twice:
        sentence = translate(N_("Two columns cannot fill the same: only the first one fills %(names)s."))
        flash(sentence % {"names": ", ".join(twice)}, "warning")
    after = {"good": batch.new_count + batch.changed_count, "refused": batch.refused_count}
    sentence = translate(N_("Checked anew: %(good)s rows to load, %(refused)s with problems."))
    if batch.state in READ and (after["good"], after["refused"]) != before:
        flash(sentence % after, "success")


def _take_parts(batch: ImportBatch, place: str) -> None:
    """Divide the column as offered: each piece fills its field."""
    said, settings = Said(batch), settings_of(batch)
    offer = next((each for each in said.part_offers if str(each.column) == place), None)
    if offer is None:
        return
    pieces = {name: Source(offer.column, offer.splitter, number) for number, name in enumerate(offer.fields)}
    others = {name: source for name, source in said.sources.items() if source.column != offer.column}
    decide(batch, replace(settings, columns=others | pieces))
    flash(translate(N_("The column %(heading)s is divided.")) % {"heading": offer.heading}, "success")


def _asked_columns(known: Sequence[Field], said: Said) -> tuple[dict[str, Source], tuple[int, ...], list[str]]:
    """What each column was chosen to fill, which go into the note, and the labels of what was chosen twice."""
    labels = {field.name: field.words.label for field in known}
    columns: dict[str, Source] = {}
    notes, twice = [], []
    for index in range(len(said.header)):
        chosen = request.form.get(f"column-{index}", "")
        if chosen == NOTE:
            notes.append(index)
        elif chosen in columns:
            twice.append(translate(labels[chosen]))
        elif chosen in labels:
            columns[chosen] = Source(column=index)
    return columns, tuple(notes), twice


def _asked_sources(known: Sequence[Field], columns: Mapping[str, Source]) -> dict[str, Source]:
    """The fixed texts and the parts of columns, for the fields that no column fills as it stands."""
    rest = [field.name for field in known if field.name not in columns]
    asked = {name: _asked_source(name) for name in rest}
    return {name: source for name, source in asked.items() if source is not None}


def _asked_source(name: str) -> Source | None:
    form = request.form
    where, text = form.get(f"from-{name}", ""), form.get(f"text-{name}", "").strip()[:LONGEST_TEXT]
    if where == TEXT:
        return Source(text=text) if text else None
    if not (where.isascii() and where.isdigit()):
        return None
    piece = form.get(f"piece-{name}", "0")
    part = int(piece) if piece in {str(number) for number, _ in PIECES} else 0
    splitter = form.get(f"divider-{name}", "").replace("\x00", "")[:LONGEST_DIVIDER]
    return Source(column=int(where[:4]), splitter=splitter or None, part=part if splitter else None)


def _asked_orders(known: Sequence[Field]) -> dict[str, str]:
    asked = {field.name: request.form.get(f"order-{field.name}", "") for field in known}
    return {name: order for name, order in asked.items() if order in ORDERS}
