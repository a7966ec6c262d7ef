"""The ways in which files of a table are damaged, one damage to a file, at every place in turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from bench.damaged_files import OF_FILES
from bench.shop_table import HEADER, Rows, cell_text, line_of

# How common each family is: a guess of ours, for the weighted score.
WEIGHTS = {
    "undamaged": 40.0, "delimiter": 12.0, "quotation mark": 2.0, "all quoted": 8.0, "escape": 3.0, "record end": 10.0,
    "sep= line": 1.0, "preamble": 8.0, "header": 6.0, "single or blank column": 3.0, "several tables": 3.0,
    "footnotes": 5.0, "encoding": 8.0, "cells of several lines": 3.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged file and the table that a reader should find in it."""

    family: str
    content: bytes
    header: Rows  # no row: the columns have no names
    rows: Rows


def cases(rows: Rows, every: int = 1) -> Iterator[Case]:
    """All damages of one table; of those at every place each `every`th."""
    whole = [HEADER, *rows]
    for family, texts in OF_FILES.items():
        for content, header, body in texts(whole):
            yield Case(family, content if isinstance(content, bytes) else content.encode(), header, body)
    places = [*product(range(len(whole)), range(len(HEADER)))]
    for family, damaged in _OF_CELLS.items():
        for row, column in places[_number_of(family) % every :: every]:
            text = damaged(whole, row, column)
            if text is not None:
                lines = [line_of(other) for other in whole]
                lines[row] = text
                yield Case(family, ("\r\n".join(lines) + "\r\n").encode(), [HEADER], rows)
    for family, changed in _OF_ROWS.items():
        for row in range(_number_of(family) % every, len(whole), every):
            lines = [line_of(other) + "\r\n" for other in whole]
            lines[row] = changed(whole[row])
            yield Case(family, "".join(lines).encode(), [HEADER], rows)


def _number_of(name: str) -> int:
    """A number of the name that is the same in every run."""
    return sum(map(ord, name))


# Of one cell: the damaged line.


def _cells(whole: Rows, row: int) -> list[str]:
    return [cell_text(cell) for cell in whole[row]]


def _delimiter_lost(whole: Rows, row: int, column: int) -> str | None:
    cells = _cells(whole, row)
    if column == len(cells) - 1:
        return None
    return ",".join([*cells[:column], cells[column] + cells[column + 1], *cells[column + 2 :]])


def _delimiter_doubled(whole: Rows, row: int, column: int) -> str:
    cells = _cells(whole, row)
    return ",".join([*cells[:column], cells[column] + ",", *cells[column + 1 :]])


def _delimiter_inside(whole: Rows, row: int, column: int) -> str | None:
    cells = _cells(whole, row)
    cell = cells[column]
    if len(cell) < 2 or cell.startswith('"'):
        return None
    at = max(1, len(cell) // 2)
    return ",".join([*cells[:column], cell[:at] + "," + cell[at:], *cells[column + 1 :]])


def _quote(place: Callable[[str], int]) -> Callable[[Rows, int, int], str]:
    def damaged(whole: Rows, row: int, column: int) -> str:
        cells = _cells(whole, row)
        at = place(cells[column])
        cells[column] = cells[column][:at] + '"' + cells[column][at:]
        return ",".join(cells)

    return damaged


def _quote_lost(whole: Rows, row: int, column: int) -> str | None:
    cells = _cells(whole, row)
    if not cells[column].startswith('"'):
        return None
    cells[column] = cells[column][:-1]
    return ",".join(cells)


_OF_CELLS: dict[str, Callable[[Rows, int, int], str | None]] = {
    "delimiter lost": _delimiter_lost,
    "delimiter doubled": _delimiter_doubled,
    "delimiter inside": _delimiter_inside,
    "quote before": _quote(lambda cell: 0),
    "quote inside": _quote(lambda cell: len(cell) // 2),
    "quote behind": _quote(len),
    "quote not closed": _quote_lost,
}

# Of one row: the line with its end.

_OF_ROWS: dict[str, Callable[[list[str]], str]] = {
    "row by semicolons": lambda row: line_of(row, ";") + "\r\n",
    "row by tabs": lambda row: line_of(row, "\t") + "\r\n",
    "row in apostrophes": lambda row: line_of(row, ",", "'") + "\r\n",
    "row with backslashes": lambda row: line_of(row, ",", '"', "\\") + "\r\n",
    "row ended by LF": lambda row: line_of(row) + "\n",
    "row ended by CR": lambda row: line_of(row) + "\r",
    "blank row behind": lambda row: line_of(row) + "\r\n\r\n",
    "row quoted": lambda row: ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\r\n",
}
