"""Staged lines of one record that only the whole file settles: they contradict each other, or a later one counts."""

from collections.abc import Mapping
from typing import Any

from importers.lines import LONGEST_VALUE, CellFault, Line
from importers.loading.staged import Record, StagedLine, fault_as_json, fault_from_json, staged_line, whole
from importers.mapping import headings
from importers.matching.repeats import CONTRADICTORY, Group
from models.faults import Fault
from models.import_batch import RowVerdict
from operations.recording import plain

Fates = dict[int, tuple[str, Record] | None]
Staged = Mapping[int, tuple[str, Record]]

LINES_NAMED = 20


def contradicted(group: Group, before: Staged, mapping: headings.Mapping) -> Fates:
    """All lines of the record as conflicts, each with what the others say, at the first cell in which they differ."""
    lines = [staged_line(before[number][1], before[number][0]) for number in group.lines if number in before]
    names = dict.fromkeys(name for line in lines for name in line.values)
    others = {
        name: [[line.line, line.values[name]] for line in lines if name in line.values]
        for name in names
        if len({str(line.values.get(name)) for line in lines}) > 1
    }
    numbers = ", ".join(str(line.line) for line in lines[:LINES_NAMED])
    fault = fault_as_json(Fault(CONTRADICTORY, lines=numbers))
    name = next((name for name in others if mapping.index(name) is not None), None)
    return {
        line.line: (
            RowVerdict.CONFLICT,
            _conflict(before[line.line][1], _cell(group, line, name, mapping) | fault, others),
        )
        for line in lines
    }


def _cell(group: Group, line: StagedLine, name: str | None, mapping: headings.Mapping) -> dict[str, Any]:
    """Heading and text of the line's cell for that field; else of the one by which the record is known."""
    assert group.contradiction is not None
    index = mapping.index(name) if name is not None else None
    heading, value = group.contradiction
    if index is not None:
        heading, value = mapping.header[index], line.cells[index].strip()
    return {"column": heading, "value": str(value)[:LONGEST_VALUE]}


def _conflict(record: Record, said: dict[str, Any], others: dict[str, Any]) -> Record:
    line, cells, values, olds, more, problems, offers = whole(record)
    told = {**(problems or {"warnings": []}), "faults": [said]}
    return [line, cells, values, olds, {**(more or {}), "others": others}, told, offers]


def overridden(group: Group, before: Staged) -> Fates:
    """The first line of the record with what the last one says of it."""
    first = group.lines[0]
    if first not in before:
        return {}
    kind, record = before[first]
    line, cells, values, olds, more, problems, offers = whole(record)
    values, olds, more = dict(values or {}), dict(olds or {}), more or {}
    is_new = "row" not in more
    for name, (old, new) in group.overriding.items():
        if is_new or plain(old) != plain(new):
            values[name], olds[name] = plain(new), plain(old)
        else:
            values.pop(name, None)
            olds.pop(name, None)
    if not is_new:
        kind = RowVerdict.CHANGED if values or "link" in more else RowVerdict.UNCHANGED
    return {first: (kind, [line, cells, values, None if is_new else olds, more, problems, offers])}


def as_line(record: Record) -> Line:
    """The line again as far as its faults go."""
    staged = staged_line(record, "")
    faults = [CellFault(said["column"], said["value"], fault_from_json(said)) for said in staged.problems["faults"]]
    return Line(staged.line, staged.cells, faults=faults, is_conflict=True)
