"""What the cells of an XLS sheet say beyond their values: errors, and formulas that were never calculated."""

from collections.abc import Iterator
from struct import error as StructError  # noqa: N812  # it is raised, not called
from struct import unpack_from

from importers.reading.compound import records
from importers.reading.oddities import ERROR, Oddities
from importers.reading.table import Problem
from models.faults import Fault

_FORMULA, _END, _BOUND_SHEET, _TRUTH_OR_ERROR, _BEGIN = 0x0006, 0x000A, 0x0085, 0x0205, 0x0809
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def old_oddities(content: bytes, sheet: str) -> Oddities:
    """What is odd about the cells of the sheet in the records of an old workbook."""
    try:
        start = next((place for place, name in _sheets(content) if name == sheet), None)
        return Oddities(list(_errors(content, start)) if start is not None else [])
    except StructError:  # records cut short: the reader says so
        return Oddities()


def _sheets(content: bytes) -> Iterator[tuple[int, str]]:
    """Where the records of each sheet begin, and its name."""
    for kind, start, length in records(content):
        if kind == _END:
            return
        if kind == _BOUND_SHEET:
            place, _, count, is_wide = unpack_from("<IHBB", content, start)
            text = content[start + 8 : start + length]
            yield place, text[: count * 2].decode("utf-16-le") if is_wide & 1 else text[:count].decode("latin-1")


def _errors(content: bytes, start: int) -> Iterator[Problem]:
    depth = 0
    for kind, body, _ in records(content, start):
        if kind == _BEGIN:
            depth += 1
        elif kind == _END:
            depth -= 1
            if depth <= 0:
                return
        elif kind == _TRUTH_OR_ERROR and depth == 1:
            row, column, _, code, is_error = unpack_from("<HHHBB", content, body)
            yield from _error(row, column, code) if is_error else ()
        elif kind == _FORMULA and depth == 1:
            row, column, _, result, _, code, _, mark = unpack_from("<HHHBBB3sH", content, body)
            yield from _error(row, column, code) if mark == 0xFFFF and result == 2 else ()


def _error(row: int, column: int, code: int) -> Iterator[Problem]:
    name = _ERRORS.get(code, "#N/A")
    yield Problem(row + 1, Fault(ERROR, error=name), name, column)
