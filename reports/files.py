"""Tables as files: CSV that Excel opens without harm, and XLSX."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any, BinaryIO

from rules.guarding import guarded

_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BOM = "\ufeff"
ROWS_AT_ONCE = 500
NARROWEST = 17  # the width of a column in a workbook, in characters: a moment

Value = str | int | float | Decimal


def safe(value: Value) -> Value:
    """The value so that a spreadsheet takes a text for a text: one ' in front where it would see a formula."""
    return guarded(value) if isinstance(value, str) else value


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Value]], is_guarded: bool = False) -> Iterator[bytes]:
    """The table as UTF-8 CSV with a byte order mark, some hundred rows at a time.

    With `is_guarded` the rows are `safe` already: whoever knows the columns does it for those that may need it.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow([safe(cell) for cell in header])
    safe_rows = iter(rows) if is_guarded else ([safe(cell) for cell in row] for row in rows)
    while part := list(islice(safe_rows, ROWS_AT_ONCE)):
        writer.writerows(part)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def write_workbook(
    target: BinaryIO, title: str, header: Sequence[str], rows: Iterable[Sequence[Value]], is_guarded: bool = False
) -> None:
    """The table as an XLSX workbook of one sheet, written row by row; `is_guarded` as in a CSV."""
    # It takes 30 MB: only who makes a workbook loads it.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, name in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(NARROWEST, 2 * len(name) + 2)
    sheet.append([_cell(cell) for cell in header])
    cell_of = _printable if is_guarded else _cell
    for row in rows:
        sheet.append([cell_of(cell) for cell in row])
    book.save(target)


def _cell(value: Value) -> Any:
    """What can stand in XLSX of a text is a text, never a formula."""
    return safe(_printable(value))


def _printable(value: Value) -> Any:
    """Control and non-characters cannot stand in XLSX."""
    return _NOT_XML.sub("", value) if isinstance(value, str) else value
