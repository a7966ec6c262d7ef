"""Cell by cell: from text to value by the column's own type, with every fault and warning kept."""

from datetime import UTC, tzinfo

from importers.lines import CellFault, Line
from importers.mapping import Field, Mapping
from importers.table import Table
from models.faults import Fault
from models.fields import Cleaned, parse, plain


def check(table: Table, mapping: Mapping, zone: tzinfo = UTC) -> list[Line]:
    """A line for each row of the table, with its values and all that is wrong with it; nothing is raised."""
    lines = [Line(number, cells) for number, cells in zip(table.lines, table.rows, strict=True)]
    _take_over(table, mapping, lines)
    for index, column in sorted(mapping.columns.items()):
        _check_column(lines, index, column, table.header[index], zone)
    return lines


def _take_over(table: Table, mapping: Mapping, lines: list[Line]) -> None:
    """What reading found wrong; in a column that is ignored it does no harm."""
    by_number = {line.line: line for line in lines} if table.problems else {}
    for problem in table.problems:
        if problem.column is None or problem.column in mapping.columns:
            heading = "" if problem.column is None else table.header[problem.column]
            by_number[problem.line].refuse(heading, problem.value, problem.fault)


def _check_column(lines: list[Line], index: int, column: Field, heading: str, zone: tzinfo) -> None:
    known: dict[str, Cleaned | Fault] = {"": Cleaned(None)}
    for line in lines:
        if line.faults and line.has_fault(heading):
            continue
        text = line.cells[index]
        if text not in known:
            known[text] = _judged(column, text, zone)
        judged = known[text]
        if isinstance(judged, Fault):
            line.refuse(heading, text, judged)
            continue
        if judged.value is not None:
            line.values[column.name] = judged.value
        line.warnings.extend(CellFault(heading, text, warning) for warning in judged.warnings)


def _judged(column: Field, text: str, zone: tzinfo) -> Cleaned | Fault:
    if column.parent is not None:
        return Cleaned(plain(text) or None)
    try:
        return parse(column.type, text, zone)
    except Fault as fault:
        return fault
