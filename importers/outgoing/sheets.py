"""Cells of the workbooks we hand out: what is text stays text, and looks the same everywhere."""

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter

from rules.guarding import GUARD, unguarded

TEXT = "@"  # the format under which a spreadsheet leaves digits alone
_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_COMMENT = 1_000
LONGEST_CELL = 32_767  # characters that a workbook can hold
_FIRST_SHEET = "xl/worksheets/sheet1.xml"
_ROWS_END = b"</sheetData>"

HEADING, EXAMPLE, FAULTY, PLAIN, WRAPPED = STYLES = ("heading", "example", "faulty", "plain text", "wrapped")


def add_styles(book: Workbook) -> None:
    """Make the styles known to the workbook: new ones for each, since a style belongs to one workbook."""
    looks: dict[str, dict[str, Any]] = {
        HEADING: {"font": Font(bold=True), "fill": PatternFill("solid", fgColor="FFE7EEF7")},
        EXAMPLE: {"font": Font(italic=True, color="FF808080")},
        FAULTY: {"fill": PatternFill("solid", fgColor="FFFFC7CE")},
        PLAIN: {},
        WRAPPED: {"alignment": Alignment(wrap_text=True, vertical="top")},
    }
    for name, look in looks.items():
        book.add_named_style(NamedStyle(name, number_format=TEXT, **look))


def put(cell: Any, text: str, style: str = PLAIN) -> None:
    """Write the text into the cell, never as a formula."""
    cell.value = sound(text)[:LONGEST_CELL]
    cell.data_type = "s"
    cell.style = style


def text_cell(sheet: Any, text: str, style: str = PLAIN, comment: str = "") -> Any:
    """A cell for a sheet that is written row by row."""
    cell = WriteOnlyCell(sheet, sound(text)[:LONGEST_CELL])
    cell.data_type = "s"
    cell.style = style
    if comment:
        cell.comment = Comment(sound(comment)[:LONGEST_COMMENT], "", width=320, height=90)
    return cell


class Stencils:
    """Cells for many rows: one for each style, used again and again, since styling a cell takes longest of all.

    A row must be written while it is made: hand `append` a generator.
    """

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._cells = {style: text_cell(sheet, "", style) for style in STYLES}
        self.numbers = {name: int(cell.style_id) for name, cell in self._cells.items()}

    def cell(self, text: str, style: str = PLAIN, comment: str = "") -> Any:
        """The cell with this text; one with a comment is a cell of its own."""
        if comment:
            return text_cell(self._sheet, text, style, comment)
        cell = self._cells[style]
        cell.value = sound(text)[:LONGEST_CELL]
        cell.data_type = "s"
        return cell


def add_rows(frame: BinaryIO, out: BinaryIO, rows: Iterable[str]) -> None:
    """The workbook `frame` with further rows at the end of its first sheet; for many rows, ten times as fast."""
    with ZipFile(frame) as source, ZipFile(out, "w", ZIP_DEFLATED, compresslevel=3) as target:
        for name in source.namelist():
            before, end, after = source.read(name).partition(_ROWS_END)
            with target.open(name, "w") as member:
                member.write(before)
                if name == _FIRST_SHEET:
                    member.writelines(row.encode() for row in rows)
                member.write(end + after)


def row_text(number: int, first: int, cells: Iterable[tuple[str, int]]) -> str:
    """A row of a sheet: a number, then texts with the number of their style."""
    texts = "".join(
        f'<c r="{_letters(place)}{number}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{escape(sound(text)[:LONGEST_CELL], quote=False)}</t></is></c>'
        for place, (text, style) in enumerate(cells, start=2)
    )
    return f'<row r="{number}"><c r="A{number}"><v>{first}</v></c>{texts}</row>'


_letters = cache(get_column_letter)


def sound(text: str) -> str:
    """The text as a workbook can hold it, and so that reading it takes nothing away."""
    kept = text if text.isascii() and text.isprintable() else _NOT_XML.sub("", text)
    return GUARD + kept if unguarded(kept) != kept else kept
