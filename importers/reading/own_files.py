"""Files that we made ourselves and that come back: examples left in a template, lines that were refused before."""

from importers.reading.table import Table
from models.faults import N_, Fault

MARK = "例："  # in front of the first cell of an example row
MARKS = (MARK, "例:", "e.g. ")
LINES_NAMED = 10
OWN_HEADINGS = ("行号", "问题")  # what the file of refused rows adds: not data when it comes back


def leave_out_examples(table: Table) -> None:
    """Take the example rows out of the table, with a notice that says which."""
    left_out = [place for place, row in enumerate(table.rows) if row and row[0].startswith(MARKS)]
    if not left_out:
        return
    lines = [table.lines[place] for place in left_out]
    for place in reversed(left_out):
        del table.rows[place], table.lines[place]
    table.problems = [problem for problem in table.problems if problem.line not in lines]
    named = ", ".join(map(str, lines[:LINES_NAMED]))
    table.notices.append(Fault(N_("The example rows in line %(lines)s were left out"), lines=named))


def shorten_refused(rows: list[list[str]]) -> None:
    """In a workbook of refused lines no notes stand beside the table: cells beyond the header are of rows too long."""
    if not rows or tuple(rows[0][: len(OWN_HEADINGS)]) != OWN_HEADINGS:
        return
    for row in rows:
        while row and not row[-1]:
            row.pop()
