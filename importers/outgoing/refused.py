"""The lines that were not loaded, refused or in conflict, as a file: correct them and load it again."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from io import BytesIO, StringIO
from itertools import islice
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from sqlalchemy.orm import Session

from importers.loading.staged import StagedLine, all_lines, fault_from_json
from importers.mapping.headings import OWN_HEADINGS
from importers.outgoing import sheets
from importers.outgoing.examples import Translate
from models.import_batch import ImportBatch, RowVerdict
from rules.guarding import guarded

BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8
COMMENTED_LINES = 1_000  # more comments make a workbook that takes long to open, and the second column says it all
OWN_WIDTHS = (8, 50)
WIDTH = 18


@dataclass(frozen=True, slots=True)
class _Refused:
    """A line for the file: its cells as they came, what is said of the line, and of which of its cells."""

    number: int
    cells: list[str]
    sentences: list[str]
    by_column: dict[int, str]


def refused_csv(session: Session, batch_id: int, translate: Translate = str) -> bytes:
    """The lines as CSV with the cells as they came, after their line number and what is wrong with them."""
    columns = _Columns(session, batch_id)
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*OWN_HEADINGS, *map(guarded, columns.header)])
    for line in _lines(session, batch_id, columns, translate):
        writer.writerow([line.number, guarded("; ".join(line.sentences)), *map(guarded, line.cells)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode(errors="replace")


def refused_workbook(session: Session, batch_id: int, translate: Translate = str) -> bytes:
    """The lines as a workbook in which every faulty cell is coloured and says in a comment what is wrong with it."""
    out = BytesIO()
    write_refused(session, batch_id, out, translate)
    return out.getvalue()


def write_refused(session: Session, batch_id: int, out: BinaryIO, translate: Translate = str) -> None:
    """As `refused_workbook`, line by line into `out`."""
    columns = _Columns(session, batch_id)
    lines = _lines(session, batch_id, columns, translate)
    frame = BytesIO()
    styles = _save_frame(frame, columns.header, islice(lines, COMMENTED_LINES))
    rows = (_row_text(number, line, styles) for number, line in enumerate(lines, start=COMMENTED_LINES + 2))
    sheets.add_rows(frame, out, rows)


def _save_frame(frame: BinaryIO, header: Sequence[str], lines: Iterable[_Refused]) -> dict[str, int]:
    """The workbook with the lines whose faulty cells have comments; returns the numbers of its styles by name."""
    book = Workbook(write_only=True)
    sheets.add_styles(book)
    sheet: Any = book.create_sheet(OWN_HEADINGS[1])
    sheet.freeze_panes = "C2"
    for place in range(1, len(header) + 3):
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width = OWN_WIDTHS[place - 1] if place <= len(OWN_WIDTHS) else WIDTH
        dimension.number_format = sheets.TEXT
    stencils = sheets.Stencils(sheet)
    sheet.append([sheets.text_cell(sheet, text, sheets.HEADING) for text in (*OWN_HEADINGS, *header)])
    for line in lines:
        sheet.append(_row(stencils, line))
    book.save(frame)
    return stencils.numbers


def _row(stencils: sheets.Stencils, line: _Refused) -> Iterator[Any]:
    yield line.number
    yield stencils.cell("; ".join(line.sentences), sheets.WRAPPED)
    for index, cell in enumerate(line.cells):
        comment = line.by_column.get(index, "")
        yield stencils.cell(cell, sheets.FAULTY if comment else sheets.PLAIN, comment)


def _row_text(number: int, line: _Refused, styles: Mapping[str, int]) -> str:
    """The line as the text of a row, without comments."""
    plain, faulty = styles[sheets.PLAIN], styles[sheets.FAULTY]
    cells = [(line.cells[index], faulty if index in line.by_column else plain) for index in range(len(line.cells))]
    return sheets.row_text(number, line.number, [("; ".join(line.sentences), styles[sheets.WRAPPED]), *cells])


class _Columns:
    """The columns of the file, without those that we added when its lines came out before."""

    def __init__(self, session: Session, batch_id: int) -> None:
        header: list[str] = session.get_one(ImportBatch, batch_id).report.get("header") or []  # none of a file not read
        self._own = {index for index, heading in enumerate(header) if heading in OWN_HEADINGS}
        self.header = self.kept(header)

    def kept(self, cells: Sequence[str]) -> list[str]:
        return [cell for index, cell in enumerate(cells) if index not in self._own]


def _lines(session: Session, batch_id: int, columns: _Columns, translate: Translate) -> Iterator[_Refused]:
    """The lines in their order."""
    kinds = [all_lines(session, batch_id, [kind]) for kind in (RowVerdict.REFUSED, RowVerdict.CONFLICT)]
    for staged in merge(*kinds, key=lambda line: line.line):
        yield _refused(staged, columns, translate)


def _refused(staged: StagedLine, columns: _Columns, translate: Translate) -> _Refused:
    places = {heading: index for index, heading in reversed(list(enumerate(columns.header)))}
    by_column: dict[int, list[str]] = {}
    for said in staged.problems["faults"]:
        if said["column"] in places:
            by_column.setdefault(places[said["column"]], []).append(fault_from_json(said).text(translate))
    return _Refused(
        staged.line,
        columns.kept(staged.cells),
        [_sentence(said, translate) for said in staged.problems["faults"]],
        {index: "; ".join(sentences) for index, sentences in by_column.items()},
    )


def _sentence(said: Mapping[str, Any], translate: Translate) -> str:
    sentence = fault_from_json(said).text(translate)
    return f"{said['column']}: {sentence}" if said["column"] else sentence
