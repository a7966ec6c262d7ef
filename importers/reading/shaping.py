"""From the rows of a file to a table: which row is the header, which columns count, what is wrong with a row."""

from itertools import islice

from importers.reading.header_lines import judge_header
from importers.reading.headers import HEADER_AMONG, Fit, is_blank
from importers.reading.laying import TOO_MANY
from importers.reading.table import Dialect, Grid, Limits, Problem, Table, UnreadableFile
from models.faults import N_, Fault
from rules.guarding import GUARD, unguarded


def best_fit(grid: Grid, fit: Fit) -> int:
    """How well the best header among the first rows is rated; 0 for an empty grid."""
    return max((fit(grid.rows[place]) for place in _top(grid)), default=0)


def _top(grid: Grid) -> list[int]:
    return list(islice((place for place, row in enumerate(grid.rows) if not is_blank(row)), HEADER_AMONG))


def shape(
    grid: Grid,
    fit: Fit,
    limits: Limits,
    *,
    encoding: str | None = None,
    dialect: Dialect | None = None,
    sheet: str | None = None,
    header_line: int | None = None,
    header_rows: int | None = None,
) -> Table:
    """The table under the best header, or under the one told. Columns without a heading are left out: they hold notes
    beside the table.
    """
    top = _top(grid)
    if not top:
        raise UnreadableFile(N_("The file is empty"))
    place = max(top, key=lambda place: fit(grid.rows[place]))
    if header_line is not None:
        place = next((each for each, line in enumerate(grid.lines) if line >= header_line), place)
    headings, start = _headings(grid, place, header_rows)
    kept = [index for index, heading in enumerate(headings) if heading.strip()]
    judge_header(headings, limits)
    header = [headings[index].strip() for index in kept]
    table = Table(header, [], [], encoding=encoding, dialect=dialect, sheet=sheet)
    table.header_rows = start - place
    _fill(table, grid, start, kept, len(headings), limits)
    _take_over(table, grid.problems, kept)
    return table


def _headings(grid: Grid, place: int, header_rows: int | None) -> tuple[list[str], int]:
    """The headings and where the rows begin: of one row, of several joined, or numbers where there are none."""
    if header_rows == 0:
        width = max(map(len, grid.rows[place : place + HEADER_AMONG]))
        return [str(number + 1) for number in range(width)], place
    count = header_rows or 1
    rows = grid.rows[place : place + count]
    if len(rows) == 1:
        return rows[0], place + 1
    width = max(map(len, rows))
    columns = ([row[index].strip() for row in rows if index < len(row)] for index in range(width))
    return [" ".join(dict.fromkeys(filter(None, texts))) for texts in columns], place + len(rows)


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
    if is_blank(surplus):
        return
    table.surplus[line] = surplus
    table.problems.append(Problem(line, Fault(TOO_MANY, count=len(row), width=width), surplus[0][:100]))


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
