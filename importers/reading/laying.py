"""The cells of a row laid where they belong: joined, divided or filled up until they are as many as the columns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from importers.reading.columns import Columns
from models.faults import N_, Fault

AT_ODDS = 4  # cells too many or too few that are still laid
WIDEST = 200  # columns
MARGIN = 3.0  # by how much a repair must be likelier than the row as it stands

# What a slip costs, on the scale of the likelihood of a cell (a natural logarithm).
DIVIDED, _JOINED, _DROPPED, _MISSING, _LOST = 5.0, 3.0, 1.5, 1.5, 9.0

TOO_MANY = N_("The row has %(count)s cells, the header has %(width)s: look for a delimiter too many")
TOO_FEW = N_("The row has %(count)s cells, the header has %(width)s: look for a delimiter that is missing")


@dataclass(slots=True)
class Reading:
    """One way to read a row: its cells, what it costs to believe in it, and what is wrong with the row then."""

    cells: list[str]
    cost: float = 0.0
    fault: Fault | None = None
    taken: int = 1
    surplus: list[str] = field(default_factory=list)


class Laying:
    """Lays rows of one table; `is_learnt` when its columns were seen often enough to tell what belongs into them."""

    def __init__(self, columns: Columns, delimiter: str) -> None:
        self.columns, self.delimiter, self.width = columns, delimiter, len(columns)
        self.count = columns[0].count if columns else 0
        self.is_learnt = self.count >= 2

    def value(self, reading: Reading) -> float:
        """How believable the reading is."""
        return self.columns.likelihood(reading.cells) - reading.cost

    def laid(self, reading: Reading, *, is_plain: bool = False) -> Reading:
        """The reading made as wide as the table: joined, divided, filled up, or with a surplus."""
        over = len(reading.cells) - self.width
        if over == 0:
            return reading
        cut = self.cut(reading) if over > 0 else self.filled(reading)
        if is_plain and not self.is_learnt:
            return cut
        best, best_value = cut, self.value(cut) - (MARGIN if not cut.surplus else 0)
        options = self._joined(reading, over) if over > 0 else self._divided(reading, -over)
        for option in options:
            value = self.value(option)
            if value > best_value + MARGIN:
                best, best_value = option, value - MARGIN
        return best

    def cut(self, reading: Reading) -> Reading:
        """The reading without the cells beyond the table's width, which are its surplus."""
        surplus = reading.cells[self.width :]
        cells = reading.cells[: self.width]
        if not any(map(str.strip, surplus)):
            return Reading(cells, reading.cost, reading.fault)
        fault = Fault(TOO_MANY, count=len(reading.cells), width=self.width)
        return Reading(cells, reading.cost + _LOST + len(surplus), fault, surplus=surplus)

    def filled(self, reading: Reading) -> Reading:
        """The reading with blank cells up to the table's width."""
        missing = self.width - len(reading.cells)
        return Reading(reading.cells + [""] * missing, reading.cost + 0.5 * missing, reading.fault)

    def _joined(self, reading: Reading, over: int) -> Iterator[Reading]:
        """Cells too many: pieces of one cell joined again, or blank ones left out."""
        if over > AT_ODDS or self.width > WIDEST:
            return
        fault = Fault(TOO_MANY, count=len(reading.cells), width=self.width)
        cells, cost = self._best_layout(reading.cells, over)
        if cells is not None:
            yield Reading(cells, reading.cost + cost, fault)

    def _best_layout(self, pieces: list[str], over: int) -> tuple[list[str] | None, float]:
        # For each number of columns filled and of pieces in excess used up so far: the best value, cost and cells.
        states: dict[int, tuple[float, float, list[str]]] = {0: (0.0, 0.0, [])}
        for place, column in enumerate(self.columns):
            found: dict[int, tuple[float, float, list[str]]] = {}
            for excess, (value, cost, cells) in states.items():
                for cell, used, price in _pieces_joined(pieces, place + excess, over - excess, self.delimiter):
                    option = (value + column.likelihood(cell) - price, cost + price, [*cells, cell])
                    if excess + used not in found or option[0] > found[excess + used][0]:
                        found[excess + used] = option
            states = found
        ends = {excess: state for excess, state in states.items()
                if all(not piece.strip() for piece in pieces[self.width + excess :])}  # fmt: skip
        if not ends:
            return None, 0.0
        excess = max(ends, key=lambda excess: ends[excess][0])
        return ends[excess][2], ends[excess][1]

    def _divided(self, reading: Reading, missing: int) -> Iterator[Reading]:
        """Cells too few: a blank one put in, or one divided where both parts look like their columns."""
        if missing > 2 or self.width > WIDEST:
            return
        fault = Fault(TOO_FEW, count=len(reading.cells), width=self.width)
        for cells, cost in self._insertions(reading.cells, missing):
            if len(cells) == self.width:
                yield Reading(cells, reading.cost + cost, fault)

    def _insertions(self, pieces: list[str], missing: int) -> Iterator[tuple[list[str], float]]:
        if missing == 2:
            for place in range(len(pieces) + 1):
                yield from (
                    (cells, cost + _MISSING)
                    for cells, cost in self._insertions([*pieces[:place], "", *pieces[place:]], 1)
                    if cost == _MISSING
                )
            return
        ahead = [0.0, *accumulate(column.likelihood(cell) for column, cell in zip(self.columns, pieces, strict=False))]
        behind = [column.likelihood(cell) for column, cell in zip(self.columns[1:], pieces, strict=False)]
        after = [*reversed([0.0, *accumulate(reversed(behind))])]
        gaps = [ahead[place] + after[place] + self.columns[place].likelihood("") for place in range(len(pieces) + 1)]
        best = gaps.index(max(gaps))
        yield [*pieces[:best], "", *pieces[best:]], _MISSING
        options = (
            (ahead[place] + after[place + 1] + self.columns[place].likelihood(left.rstrip())
             + self.columns[place + 1].likelihood(right.lstrip()), place, left, right)
            for place, piece in enumerate(pieces)
            for left, right in _parts(piece)
        )  # fmt: skip
        chosen = max(options, default=None)
        if chosen is not None:
            _, place, left, right = chosen
            yield [*pieces[:place], left, right, *pieces[place + 1 :]], DIVIDED


def _parts(piece: str) -> Iterator[tuple[str, str]]:
    if len(piece) > 500:
        return
    for place in range(1, len(piece)):
        yield piece[:place], piece[place:]


def _pieces_joined(pieces: list[str], start: int, spare: int, delimiter: str) -> Iterator[tuple[str, int, float]]:
    """What may fill one column from here: the cell, how many pieces beyond one it takes, and the price."""
    if start >= len(pieces):
        return
    yield pieces[start], 0, 0.0
    if spare and not pieces[start].strip() and start + 1 < len(pieces):
        yield pieces[start + 1], 1, _DROPPED
    for more in range(1, spare + 1):
        run = pieces[start : start + more + 1]
        if len(run) <= more:
            return
        yield delimiter.join(run), more, _JOINED + 0.5 * more
        yield "".join(run), more, _JOINED + 0.5 * more + 0.1
