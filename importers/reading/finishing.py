"""The last touch on rows: columns that count, repeated headers, blank rows, characters that no cell may hold."""

import re
from collections.abc import Sequence

from importers.reading.blocks import Block
from importers.reading.headers import is_blank
from importers.reading.rows import Batch
from importers.reading.table import Limits, Problem, UnreadableFile
from models.faults import N_, Fault
from rules.guarding import GUARD, unguarded

_BROKEN = re.compile("[\ud800-\udfff]")
FILLED_ENOUGH = 0.8  # of the rows: a column without a heading is then no notes beside the table
ROWS_TO_TELL = 5

NUL = N_("The value holds a NUL character: delete it")
BROKEN = N_("The value holds bytes that are no text in the encoding of the file: type it anew")
TOO_LONG = N_("The cell has more than %(limit)s characters: shorten it")


def kept_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Indexes of the columns that count: those with a heading, and those that are filled throughout without one."""
    kept = [place for place, heading in enumerate(header) if heading.strip()]
    if not kept or len(kept) == len(header):
        return [*range(len(header))]
    counted = [row for row in rows if not is_blank([row[place] for place in kept])]
    if len(counted) < ROWS_TO_TELL:
        return kept
    return [
        place for place in range(len(header))
        if place in kept or sum(bool(row[place].strip()) for row in counted) >= FILLED_ENOUGH * len(counted)
    ]  # fmt: skip


def sound(text: str) -> str:
    """The text without what no page can show and not every database keep."""
    return _BROKEN.sub("\ufffd", text).replace("\x00", "\ufffd")


class Finishing:
    """Makes blocks of batches; `guarded` says that an apostrophe before a formula sign is the mark of our exports."""

    def __init__(
        self,
        header: Sequence[str] | None,
        kept: list[int],
        width: int,
        limits: Limits,
        *,
        guarded: bool,
        broken: bool,
    ) -> None:
        """`header` is what may be repeated among the rows, None for nothing."""
        self.header = None if header is None else [cell.strip() for cell in header]
        self.kept, self.limits = kept, limits
        self.is_whole = len(kept) == width
        self.guarded, self.broken = guarded, broken
        self.count = 0

    def block(self, batch: Batch) -> Block:
        """The block of the batch. Raises UnreadableFile when the table becomes longer than allowed."""
        rows, lines = self._rows(batch)
        problems = self._problems(batch, set(lines) if batch.problems else set())
        text = batch.text
        odd = (self.guarded and GUARD in text) or "\x00" in text or (self.broken and _BROKEN.search(text))
        if odd or batch.longest > self.limits.cell_characters:
            for place, row in enumerate(rows):
                rows[place] = self._sound(row, lines[place], problems)
        self.count += len(batch.rows)
        if self.count > self.limits.rows:
            raise UnreadableFile(N_("The file has more than %(limit)s rows: split it"), limit=self.limits.rows)
        surplus = {line: [*map(sound, cells)] for line, cells in batch.surplus.items() if line in lines}
        return Block(lines, rows, problems, surplus)

    def _rows(self, batch: Batch) -> tuple[list[list[str]], list[int]]:
        """The rows that are neither blank nor the header again, in the columns that count."""
        kept = self.kept
        rows = batch.rows if self.is_whole else [[row[place] for place in kept] for row in batch.rows]
        blank = {place for place, row in enumerate(rows) if not row[0] and self._is_empty(row, batch, place)}
        blank |= {place for place, row in enumerate(rows) if row[0].isspace() and self._is_empty(row, batch, place)}
        again: set[int] = set()
        if self.header is not None:
            first = self.header[0]
            again = {place for place, row in enumerate(batch.rows) if row[0].strip() == first and self._is_header(row)}
        if not blank and not again:
            return rows, batch.lines
        out = blank | again
        places = [place for place in range(len(rows)) if place not in out]
        return [rows[place] for place in places], [batch.lines[place] for place in places]

    def _is_empty(self, row: list[str], batch: Batch, place: int) -> bool:
        return is_blank(row) and batch.lines[place] not in batch.surplus

    def _is_header(self, row: list[str]) -> bool:
        return [cell.strip() for cell in row] == self.header

    def _problems(self, batch: Batch, lines: set[int]) -> list[Problem]:
        places = {column: place for place, column in enumerate(self.kept)}
        return [
            Problem(problem.line, problem.fault, sound(problem.value), problem.column and places[problem.column])
            for problem in batch.problems
            if problem.line in lines and (problem.column is None or problem.column in places)
        ]

    def _sound(self, row: list[str], line: int, problems: list[Problem]) -> list[str]:
        return [self._sound_cell(cell, line, place, problems) for place, cell in enumerate(row)]

    def _sound_cell(self, cell: str, line: int, place: int, problems: list[Problem]) -> str:
        if "\x00" in cell:
            problems.append(Problem(line, Fault(NUL), "", place))
            cell = cell.replace("\x00", "\ufffd")
        if self.broken and _BROKEN.search(cell):
            cell = _BROKEN.sub("\ufffd", cell)
            problems.append(Problem(line, Fault(BROKEN), cell[:100], place))
        if len(cell) > self.limits.cell_characters:
            problems.append(Problem(line, Fault(TOO_LONG, limit=self.limits.cell_characters), cell[:100], place))
            cell = cell[: self.limits.cell_characters]
        return unguarded(cell) if self.guarded else cell
