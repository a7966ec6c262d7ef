"""From the rows of a file to a table: which row is the header, which columns count, what is wrong with a row."""

from collections.abc import Callable, Sequence
from itertools import islice

from importers.table import Dialect, Grid, Limits, Problem, Table, UnreadableFile
from models.base import N_
from models.faults import Fault
from rules.guarding import GUARD, unguarded

HEADER_AMONG = 10  # filled rows at the top among which the header is looked for

Fit = Callable[[Sequence[str]], int]


def best_fit(grid: Grid, fit: Fit) -> int:
    """How well the best header among the first rows is rated; 0 for an empty grid."""
    return max((fit(grid.rows[place]) for place in _top(grid)), default=0)


def _top(grid: Grid) -> list[int]:
    return list(islice((place for place, row in enumerate(grid.rows) if not _is_blank(row)), HEADER_AMONG))


def _is_blank(row: Sequence[str]) -> bool:
    text = "".join(row)
    return not text or text.isspace()


def shape(
    grid: Grid,
    fit: Fit,
    limits: Limits,
    *,
    encoding: str | None = None,
    dialect: Dialect | None = None,
    sheet: str | None = None,
) -> Table:
    """The table under the best header. Columns without a heading are left out: they hold notes beside the table."""
    top = _top(grid)
    if not top:
        raise UnreadableFile(N_("The file is empty"))
    place = max(top, key=lambda place: fit(grid.rows[place]))
    headings = grid.rows[place]
    kept = [index for index, heading in enumerate(headings) if heading.strip()]
    if len(kept) > limits.columns:
        raise UnreadableFile(
            N_("The file has %(count)s columns, %(limit)s at most are allowed"),
            count=len(kept),
            limit=limits.columns,
        )
    if any(len(heading) > limits.cell_characters for heading in headings):
        raise UnreadableFile(N_("The first line is no header: its cells are far too long"))
    header = [headings[index].strip() for index in kept]
    table = Table(header, [], [], encoding=encoding, dialect=dialect, sheet=sheet)
    _fill(table, grid, place + 1, kept, len(headings), limits)
    _take_over(table, grid.problems, kept)
    return table


def _fill(table: Table, grid: Grid, start: int, kept: list[int], width: int, limits: Limits) -> None:
    whole = kept == list(range(width))
    for found, line in zip(grid.rows[start:], grid.lines[start:], strict=True):
        row = found
        if len(found) != width:
            _note_surplus(table, found, line, width)
            row = (found + [""] * width)[:width]
        cells = row if whole else [row[index] for index in kept]
        text = "".join(cells)
        if (not text or text.isspace()) and line not in table.surplus:
            continue
        if GUARD in text or "\x00" in text or len(text) > limits.cell_characters:
            cells = [_sound(table, line, index, cell, limits) for index, cell in enumerate(cells)]
        table.rows.append(cells)
        table.lines.append(line)
        if len(table.rows) > limits.rows:
            raise UnreadableFile(N_("The file has more than %(limit)s rows: split it"), limit=limits.rows)


def _note_surplus(table: Table, row: list[str], line: int, width: int) -> None:
    surplus = row[width:]
    if _is_blank(surplus):
        return
    table.surplus[line] = surplus
    fault = Fault(
        N_("The row has %(count)s cells, the header has %(width)s: look for a delimiter too many"),
        count=len(row),
        width=width,
    )
    table.problems.append(Problem(line, fault, surplus[0][:100]))


def _sound(table: Table, line: int, index: int, cell: str, limits: Limits) -> str:
    if "\x00" in cell:
        table.problems.append(Problem(line, Fault(N_("The value holds a NUL character: delete it")), "", index))
        cell = cell.replace("\x00", "\ufffd")
    if len(cell) > limits.cell_characters:
        fault = Fault(N_("The cell has more than %(limit)s characters: shorten it"), limit=limits.cell_characters)
        table.problems.append(Problem(line, fault, cell[:100], index))
        cell = cell[: limits.cell_characters]
    return unguarded(cell)


def _take_over(table: Table, problems: list[Problem], kept: list[int]) -> None:
    """The problems that reading found, where their line and column are part of the table."""
    places = {index: place for place, index in enumerate(kept)}
    lines = set(table.lines) if problems else set()
    for problem in problems:
        if problem.line in lines and problem.column is None:
            table.problems.append(problem)
        elif problem.line in lines and problem.column in places:
            table.problems.append(Problem(problem.line, problem.fault, problem.value, places[problem.column]))
