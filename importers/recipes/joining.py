"""The sheets beside the base sheet: which of their rows a base row means, and which rows no base row means."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from importers.reading.blocks import Block
from importers.reading.table import Problem
from importers.recipes.recipe import Join, Recipe
from models.base import N_
from models.faults import Fault


@dataclass
class Rows:
    """All rows of one sheet, each with the line it stands on and what reading found wrong with it."""

    sheet: str
    header: list[str]
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    problems: defaultdict[int, list[Problem]] = field(default_factory=lambda: defaultdict(list))

    def take(self, block: Block) -> None:
        """Add the rows of a block."""
        self.lines += block.lines
        self.rows += block.rows
        for problem in block.problems:
            self.problems[problem.line].append(problem)

    def column(self, heading: str) -> list[str]:
        """The texts of one column."""
        place = self.header.index(heading)
        return [row[place].strip() for row in self.rows]


Other = Mapping[str, int]  # by sheet the place of the row that is meant


class _Sheet:
    """One joined sheet: its rows by key, and which keys the base rows have named so far, with the first that did."""

    def __init__(self, join: Join, base_header: Sequence[str], rows: Rows) -> None:
        self.join, self.rows = join, rows
        self.base_place = base_header.index(join.base)
        self.keys = rows.column(join.key)
        firsts = [True] * len(self.keys) if join.first is None else _are(rows, *join.first)
        self.meant: dict[str, int] = {}
        for place in sorted(range(len(self.keys)), key=lambda place: not firsts[place]):
            self.meant.setdefault(self.keys[place], place)
        self.meant.pop("", None)
        self.named: dict[str, list[str]] = {}


def _are(rows: Rows, heading: str, text: str) -> list[bool]:
    return [each == text for each in rows.column(heading)]


class Joined:
    """What stands beside the base rows of one file."""

    def __init__(self, recipe: Recipe, base_header: Sequence[str], others: Mapping[str, Rows]) -> None:
        self._width = len(base_header)
        self._sheets = [_Sheet(join, base_header, others[join.sheet]) for join in recipe.joins]
        self._own = {name: _own_places(recipe, name, base_header) for join in recipe.joins for name in join.own_fields}

    def other(self, row: Sequence[str]) -> Other:
        """The rows of other sheets that a base row means."""
        keys = [(each, row[each.base_place].strip()) for each in self._sheets]
        return {each.join.sheet: each.meant[key] for each, key in keys if key in each.meant}

    def meet(self, block: Block) -> tuple[list[Other], list[Problem]]:
        """The rows that each base row of the block means; a key that no row has is a problem."""
        problems = []
        for each in self._sheets:
            for line, row in zip(block.lines, block.rows, strict=True):
                key = row[each.base_place].strip()
                if key and key not in each.meant:
                    sentence = N_("%(value)s is not in the sheet %(sheet)s: add it there or correct it")
                    fault = Fault(sentence, value=key, sheet=each.join.sheet)
                    problems.append(Problem(line, fault, key, each.base_place))
                elif key:
                    each.named.setdefault(key, row)
        return [self.other(row) for row in block.rows], problems

    def rest(self, first_line: int) -> list[tuple[int, list[str], Other]]:
        """The rows that no base row means, as lines: number, base cells, the row itself.

        One whose key was named stands in the place of the row that named it; what its key alone identifies is left out.
        """
        found: list[tuple[int, list[str], Other]] = []
        for each in self._sheets:
            for place, key in enumerate(each.keys):
                is_meant = each.meant.get(key) == place
                if is_meant and key in each.named:
                    continue
                cells = list(each.named.get(key, [""] * self._width))
                cells[each.base_place] = key
                for own in () if is_meant else (index for name in each.join.own_fields for index in self._own[name]):
                    cells[own] = ""
                found.append((first_line + len(found), cells, {each.join.sheet: place}))
        return found


def _own_places(recipe: Recipe, name: str, base_header: Sequence[str]) -> list[int]:
    output = recipe.output(name)
    return [] if output is None else [base_header.index(column) for column in output.columns]
