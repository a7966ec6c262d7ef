"""Tables as files: CSV that Excel opens without harm, and XLSX."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any, BinaryIO

from openpyxl import Workbook

from rules.guarding import guarded

_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BOM = "\ufeff"

Value = str | int | float | Decimal


def safe(value: Value) -> Value:
    """The value so that a spreadsheet takes a text for a text: one ' in front where it would see a formula."""
    return guarded(value) if isinstance(value, str) else value


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV with a byte order mark, some hundred rows at a time."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow([safe(cell) for cell in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe(cell) for cell in row])
        if number % 500 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_workbook(target: BinaryIO, title: str, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """The table as an XLSX workbook of one sheet, written row by row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(cell) for cell in header])
    for row in rows:
        sheet.append([_cell(cell) for cell in row])
    book.save(target)


def _cell(value: Value) -> Any:
    """Control and non-characters cannot stand in XLSX; what is left of a text is a text, never a formula."""
    return safe(_NOT_XML.sub("", value)) if isinstance(value, str) else value
