"""Text files: encoding, dialect, header found out from their beginning, then their rows in one pass."""

import gc
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from importers.reading.blocks import SAMPLE_CHARACTERS, SAMPLE_ROWS, Block, Head
from importers.reading.dialects import dialect_of, escapes_all
from importers.reading.encodings import encoding_of
from importers.reading.endings import Ending
from importers.reading.finishing import Finishing, kept_columns, sound
from importers.reading.header_lines import header_of, judge_header, too_wide
from importers.reading.headers import Fit, Layout, is_blank, layout_of
from importers.reading.marks import COMMON
from importers.reading.mending import Mender
from importers.reading.rows import Batch, Body
from importers.reading.splitting import Splitter, parsed
from importers.reading.table import Dialect, Limits, Table, UnreadableFile
from importers.settings import Reading
from models.faults import N_, Fault

HEAD_LINES = 1_200
HEAD_CHARACTERS = 1_000_000
TOP_LINES = 20
TOLERATED = 0.2  # of the rows: so many with bare marks inside quoted cells are a manner of writing, not damage
NO_TABLE = N_("The file is not a table: save it as CSV or XLSX")

_SEPARATOR = re.compile(r'"?sep=(.{1,2}?)"?[\r\n]*', re.IGNORECASE)
_STRAY = re.compile(r'(?<!\d)["“”]')  # in a heading; behind a digit it may mean inches
_PAGES = ("<!doctype", "<html", "<table", "<?xml", "<meta", "<head")


class OpenText:
    """A text file whose beginning is understood: its head, and its rows as they are asked for.

    `head` has no sample and no count of rows yet. `notices` are complete when all blocks were taken.
    """

    def __init__(self, stream: TextIO, encoding: str, told: Reading, wanted: Fit | None, limits: Limits,
                 *, guarded: bool, broken: bool) -> None:  # fmt: skip
        self.notices: list[Fault] = []
        lines = _first_lines(stream, limits)
        skipped, told = _separator(lines, told)
        lines = lines[skipped:]
        dialect = dialect_of(lines, delimiter=told.delimiter, quote=told.quote, escape=told.escape)
        splitter = Splitter(dialect, escapes_all=escapes_all(lines, dialect))
        rows, starts, damaged = parsed(splitter, _bounded(lines, dialect, limits))
        unsure = _unsure(splitter, lines, starts, damaged)
        _divide_header(rows, starts, lines, dialect)
        at = None if told.header_line is None else _index(starts, told.header_line - 1 - skipped)
        layout = layout_of(rows, wanted, at, told.header_rows, unsure)
        if layout is None:
            raise UnreadableFile(N_("The file is empty"))
        for place in unsure & {*range(layout.start, layout.body)}:
            rows[place] = [_STRAY.sub("", cell) for cell in rows[place]]
        header = header_of(rows, layout)
        judge_header(header, limits)
        tolerant = len(damaged) > TOLERATED * len(rows)
        mender = Mender(splitter, layout.columns, tolerant=tolerant, usual=_usual(rows, layout))
        kept = kept_columns(header, _examples(rows, layout))
        self.head = Head([sound(header[place]) for place in kept], _header_lines(rows, layout), encoding, dialect)
        repeated = header if self.head.header_rows else None
        self.finishing = Finishing(repeated, kept, layout.width, limits, guarded=guarded, broken=broken)
        begins = starts[layout.body] if layout.body < len(starts) else len(lines)
        self.ending = Ending(layout.columns, header)
        self.body = Body(chain(lines[begins:], stream), begins + skipped + 1, splitter, mender, self.ending, limits)

    def blocks(self) -> Iterator[Block]:
        """All rows of the table. Raises UnreadableFile when there are more than allowed."""
        last: Batch | None = None
        for batch in self.body.batches():
            if last is not None:
                yield self.finishing.block(last)
            last = batch
        if last is not None:
            self._without_totals(last)
            yield self.finishing.block(last)
        if self.body.ended_at is not None:
            message = N_("From line %(line)s on the file holds something else than the first table: it is left out")
            self.notices.append(Fault(message, line=self.body.ended_at))

    def _without_totals(self, batch: Batch) -> None:
        while batch.rows and (is_blank(batch.rows[-1]) or self.ending.is_total(batch.rows[-1])):
            if not is_blank(batch.rows[-1]):
                self.notices.append(Fault(N_("Line %(line)s adds up the others: it is left out"), line=batch.lines[-1]))
            batch.rows.pop()
            batch.lines.pop()


@contextmanager
def open_text(
    path: Path, told: Reading, wanted: Fit | None, limits: Limits, *, guarded: bool = False
) -> Iterator[OpenText]:
    """The text file, opened. Raises UnreadableFile, AskEncoding."""
    encoding = encoding_of(path, limits, told.encoding)
    with path.open("r", encoding=encoding.name, errors=encoding.errors, newline="") as stream:
        yield OpenText(stream, encoding.name, told, wanted, limits, guarded=guarded, broken=encoding.is_broken)


def read_text(path: Path, told: Reading, wanted: Fit | None, limits: Limits, *, guarded: bool = False) -> Table:
    """The whole table of a text file."""
    with open_text(path, told, wanted, limits, guarded=guarded) as opened:
        head = opened.head
        table = Table(head.header, [], [], head.header_rows, head.encoding, head.dialect)
        with _without_collection():
            for block in opened.blocks():
                table.rows += block.rows
                table.lines += block.lines
                table.problems += block.problems
                table.surplus |= block.surplus
        table.notices += opened.notices
    return table


@contextmanager
def _without_collection() -> Iterator[None]:
    """A third of the time goes into looking for cycles among rows, of which there can be none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def with_sample(opened: OpenText) -> tuple[Head, Iterator[Block]]:
    """The head with a sample of the first rows, and all blocks, the first of them included."""
    blocks = opened.blocks()
    first = next(blocks, None)
    rows = first.rows[:SAMPLE_ROWS] if first is not None else []
    sample = [[cell[:SAMPLE_CHARACTERS] for cell in row] for row in rows]
    return replace(opened.head, sample=sample), chain([first] if first is not None else [], blocks)


def _first_lines(stream: TextIO, limits: Limits) -> list[str]:
    lines: list[str] = []
    characters = 0
    for line in islice(stream, HEAD_LINES):
        lines.append(line)
        characters += len(line)
        if characters > HEAD_CHARACTERS:
            break
    if lines and lines[0].startswith("\ufeff"):
        lines[0] = lines[0][1:]
    text = "".join(lines[:20])[:2_000].lstrip().lower()
    if text.startswith(_PAGES):
        raise UnreadableFile(N_("The file is a web page, not a table: open it in Excel and save it as XLSX"))
    if text.count("\x00") > len(text) // 100:
        raise UnreadableFile(NO_TABLE)
    return lines


def _separator(lines: list[str], told: Reading) -> tuple[int, Reading]:
    """How many lines the note `sep=` takes, and what it tells."""
    found = _SEPARATOR.fullmatch(lines[0]) if lines else None
    if found is None:
        return 0, told
    return 1, told if told.delimiter is not None else replace(told, delimiter=found.group(1))


def _unsure(splitter: Splitter, lines: list[str], starts: list[int], damaged: list[int]) -> set[int]:
    """Rows whose quotation marks are odd: nothing should be learnt from them."""
    ends = [*starts[1:], len(lines)]
    odd = (
        place for place, (start, end) in enumerate(zip(starts, ends, strict=True))
        if end - start == 1 and splitter.is_odd(splitter.prepared(lines[start]))
    )  # fmt: skip
    return {*damaged, *odd}


def _usual(rows: list[list[str]], layout: Layout) -> set[int]:
    """Widths below the table's that many rows have: their last cells are left out where blank."""
    widths = Counter(len(row) for row in rows[layout.body :] if not is_blank(row))
    return {width for width, count in widths.items() if 1 < width < layout.width and count > 0.1 * widths.total() > 1}


def _divide_header(rows: list[list[str]], starts: list[int], lines: list[str], dialect: Dialect) -> None:
    """The first row, where it is one cell to the file's delimiter and as wide as the others to another one."""
    top = next((place for place, row in enumerate(rows) if not is_blank(row)), None)
    if top is None or len(rows[top]) > 1:
        return
    width = Counter(map(len, rows)).most_common(1)[0][0]
    for mark in COMMON:
        cells = Splitter(Dialect(mark, dialect.quote)).strict(lines[starts[top]].rstrip("\r\n"))
        if mark != dialect.delimiter and cells is not None and len(cells) == width > 2:
            rows[top] = cells


def _index(starts: list[int], line: int) -> int:
    return next((place for place, start in enumerate(starts) if start >= line), len(starts) - 1)


def _bounded(lines: list[str], dialect: Dialect, limits: Limits) -> list[str]:
    """The lines as they may be cut: blank where cells are far too many. Among the first lines they refuse the file."""
    most = limits.columns * 4
    far = {
        place: count + 1
        for place, line in enumerate(lines)
        if len(line) > most and (count := line.count(dialect.delimiter)) > most
    }
    if far and min(far) < TOP_LINES:
        raise too_wide(far[min(far)], limits)
    return ["\n" if place in far else line for place, line in enumerate(lines)] if far else lines


def _header_lines(rows: list[list[str]], layout: Layout) -> int:
    return sum(not is_blank(row) for row in rows[layout.start : layout.body])


def _examples(rows: list[list[str]], layout: Layout) -> list[list[str]]:
    return [row for row in rows[layout.body :] if len(row) == layout.width]
