"""Workbooks (XLSX, XLSB, XLS, ODS): their sheets as text, exactly as far as the file itself knows the digits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from importers.reading import archives, compound, merges, open_oddities
from importers.reading.kinds import Kind
from importers.reading.oddities import Oddities, oddities
from importers.reading.old_oddities import old_oddities
from importers.reading.own_files import shorten_refused
from importers.reading.table import Grid, Limits, Problem, UnreadableFile
from models.faults import N_, Fault

LOSSY_FROM = 1e15  # from here on a float no longer holds every whole number
FAR = 10_000  # rows below the last value: what stands beyond is no table's
ROWS_TO_JUDGE = 40  # of a sheet, when the one with the best header is looked for

TOO_WIDE = N_("The sheet spans far too many cells: delete what lies outside the table")
LOST_DIGITS = N_("%(value)s was kept as a number and has lost digits: format the column as text")

Judge = Callable[[Grid], int]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook that was judged and opened: the sheets with cells, and those of them that people do not see."""

    path: Path
    kind: Kind
    calamine: CalamineWorkbook
    sheets: list[str]
    hidden: list[str]
    secret: list[str]  # those of the hidden ones that only a macro can show
    records: bytes = b""  # of an old workbook


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sheet that is read, with what is to be said about the workbook."""

    grid: Grid
    sheet: str
    sheets: list[str]
    hidden: list[str]
    notices: list[Fault] = field(default_factory=list)
    header: tuple[int, int] | None = None  # the line and count of rows of a header that its merged cells tell


@contextmanager
def opened(path: Path, kind: Kind, limits: Limits) -> Iterator[Book]:
    """The workbook, after its packing was inspected. Raises UnreadableFile."""
    records = b""
    if kind is Kind.COMPOUND:
        records = compound.inspect(path)
    else:
        archives.inspect(path, limits)
    try:
        with CalamineWorkbook.from_path(path) as calamine:
            told = [one for one in calamine.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
            hidden = [one.name for one in told if one.visible != SheetVisibleEnum.Visible]
            secret = [one.name for one in told if one.visible == SheetVisibleEnum.VeryHidden]
            yield Book(path, kind, calamine, [one.name for one in told], hidden, secret, records)
    except PasswordError as error:
        raise UnreadableFile(archives.PROTECTED) from error
    except CalamineError as error:
        raise UnreadableFile(TOO_WIDE if "limit exceeded" in str(error) else archives.DAMAGED) from error
    except BaseException as error:
        # A panic of the reader is no Exception: it must not look like the end of the program.
        if type(error).__name__ == "PanicException":
            raise UnreadableFile(archives.DAMAGED) from error
        raise


def choose(path: Path, kind: Kind, sheet: str | None, judge: Judge, limits: Limits) -> Chosen:
    """The named sheet, hidden or not, or the visible one that `judge` rates best; the first filled one of equals."""
    with opened(path, kind, limits) as book:
        name = _named(book, sheet) if sheet is not None else _best(book, judge)
        cells = book.calamine.get_sheet_by_name(name)
        odd = _oddities(book, name)
        merged = [*(cells.merged_cell_ranges or ()), *odd.merges]
        found = grid(cells, odd)
        notices = merges.fill(found.rows, merged)
        shorten_refused(found.rows)
        header = merges.header_lines(found.rows, merged)
        return Chosen(found, name, book.sheets, book.hidden, notices + _skipped(book, name), header)


def _oddities(book: Book, name: str) -> Oddities:
    if book.kind is Kind.COMPOUND:
        return old_oddities(book.records, name)
    with ZipFile(book.path) as archive:
        is_open = open_oddities.CONTENT in archive.namelist()
    return open_oddities.open_oddities(book.path, name) if is_open else oddities(book.path, name)


def _named(book: Book, sheet: str) -> str:
    for name in book.sheets:
        if name.strip() == sheet.strip():
            return name
    raise UnreadableFile(
        N_("There is no sheet %(sheet)s: the file has %(sheets)s"), sheet=sheet, sheets=", ".join(book.sheets)
    )


def _best(book: Book, judge: Judge) -> str:
    seen = [name for name in book.sheets if name not in book.hidden] or book.sheets
    if not seen:
        raise UnreadableFile(N_("The workbook has no sheet with cells"))
    if len(seen) == 1:
        return seen[0]
    tops = {name: _top(book, name) for name in seen}
    return max(seen, key=lambda name: (judge(tops[name]), any(map(any, tops[name].rows))))


def _top(book: Book, name: str) -> Grid:
    rows = book.calamine.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=ROWS_TO_JUDGE)
    return Grid([as_texts(row) for row in rows], list(range(1, len(rows) + 1)))


def _skipped(book: Book, name: str) -> list[Fault]:
    hidden = [other for other in book.hidden if other != name and other not in book.secret]
    sentence = N_("Hidden sheets are not read: %(sheets)s")
    return [Fault(sentence, sheets=", ".join(hidden))] if hidden else []


def grid(sheet: CalamineSheet, odd: Oddities) -> Grid:
    """All rows of the sheet, the first being line 1.

    A number that has lost digits, an error or a formula without a value is a problem of its cell.
    """
    values = sheet.to_python(skip_empty_area=False)
    rows = [as_texts(row) for row in values]
    problems = [problem for line, row in enumerate(values, start=1) for problem in _lost_digits(line, row)]
    del values
    _show_oddities(rows, odd)
    return Grid(rows, list(range(1, len(rows) + 1)), problems + odd.problems)


def _show_oddities(rows: list[list[str]], odd: Oddities) -> None:
    """Zeros in front as the file shows them, an error or a formula in the cell that it is a problem of."""
    for (row, column), digits in odd.padded.items():
        if row < len(rows) and column < len(rows[row]) and rows[row][column].isdecimal():
            rows[row][column] = rows[row][column].zfill(digits)
    for problem in odd.problems:
        if problem.column is not None and problem.line <= len(rows) + FAR:
            _extend(rows, problem.line, problem.column)
            rows[problem.line - 1][problem.column] = problem.value


def _extend(rows: list[list[str]], line: int, column: int) -> None:
    """The reader ends the sheet at the last value; a cell that has none may lie beyond."""
    width = max(len(rows[0]) if rows else 0, column + 1)
    rows.extend([""] * width for _ in range(len(rows), line))
    row = rows[line - 1]
    row.extend([""] * (column + 1 - len(row)))


def _lost_digits(line: int, row: Sequence[Any]) -> Iterator[Problem]:
    for index in [place for place, value in enumerate(row) if type(value) is float and abs(value) >= LOSSY_FROM]:
        text = as_text(row[index])
        yield Problem(line, Fault(LOST_DIGITS, value=text), text, index)


def as_texts(row: Sequence[Any]) -> list[str]:
    """The cells of a row as text."""
    return [
        value if type(value) is str else _number_text(value) if type(value) is float else as_text(value)
        for value in row
    ]


def as_text(value: Any) -> str:
    """The cell as text: 18999999999.0 is 18999999999, dates are ISO 8601, a truth is TRUE or FALSE."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return _number_text(value)
        case datetime():
            return _moment_text(value)
        case timedelta():
            return _duration_text(value)
        case time():
            moment = _whole_seconds(datetime.combine(date(2000, 1, 1), value))
            return moment.time().isoformat() if moment.day == 1 else "24:00:00"
        case date():
            return value.isoformat()
    return str(value)


def _number_text(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _moment_text(value: datetime) -> str:
    moment = _whole_seconds(value)
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")


def _whole_seconds(value: datetime) -> datetime:
    """A day counted in fractions misses the second by a hair."""
    nearest = value.replace(microsecond=0) + timedelta(seconds=round(value.microsecond / 1e6))
    return nearest if abs(nearest - value) < timedelta(milliseconds=2) else value


def _duration_text(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}"
