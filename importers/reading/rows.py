"""The body of a table, row by row out of a stream of lines: fast while all is well, mended where it is not."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from importers.reading.endings import Ending
from importers.reading.headers import is_blank
from importers.reading.laying import Reading
from importers.reading.mending import UNCLOSED, WINDOW, Mender
from importers.reading.splitting import Splitter, lines_of
from importers.reading.table import Limits, Problem
from models.faults import N_, Fault

BATCH = 4_000  # lines at a time
CHARACTERS = 8_000_000  # or this many characters
LARGEST_ROW = 2_000_000  # characters over several lines
MENDED_WITH_CARE = 1_000  # rows; any more of them are only cut or filled up
USUAL = '"'
FEW_ROWS = 8  # in which nothing is said about a mark that does no harm


@dataclass(slots=True)
class Batch:
    """Rows of the table's full width, the lines they begin on, what is wrong with them, and the text they came from."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    surplus: dict[int, list[str]] = field(default_factory=dict)
    text: str = ""
    longest: int = 0  # characters that no cell exceeds


class Body:
    """Reads the rows under a header. `ended_at` is the line from which on nothing belongs to the table any more."""

    def __init__(
        self, lines: Iterable[str], first_line: int, splitter: Splitter, mender: Mender, ending: Ending, limits: Limits
    ) -> None:
        self.source = iter(lines)
        self.line = first_line
        self.splitter, self.mender, self.ending, self.limits = splitter, mender, ending, limits
        self.width = mender.width
        self.pending: list[str] = []
        self.is_at_end = False
        self.ended_at: int | None = None
        self.after_blank = False
        self.mended = 0

    def batches(self) -> Iterator[Batch]:
        """All rows, in batches as they come."""
        while self.ended_at is None:
            self._read_on()
            if not self.pending:
                return
            batch = Batch()
            if not self._take_all(batch):
                self._take_with_care(batch)
            yield batch

    def _read_on(self) -> None:
        wanted = BATCH - len(self.pending)
        size = sum(map(len, self.pending))
        while wanted > 0 and not self.is_at_end and (size < CHARACTERS or len(self.pending) < WINDOW):
            more = list(islice(self.source, min(wanted, 500)))
            self.is_at_end = not more
            self.pending += more
            wanted -= len(more)
            size += sum(map(len, more))

    def _take_all(self, batch: Batch) -> bool:
        """The whole batch at once, if each line is a whole and sound row."""
        lines, splitter = self.pending, self.splitter
        text = "".join(lines)
        longest = max(map(len, lines))
        if not splitter.is_plain or (longest > self.limits.cell_characters and self._endless(lines)):
            return False
        rows: list[list[str]] = []
        try:
            rows.extend(splitter.rows(lines))
        except csv.Error:
            return False
        while rows and not rows[-1] and self.is_at_end:
            rows.pop()
        if set(map(len, rows)) != {self.width}:
            return False
        quote = splitter.quote or USUAL
        if quote in text and (splitter.quote is None or any(map(splitter.is_odd, lines))):
            return False
        if self.after_blank or self.ending.may_end(rows):
            return False
        batch.rows, batch.text, batch.longest = rows, text, longest
        batch.lines = [*range(self.line, self.line + len(rows))]
        if len(rows) != len(lines) and (not self.is_at_end or any(map(str.strip, lines[len(rows) :]))):
            batch.lines, batch.longest = self._counted(rows), len(text)
        self._drop(len(lines))
        return True

    def _endless(self, lines: list[str]) -> list[int]:
        """Indexes of lines with so many cells that they must not be cut."""
        most = 4 * self.limits.columns
        sign = self.splitter.delimiter
        return [place for place, line in enumerate(lines) if len(line) > most and line.count(sign) > most]

    def _counted(self, rows: list[list[str]]) -> list[int]:
        lines, line = [], self.line
        for row in rows:
            lines.append(line)
            line += lines_of(row)
        return lines

    def _drop(self, count: int) -> None:
        self.line += count
        del self.pending[:count]

    def _take_with_care(self, batch: Batch) -> None:
        """The batch row by row; where one is damaged, reading goes on with the line behind it."""
        plain = self.splitter.is_plain
        lines = self.pending if plain else [self.splitter.prepared(line) for line in self.pending]
        batch.text = "".join(self.pending)
        batch.longest = len(batch.text)
        endless = self._endless(lines)
        place = 0
        while place < len(lines) and self.ended_at is None:
            end = next((far for far in endless if far >= place), len(lines))
            rows, is_broken = self._parsed(lines[place:end])
            is_last = self.is_at_end and not is_broken and end == len(lines)
            place, is_through = self._take_rows(batch, rows, lines, place, is_last=is_last)
            if not is_through or place >= len(lines) or self.ended_at is not None:
                continue
            if end == len(lines) and self._may_grow(lines, place):
                self._drop(place)
                self._grow()
                return
            reading = self._mended(place)
            self._put(batch, reading, self.line + place)
            self.after_blank = False
            place += reading.taken
        self._drop(place)

    def _parsed(self, lines: list[str]) -> tuple[list[list[str]], bool]:
        rows: list[list[str]] = []
        is_broken = False
        try:
            rows.extend(self.splitter.rows(lines))
        except csv.Error:
            is_broken = True
        return rows if self.splitter.is_plain else [self.splitter.restored(row) for row in rows], is_broken

    def _take_rows(
        self, batch: Batch, rows: list[list[str]], lines: list[str], place: int, *, is_last: bool
    ) -> tuple[int, bool]:
        """Takes rows until one turns out to be read wrongly; the place behind the last, and whether all were taken."""
        for index, row in enumerate(rows):
            taken = lines_of(row)
            if is_blank(row):
                self.after_blank = self.after_blank or not row
            elif self._may_end(taken) and self.ending.is_at(rows, index, is_last=is_last, after_blank=self.after_blank):
                self.ended_at = self.line + place
                return place, True
            else:
                used = self._take(batch, row, lines, place, taken)
                self.after_blank = False
                if used != taken:
                    return place + used, False
            place += taken
        return place, True

    def _may_end(self, taken: int) -> bool:
        """In a file where nearly all rows are damaged only a blank row is taken for the end of a table."""
        return taken == 1 and (self.after_blank or self.mended <= MENDED_WITH_CARE)

    def _may_grow(self, lines: list[str], place: int) -> bool:
        """Whether the row that is open at the end of the batch may be closed in the next one."""
        is_short = len(lines) - place <= self.limits.quoted_lines
        return not self.is_at_end and is_short and sum(map(len, lines[place:])) < LARGEST_ROW

    def _grow(self) -> None:
        more = list(islice(self.source, self.limits.quoted_lines + 1))
        self.is_at_end = not more
        self.pending += more

    def _take(self, batch: Batch, row: list[str], lines: list[str], place: int, taken: int) -> int:
        """Puts the row that begins at the place into the batch; how many lines it took in the end."""
        is_whole = len(row) == self.width
        if is_whole and taken == 1 and not self.splitter.is_odd(lines[place]):
            return self._put(batch, Reading(row, fault=self._bare(row, lines[place])), self.line + place)
        if is_whole and taken == 1 and self.mender.laying.count < FEW_ROWS:
            return self._put(batch, Reading(row), self.line + place)
        if is_whole and taken > 1 and not self._may_have_swallowed(lines, place, taken):
            return self._put(batch, Reading(row, taken=taken), self.line + place)
        reading = self._mended(place)
        if is_whole and taken > 1 and self.mender.laying.value(reading) < self.mender.columns.likelihood(row) + 2:
            reading = Reading(row, taken=taken)
        return self._put(batch, reading, self.line + place)

    def _bare(self, row: list[str], line: str) -> Fault | None:
        """What to say of a row that opens a quotation, in a file that otherwise quotes nothing."""
        opens = self.splitter.quote is None and line.count(USUAL) % 2 == 1
        return Fault(UNCLOSED) if opens and any(cell.startswith(USUAL) for cell in row) else None

    def _may_have_swallowed(self, lines: list[str], place: int, taken: int) -> bool:
        """Whether a quoted cell over several lines may be rows that a damaged quotation mark ran into."""
        if taken > self.limits.quoted_lines:
            return True
        return self.width > 2 < taken and all(
            len(self.splitter.lenient(line)) == self.width for line in lines[place : place + taken]
        )

    def _mended(self, place: int) -> Reading:
        window = self.pending[place : place + WINDOW]
        if len(window[0]) > self.limits.cell_characters * 4 or self._endless(window[:1]):
            delimiter = self.splitter.dialect.delimiter
            cells = [cell[: self.limits.cell_characters + 1] for cell in window[0].split(delimiter, self.width)]
            fault = Fault(N_("The line is far too long for a row")) if len(cells) != self.width else None
            return Reading((cells + [""] * self.width)[: self.width], fault=fault)
        self.mended += 1
        if self.mended > MENDED_WITH_CARE:
            return self.mender.cut(window[0])
        return self.mender.mend(window)

    def _put(self, batch: Batch, reading: Reading, line: int) -> int:
        batch.rows.append(reading.cells)
        batch.lines.append(line)
        if reading.surplus:
            batch.surplus[line] = reading.surplus
        if reading.fault is not None:
            value = reading.surplus[0] if reading.surplus else ""
            batch.problems.append(Problem(line, reading.fault, value[:100]))
        return reading.taken
