"""Where the first table of a sheet begins, and where it ends: at another table, at notes, at its totals."""

from collections.abc import Sequence

from importers.reading.columns import Columns, learnt
from importers.reading.endings import Ending
from importers.reading.headers import filled, is_blank, layout_of
from importers.reading.table import Grid, Table
from models.faults import N_, Fault

LEARNT_FROM = 1_000  # rows
LOOKED_AHEAD = 6  # rows after a blank one, none of which is like the table's
ENOUGH = 3  # rows from which something can be learnt

SOMETHING_ELSE = N_("From line %(line)s on the file holds something else than the first table: it is left out")
TOTAL = N_("Line %(line)s adds up the others: it is left out")


def begin_table(grid: Grid) -> tuple[int, int] | None:
    """The line where the header of the first table begins and how many rows it has, 0 for none.

    None for a sheet of which that cannot be told. What stands beside the table, behind a blank column, has no say.
    """
    rows = grid.rows[:LEARNT_FROM]
    width = max(map(len, rows), default=0)
    used = [any(index < len(row) and row[index].strip() for row in rows) for index in range(width)]
    first = next((index for index, is_used in enumerate(used) if is_used), 0)
    end = next((index for index in range(first, width) if not used[index]), width)
    layout = layout_of([row[first:end] for row in rows]) if end - first > 1 else None
    if layout is None:
        return None
    count = sum(not is_blank(row[first:end]) for row in rows[layout.start : layout.body])
    return grid.lines[layout.start], count


def end_table(table: Table) -> None:
    """Leave out of the table what stands below it on its sheet, with a notice; in doubt it stays and is judged."""
    _leave_out(table, [place for place, row in enumerate(table.rows) if row == table.header])
    gaps = [place for place in range(1, len(table.rows)) if table.lines[place] - table.lines[place - 1] > 1]
    columns = learnt(table.rows[: min([gap for gap in gaps if gap >= ENOUGH] + [LEARNT_FROM])], len(table.header))
    if len(table.rows) < ENOUGH or not any(column.kind for column in columns):
        return
    end = next((place for place in gaps if place >= ENOUGH and _is_other(table.rows[place:], columns)), None)
    if end is not None:
        table.notices.append(Fault(SOMETHING_ELSE, line=table.lines[end]))
        _leave_out(table, range(end, len(table.rows)))
    if Ending(columns, table.header).is_total(table.rows[-1]):
        table.notices.append(Fault(TOTAL, line=table.lines[-1]))
        _leave_out(table, [len(table.rows) - 1])


def _is_other(rows: Sequence[Sequence[str]], columns: Columns) -> bool:
    """Whether no row of the first ones is like those of the table, and the very first like none at all."""
    hits = [columns.conforms(row) for row in rows[:LOOKED_AHEAD]]
    return hits[0][0] == 0 and all(fits == 0 or fits < fails for fits, fails in hits) and _is_no_data(rows[0], columns)


def _is_no_data(row: Sequence[str], columns: Columns) -> bool:
    """Whether it is a title or note of one cell, or a header, which has text where the table has something else."""
    return (filled(row) == 1 and len(columns) > 2) or columns.conforms(row)[1] > 0


def _leave_out(table: Table, places: Sequence[int]) -> None:
    if not places:
        return
    gone = {table.lines[place] for place in places}
    for place in sorted(places, reverse=True):  # from the end: what is left out stands there as a rule
        del table.rows[place], table.lines[place]
    table.problems = [problem for problem in table.problems if problem.line not in gone]
    table.surplus = {line: cells for line, cells in table.surplus.items() if line not in gone}
