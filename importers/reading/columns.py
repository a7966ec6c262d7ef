"""What the cells of a column look like, so that a damaged row can be laid where its cells belong."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import log

REMEMBERED = 1_000  # cells of a column that are looked at
FEW = 4  # cells of which all must be of a kind
ALIKE = 0.8  # the part of the cells that makes a kind

_RUN = re.compile(r"(.)\1+", re.DOTALL)
_KINDS = (
    ("number", re.compile(r"[+-]?[¥￥$€£]?\s?[+-]?\d[\d,. ]*%?|[+-]?[.,]\d+|[+-]?\d+(?:\.\d+)?[eE][+-]?\d+")),
    ("date", re.compile(
        r"(?:\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{4}年\d{1,2}月\d{1,2}日)"
        r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
    )),
    ("time", re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:[AaPp][Mm])?")),
    ("url", re.compile(r"(?:https?|ftp)://\S+|www\.\S+")),
    ("email", re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")),
)  # fmt: skip


def kind_of_cell(cell: str) -> str:
    """`number`, `date`, `time`, `url`, `email`, `text`, or nothing for a blank cell."""
    text = cell.strip()
    if not text:
        return ""
    return next((name for name, pattern in _KINDS if pattern.fullmatch(text)), "text")


def shape_of(cell: str) -> str:
    """The cell with its letters and digits made alike: `A12-b` becomes `A99-a`."""
    return "".join(map(_sign, cell))


def _sign(character: str) -> str:
    if character.isdigit():
        return "9"
    if not character.isalpha():
        return character
    if character > "\u2e80":
        return "\u4e2d"
    return "A" if character.isupper() else "a"


class Column:
    """Counts of what the cells of one column look like; `kind` is empty where they are free text."""

    def __init__(self, cells: Sequence[str]) -> None:
        filled = [cell for cell in cells if cell and not cell.isspace()]
        self.count, self.filled = len(cells), len(filled)
        self._judged: dict[str, float] = {}  # the readings of one row share most of their cells
        shapes = [shape_of(cell) for cell in filled]
        self.values = Counter(filled)
        self.shapes = Counter(shapes)
        self.runs = Counter(_RUN.sub(r"\1", shape) for shape in shapes)
        self.signs = Counter(frozenset(shape) for shape in shapes)
        self.letters = frozenset().union(*self.signs) if self.signs else frozenset()
        self.starts = Counter(cell[:4] for cell in filled)
        self.firsts = Counter(shape[0] for shape in shapes)
        self.lasts = Counter(shape[-1] for shape in shapes)
        self.shortest = min(map(len, filled), default=0)
        self.longest = max(map(len, filled), default=0)
        self.kind = self._kind(filled)
        self.is_tight = self.filled > 3 and self.runs.most_common(1)[0][1] >= 0.9 * self.filled

    def _kind(self, filled: list[str]) -> str:
        kinds = [*map(kind_of_cell, filled)]
        # Further down another table may stand.
        return _prevailing(kinds) or (_prevailing(kinds[: len(kinds) // 2]) if len(kinds) > 2 * FEW else "")

    def likelihood(self, cell: str) -> float:
        """How well the cell fits, as the logarithm of a share: 0 at best, about -20 for what was never seen."""
        known = self._judged.get(cell)
        if known is None:
            if len(self._judged) > REMEMBERED:
                self._judged.clear()
            known = self._judged[cell] = self._likelihood(cell)
        return known

    def _likelihood(self, cell: str) -> float:
        if not cell or cell.isspace():
            return log((self.count - self.filled + 0.3) / (self.count + 1))
        if not self.filled:
            return -12.0
        shape = shape_of(cell)
        known = self.filled + 1.0
        share = 0.3 * self.values[cell] + 0.25 * self.shapes[shape] + 0.25 * self.runs[_RUN.sub(r"\1", shape)]
        share = share / known + 0.2 * self._as_text(cell, shape, known) + 1e-9
        return log(share * (self.filled + 0.3) / (self.count + 1))

    def _as_text(self, cell: str, shape: str, known: float) -> float:
        first = max((self.firsts[shape[0]] + 0.05) / known * 0.5, self.starts[cell[:4]] / known)
        last = (self.lasts[shape[-1]] + 0.05) / known
        signs = frozenset(shape)
        fits = 1.0 if signs <= self.letters else 0.02
        size = 1.0 if self.shortest <= len(cell) <= self.longest else 0.3 if len(cell) <= 2 * self.longest else 0.02
        return first * last * fits * size * (self.signs[signs] + 1.0) / known


def _prevailing(kinds: list[str]) -> str:
    if not kinds:
        return ""
    name, count = Counter(kinds).most_common(1)[0]
    enough = count >= ALIKE * len(kinds) if len(kinds) > FEW else count == len(kinds)
    return name if name != "text" and enough else ""


class Columns(list[Column]):
    """The columns of a table, learnt from some rows that are as wide as it."""

    def conforms(self, row: Sequence[str]) -> tuple[int, int]:
        """In how many columns with a kind the row's cell is of it, and in how many it is something else."""
        hits = misses = 0
        for column, cell in zip_longest(self, row[: len(self)], fillvalue=""):
            if isinstance(column, Column) and column.kind and (kind := kind_of_cell(cell or "")):
                hits += kind == column.kind
                misses += kind != column.kind
        return hits, misses

    def likelihood(self, row: Sequence[str]) -> float:
        """How well a row of the table's width fits all its columns."""
        return sum(column.likelihood(cell) for column, cell in zip(self, row, strict=True))


def learnt(rows: Iterable[Sequence[str]], width: int) -> Columns:
    """The columns as the rows of just this width show them."""
    whole = [row for row in rows if len(row) == width][:REMEMBERED]
    return Columns(Column([row[place] for row in whole]) for place in range(width))
