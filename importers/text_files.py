"""Text files: their encoding, their delimiter, their rows. Nothing is guessed that counting cannot show."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO

from importers.table import Dialect, Grid, Limits, Problem, UnreadableFile
from models.base import N_
from models.faults import Fault

DELIMITERS = (",", "\t", ";")
SAMPLE_LINES = 100
LINES_TO_A_ROW = 10  # line breaks inside cells and blank lines allowed for, on average
SAMPLE_CHARACTERS = 200_000

_MARKS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: byte order mark, strict UTF-8, GB18030, in this order."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise UnreadableFile(N_("The file is written in %(encoding)s: save it as CSV UTF-8"), encoding=name)
    if data.startswith(_FOREIGN):
        raise UnreadableFile(N_("The file is not a table: save it as CSV or XLSX"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _sound(data.decode(encoding)), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(N_("The file is neither UTF-8 nor GB18030: save it as CSV UTF-8"))


def _sound(text: str) -> str:
    if text.count("\x00") > len(text) // 100:
        raise UnreadableFile(N_("The file is not a table: save it as CSV or XLSX"))
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<table", "<?xml", "<meta", "<head")):
        raise UnreadableFile(N_("The file is a web page, not a table: open it in Excel and save it as XLSX"))
    return text


def dialect(text: str) -> Dialect:
    """The delimiter under which most of the first rows are as wide as the header; a comma for a single column."""
    lines = _physical_lines(text[:SAMPLE_CHARACTERS])[:SAMPLE_LINES]

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = grid("".join(lines), Dialect(delimiter), Limits()).rows
        widths = [len(row) for row in rows if any(row)]
        if not widths or widths[0] < 2:
            return 0, 0
        return widths.count(widths[0]), widths[0]

    return Dialect(max(DELIMITERS, key=agreement))


def _physical_lines(text: str) -> list[str]:
    """Lines as an editor counts them: ended by LF, CR LF or CR, and by nothing else."""
    return list(StringIO(text, newline=""))


class _BrokenRowError(Exception):
    """A row that cannot be read; the next line can."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


_TOO_LONG = Fault(N_("A cell is far too long"))
_STRAY_QUOTE = Fault(N_("Text follows a closing quotation mark: double the marks inside a cell"))


class _Feed:
    """Hands lines to the parser and notices when one row wants too many of them."""

    def __init__(self, lines: list[str], start: int, delimiter: str, limits: Limits) -> None:
        self.lines = lines
        self.row_start = self.position = start
        self.delimiter = delimiter
        self.limits = limits

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        wanted = self.position - self.row_start
        at_end = self.position >= len(self.lines)
        if wanted > self.limits.quoted_lines or (at_end and wanted):
            raise _BrokenRowError(Fault(N_("A quotation mark is opened and not closed")))
        if at_end:
            raise StopIteration
        line = self.lines[self.position]
        if line.count(self.delimiter) > self.limits.columns * 4:
            raise _BrokenRowError(Fault(N_("The line has far too many cells")))
        self.position += 1
        return line


def grid(text: str, dialect: Dialect, limits: Limits) -> Grid:
    """All rows of the text. After one that cannot be read, reading goes on with the next line."""
    if text.count("\n") + text.count("\r") > limits.rows * LINES_TO_A_ROW:
        raise UnreadableFile(N_("The file has more than %(limit)s rows: split it"), limit=limits.rows)
    physical = _physical_lines(text)
    found = Grid([], [])
    start = 0
    while start < len(physical):
        feed = _Feed(physical, start, dialect.delimiter, limits)
        try:
            _collect(feed, found)
            break
        except _BrokenRowError as broken:
            fault = broken.fault
        except csv.Error as error:
            fault = _TOO_LONG if "limit" in str(error) else _STRAY_QUOTE
        start = feed.row_start + 1
        found.problems.append(Problem(start, fault, ""))
        found.rows.append(physical[start - 1].strip().split(dialect.delimiter, limits.columns))
        found.lines.append(start)
    return found


def _collect(feed: _Feed, found: Grid) -> None:
    for row in csv.reader(feed, delimiter=feed.delimiter, strict=True):
        found.rows.append(row)
        found.lines.append(feed.row_start + 1)
        feed.row_start = feed.position
