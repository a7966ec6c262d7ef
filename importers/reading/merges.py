"""Cells that were merged: what the one text is said to hold for."""

from collections.abc import Sequence
from itertools import islice

from models.faults import N_, Fault

HEADER_AMONG = 10  # filled rows at the top among which a header, of several rows perhaps, is looked for
MOST_HEADER_ROWS = 4
LARGEST_MERGE = 100_000  # cells; more were merged by mistake
MERGED_CELLS = 1_000_000  # of a sheet; merges beyond are left as they are

Merge = tuple[tuple[int, int], tuple[int, int]]  # first and last cell, rows and columns counted from 0


def fill(rows: list[list[str]], merges: Sequence[Merge]) -> list[Fault]:
    """Fill the merged cells in: down always, across only in the header and not from a title that stands alone.

    Returns what is to be said of it.
    """
    first: int | None = None
    count = 0
    left = MERGED_CELLS
    top = _last_header_row(rows)
    for (row, column), (last_row, last_column) in sorted(merges):
        left -= min(_cells(row, column, last_row, last_column), LARGEST_MERGE)
        if left < 0 or not _is_sensible(rows, row, column, last_row, last_column):
            continue
        across = range(column, _end(rows, row, column, last_column, top) + 1)
        for place in range(row, min(last_row + 1, len(rows))):
            for index in across:
                if (place, index) != (row, column) and index < len(rows[place]) and not rows[place][index]:
                    rows[place][index] = rows[row][column]
        if row > top and last_row > row:
            first, count = min(first or row + 1, row + 1), count + 1
    if first is None:
        return []
    sentence = N_("%(count)s merged cells, the first in line %(line)s, were read as if each line held their value")
    return [Fault(sentence, count=count, line=first)]


def _is_sensible(rows: list[list[str]], row: int, column: int, last_row: int, last_column: int) -> bool:
    is_there = row < len(rows) and column < len(rows[row]) and bool(rows[row][column].strip())
    return is_there and _cells(row, column, last_row, last_column) <= LARGEST_MERGE


def header_lines(rows: Sequence[Sequence[str]], merges: Sequence[Merge]) -> tuple[int, int] | None:
    """Where a header begins that has the headings of groups on top, counted from 1, and how many rows it has."""
    start = next((place for place, row in enumerate(rows) if sum(1 for cell in row if cell.strip()) > 1), None)
    beginning = [merge for merge in merges if merge[0][0] == start]
    if start is None or not any(last[0] == start and last[1] > first[1] for first, last in beginning):
        return None
    end = max([start + 1, *(last[0] for _, last in beginning)])
    return (start + 1, end - start + 1) if end - start < MOST_HEADER_ROWS else None


def _cells(row: int, column: int, last_row: int, last_column: int) -> int:
    return (last_row - row + 1) * (last_column - column + 1)


def _end(rows: list[list[str]], row: int, column: int, last_column: int, top: int) -> int:
    """The last column that the text holds for."""
    others = any(cell.strip() for index, cell in enumerate(rows[row]) if not column <= index <= last_column)
    return last_column if row <= top and others else column


def _last_header_row(rows: list[list[str]]) -> int:
    """The first row at the top that is filled as widely as any there: below it no text is a group's heading."""
    filled = ((place, sum(1 for cell in row if cell.strip())) for place, row in enumerate(rows))
    top = list(islice((found for found in filled if found[1]), HEADER_AMONG))
    return max(top, key=lambda found: found[1], default=(0, 0))[0]
