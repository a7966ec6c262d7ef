"""What a reader hands on: the head of a table first, then its rows in blocks. Plain data, light to import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.faults import Fault

if TYPE_CHECKING:
    from importers.reading.table import Dialect, Problem, Table

BLOCK_ROWS = 4000
BLOCK_CHARACTERS = 4_000_000  # a block of long cells ends earlier
SAMPLE_ROWS = 200
SAMPLE_CHARACTERS = 500  # of a cell of the sample


@dataclass(frozen=True, slots=True)
class Head:
    """What is known before the rows: `sheets` are all sheets of a workbook, `hidden` those of them that are hidden.

    `sample` holds the first rows, long cells cut; `row_count` is None until all rows were read, as `notices` may be
    short until then.
    """

    header: list[str]
    header_rows: int = 1
    encoding: str | None = None
    dialect: "Dialect | None" = None
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    row_count: int | None = None
    notices: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows on end: row i stood on line `lines[i]`; `problems` are of these lines; `surplus` as in the table."""

    lines: list[int]
    rows: list[list[str]]
    problems: "list[Problem]" = field(default_factory=list)
    surplus: dict[int, list[str]] = field(default_factory=dict)


def head_of(table: "Table") -> Head:
    """The head of a table that was read in this process."""
    return Head(
        table.header,
        table.header_rows,
        table.encoding,
        table.dialect,
        table.sheet,
        sheets=list(table.sheets),
        hidden=list(table.hidden),
        sample=[[cell[:SAMPLE_CHARACTERS] for cell in row] for row in table.rows[:SAMPLE_ROWS]],
        row_count=len(table.rows),
        notices=list(table.notices),
    )


def blocks_of(table: "Table", size: int = BLOCK_ROWS) -> Iterator[Block]:
    """The rows of a table that was read in this process, in blocks of `size` rows or a few million characters."""
    problems: dict[int, list[Problem]] = {}
    for problem in table.problems:
        problems.setdefault(problem.line, []).append(problem)
    start = 0
    while start < len(table.rows):
        end = _end(table.rows, start, size)
        lines = table.lines[start:end]
        yield Block(lines, table.rows[start:end], _of_lines(problems, lines), _surplus(table.surplus, lines))
        start = end


def parted(block: Block, size: int) -> Iterator[Block]:
    """The block in parts of `size` rows or a few million characters; itself if it is no larger."""
    start = 0
    while start < len(block.rows):
        end = _end(block.rows, start, size)
        if end - start == len(block.rows):
            yield block
            return
        lines = block.lines[start:end]
        of_part = set(lines)
        problems = [problem for problem in block.problems if problem.line in of_part]
        yield Block(lines, block.rows[start:end], problems, _surplus(block.surplus, lines))
        start = end


def _end(rows: Sequence[list[str]], start: int, size: int) -> int:
    characters = 0
    for place in range(start, min(start + size, len(rows))):
        characters += sum(map(len, rows[place]))
        if characters > BLOCK_CHARACTERS:
            return place + 1
    return min(start + size, len(rows))


def _of_lines(problems: "Mapping[int, list[Problem]]", lines: list[int]) -> "list[Problem]":
    return [problem for line in lines for problem in problems.get(line, ())] if problems else []


def _surplus(surplus: Mapping[int, list[str]], lines: list[int]) -> dict[int, list[str]]:
    return {line: surplus[line] for line in lines if line in surplus} if surplus else {}
