"""How the file is read: encoding, sheet, divider, header lines: found out, shown, changed by whoever knows better."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice
from typing import Any

from flask import flash, redirect, request
from flask_admin import BaseView
from sqlalchemy import select

from importers.loading.runs import kept_file
from importers.reading.blocks import Block, Head
from importers.reading.child import read_apart
from importers.reading.table import UnreadableFile
from importers.settings import Reading
from models.base import N_, entities
from models.import_batch import ImportBatch, ImportFile
from views.access import sees_personal
from views.database import db
from views.import_access import batch_of
from views.import_frame import FILE, OPEN, framed, landing
from views.import_kinds import load_again_as
from views.import_preparing import decide, settings_of
from views.import_said import Said
from views.language import translate

LINES_SHOWN = 15
MOST_LINES = 60  # looked at, blank ones included
TEXT_BYTES = 64 * 1024
CELLS_SHOWN = 12
LONGEST_NUMBER = 6  # digits of a line
LONGEST_NAME = 200
HEADER_ROWS = 4  # the most that may be chosen
ENCODINGS = {
    "utf-8": "UTF-8",
    "gb18030": "GB18030 (GBK)",
    "big5": "Big5",
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
    "shift_jis": "Shift JIS",
    "euc_kr": "EUC-KR",
    "cp1252": "Windows-1252",
}
DELIMITERS = {
    ",": N_("Comma"),
    ";": N_("Semicolon"),
    "\t": N_("Tab"),
    "|": N_("Vertical bar"),
    "，": N_("Full-width comma"),
}


@dataclass(frozen=True, slots=True)
class FirstLines:
    """The file before it has a header: its first lines with their numbers, and its sheets."""

    lines: list[tuple[int, list[str]]]
    head: Head | None = None


def answer(page: BaseView, id: str) -> Any:
    """What was found out of the file; POST stores what the person knows better and reads it anew."""
    batch = batch_of(id)
    if request.method == "POST":
        if batch.state in OPEN and "kind" in request.form:
            batch = db.session.get_one(ImportBatch, load_again_as(batch, request.form["kind"]))
        elif batch.state in OPEN:
            decide(batch, replace(settings_of(batch), reading=_asked(Said(batch)), columns=None, edits={}))
            db.session.refresh(batch)
        else:
            flash(translate(N_("The run is over: its file is not read again.")), "warning")
        return redirect(landing(batch))
    reading, said = settings_of(batch).reading, Said(batch)
    may_look = batch.state in OPEN and sees_personal(entities()[batch.entity], batch.estate_id)
    first = _first_lines(batch, reading) if may_look else FirstLines([])
    return framed(
        page,
        "imports/questions.html",
        batch,
        FILE,
        reading=reading,
        first=first,
        found=_found(first.lines, said.header),
        encodings=_encodings(batch, reading),
        delimiters=DELIMITERS,
        header_rows=range(HEADER_ROWS + 1),
    )


def _asked(said: Said) -> Reading:
    """What the form says; what is left to be found out, or makes no sense, is None."""
    form = request.form
    line, rows = form.get("header_line", ""), form.get("header_rows", "")
    encoding, delimiter = form.get("encoding", ""), form.get("delimiter", "")
    is_line = line.isascii() and line.isdigit() and len(line) <= LONGEST_NUMBER and int(line) > 0
    return Reading(
        sheet=form.get("sheet", "")[:LONGEST_NAME] or None,
        encoding=encoding if encoding in {*ENCODINGS, *dict(said.candidates)} else None,
        delimiter=delimiter if delimiter in DELIMITERS else None,
        header_line=int(line) if is_line else None,
        header_rows=int(rows) if rows in {str(each) for each in range(HEADER_ROWS + 1)} else None,
    )


def _first_lines(batch: ImportBatch, reading: Reading) -> FirstLines:
    """The first lines as they stand, none of them taken for a header."""
    encoding = reading.encoding or batch.report.get("encoding")
    if encoding:
        divider = reading.delimiter or batch.report.get("delimiter") or ","
        return FirstLines(_text_lines(batch.id, str(encoding), str(divider)))
    bare = Reading(reading.sheet or batch.report.get("sheet"), header_line=1, header_rows=0)
    try:
        with kept_file(db.session(), batch.id, batch.file_name) as path, read_apart(path, bare) as apart:
            block = next(iter(apart.blocks(LINES_SHOWN)), None)
            return FirstLines(_sheet_lines(block) if block is not None else [], apart.head)
    except UnreadableFile:
        return FirstLines([])


def _text_lines(batch_id: int, encoding: str, divider: str) -> list[tuple[int, list[str]]]:
    """The first lines of a text file: of its beginning, so that no file can take long."""
    first = select(ImportFile.body).where(ImportFile.batch_id == batch_id, ImportFile.part == 0)
    text = (db.session.scalar(first) or b"")[:TEXT_BYTES].decode(encoding, errors="replace").lstrip("\ufeff")
    rows = csv.reader(StringIO(text.replace(divider, divider[0]), newline=""), delimiter=divider[0])
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(islice(rows, MOST_LINES), start=1):
            if any(cells):
                lines.append((number, cells[:CELLS_SHOWN]))
    except csv.Error:
        pass  # what was read until then is shown
    return _evened(lines[:LINES_SHOWN])


def _sheet_lines(block: Block) -> list[tuple[int, list[str]]]:
    rows = zip(block.lines, block.rows, strict=True)
    return _evened([(line, (cells + block.surplus.get(line, []))[:CELLS_SHOWN]) for line, cells in rows])


def _found(lines: list[tuple[int, list[str]]], header: list[str]) -> int | None:
    """The line on which the headings were found."""
    wanted = set(header[:CELLS_SHOWN])
    return next((line for line, cells in lines if wanted <= {cell.strip() for cell in cells}), None)


def _evened(lines: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    width = max((len(cells) for _, cells in lines), default=0)
    return [(line, cells + [""] * (width - len(cells))) for line, cells in lines]


def _encodings(batch: ImportBatch, reading: Reading) -> Mapping[str, str]:
    return ENCODINGS if batch.report.get("encoding") or reading.encoding else {}
