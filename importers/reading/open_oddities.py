"""What the cells of an ODS sheet say beyond their values: formulas without one, errors, merged cells."""

from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from importers.reading.archives import parts
from importers.reading.oddities import ERROR, NO_VALUE, Oddities
from importers.reading.table import Problem
from models.faults import Fault

CONTENT = "content.xml"
_SIGNS = (b"table:formula=", b"-spanned=")
_CELLS = {"table:table-cell", "table:covered-table-cell"}
_ERRORS = ("#", "Err:")


def open_oddities(path: Path, sheet: str) -> Oddities:
    """What is odd about the cells of the sheet in an ODS workbook."""
    with ZipFile(path) as archive, path.open("rb") as file:
        member = archive.getinfo(CONTENT)
        if not any(sign in part for part in parts(file, member) for sign in _SIGNS):
            return Oddities()
        walk = _Walk(sheet)
        try:
            for part in parts(file, member):
                walk.parser.Parse(part)
        except ExpatError:  # the reader says that it is damaged
            return Oddities()
        return walk.found


class _Walk:
    """Goes through the cells of one sheet, counting what is written once for many."""

    def __init__(self, sheet: str) -> None:
        self.found = Oddities()
        self._sheet = sheet
        self._is_here = False
        self._row = self._next_row = self._column = self._next_column = 0
        self._formula: str | None = None
        self._text: list[str] = []
        self.parser = ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._collect

    def _start(self, name: str, said: dict[str, str]) -> None:
        if name == "table:table":
            self._is_here = said.get("table:name") == self._sheet
        elif not self._is_here:
            return
        elif name == "table:table-row":
            self._row, self._next_column = self._next_row, 0
            self._next_row += _count(said, "rows-repeated")
        elif name in _CELLS:
            self._column = self._next_column
            self._next_column += _count(said, "columns-repeated")
            self._enter_cell(said)

    def _enter_cell(self, said: dict[str, str]) -> None:
        self._formula, self._text = said.get("table:formula"), []
        if self._formula is not None and "office:value-type" not in said:
            self._note(NO_VALUE, "=" + self._formula.partition("=")[2][:100])
            self._formula = None
        rows, columns = _count(said, "rows-spanned"), _count(said, "columns-spanned")
        if rows * columns > 1:
            last = (self._row + rows - 1, self._column + columns - 1)
            self.found.merges.append(((self._row, self._column), last))

    def _collect(self, text: str) -> None:
        if self._formula is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        if name == "table:table":
            self._is_here = False
        elif name in _CELLS and self._formula is not None:
            text = "".join(self._text).strip()
            if text.startswith(_ERRORS):
                self._note(Fault(ERROR, error=text[:20]), text[:20])
            self._formula = None

    def _note(self, fault: Fault, value: str) -> None:
        self.found.problems.append(Problem(self._row + 1, fault, value, self._column))


def _count(said: dict[str, str], name: str) -> int:
    text = said.get(f"table:number-{name}", "1")
    return int(text) if text.isdecimal() and len(text) < 10 else 1
