"""Workbooks (XLSX): their sheets as text, exactly as far as the file itself knows the digits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from importers.archives import DAMAGED, inspect
from importers.table import Grid, Limits, Problem, UnreadableFile
from models.base import N_
from models.faults import Fault

LOSSY_FROM = 1e15  # from here on a float no longer holds every whole number


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[CalamineWorkbook]:
    """The workbook, after its packing was inspected. Raises UnreadableFile."""
    inspect(path, limits)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            yield workbook
    except CalamineError as error:
        raise UnreadableFile(DAMAGED) from error


def grid(workbook: CalamineWorkbook, sheet: str) -> Grid:
    """All rows of the sheet, the first being line 1; numbers that have lost digits are problems of their cell."""
    found = Grid([], [])
    for line, row in enumerate(workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False), start=1):
        found.problems.extend(_lost_digits(line, row))
        found.rows.append([as_text(value) for value in row])
        found.lines.append(line)
    return found


def _lost_digits(line: int, row: list[Any]) -> Iterator[Problem]:
    for index, value in enumerate(row):
        if isinstance(value, float) and abs(value) >= LOSSY_FROM:
            fault = Fault(
                N_("%(value)s was kept as a number and has lost digits: format the column as text"),
                value=as_text(value),
            )
            yield Problem(line, fault, as_text(value), index)


def as_text(value: Any) -> str:
    """The cell as text: 18999999999.0 is 18999999999, dates are ISO 8601, a truth is TRUE or FALSE."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return _number_text(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
    return str(value)


def _number_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f")
