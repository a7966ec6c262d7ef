"""Cell by cell: from text to value by the column's own type, with every fault, warning and cleaning kept."""

from collections import Counter
from collections.abc import Mapping as Values
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from importers.checking.judging import Judge, Verdict
from importers.checking.repairs import PAD_ZEROS, LineRepairs
from importers.checking.widths import Width
from importers.lines import LONGEST_VALUE, Line
from importers.mapping.content import divided
from importers.mapping.fields import Field
from importers.mapping.headings import Mapping
from importers.reading.blocks import Block
from importers.reading.table import Problem, Table
from importers.settings import Settings, Source
from models.base import Base
from models.fields import Code

EXAMPLES = 3  # of cells that were cleaned, kept for each field


Said = tuple[int, str, str, Verdict]  # place in the block, heading, text, what is to be said


def check(table: Table, mapping: Mapping, zone: tzinfo = UTC) -> list[Line]:
    """A line for each row of the table, with its values and all that is wrong with it; nothing is raised."""
    return Checker(None, mapping, Settings(), zone).check(Block(table.lines, table.rows, table.problems, table.surplus))


@dataclass(frozen=True, slots=True)
class _Column:
    """A field on its way: where its texts come from, and what they are."""

    field: Field
    source: Source
    heading: str
    judge: Judge
    width: Width | None


class Checker:
    """From the blocks of a file to lines, in order; what repeats from block to block is judged once.

    `cleaned` counts by field the cells that were read otherwise than they stand there, `left_out` the lines that a
    repair leaves out, `row_count` the rows seen.
    """

    def __init__(self, model: type[Base] | None, mapping: Mapping, settings: Settings, zone: tzinfo = UTC) -> None:
        self.cleaned: Counter[str] = Counter()
        self.examples: dict[str, list[list[str]]] = {}  # by field what some of them said, and what was made of it
        self.row_count = 0
        self._mapping, self._settings = mapping, settings
        self._columns = [self._column(field, source, zone) for field, source in mapping.filled()]
        self._repairs = LineRepairs(model, mapping, settings) if model is not None else None

    @property
    def left_out(self) -> int:
        """How many lines a repair leaves out, so far."""
        return self._repairs.left_out if self._repairs is not None else 0

    @property
    def found_orders(self) -> dict[str, str]:
        """By field the order of day and month that texts seen so far leave no doubt of, where none was known.

        Who has seen the whole file may prepare it again with these; until then what is ambiguous is refused.
        """
        return {
            column.field.name: next(iter(column.judge.evidence))
            for column in self._columns
            if column.judge.order is None and len(column.judge.evidence) == 1
        }

    def check(self, block: Block) -> list[Line]:
        """A line for each row, with its values and all that is wrong with it; nothing is raised."""
        self.row_count += len(block.lines)
        rows = self._edited(block)
        problems = self._problems(block)
        said: list[Said] = []
        columns = [self._values(column, rows, problems, said) for column in self._columns]
        lines = self._lines(block.lines, rows, columns)
        self._tell(lines, problems, said)
        self._add_notes(lines)
        return self._repairs.apply(lines) if self._repairs is not None else lines

    def _column(self, field: Field, source: Source, zone: tzinfo) -> _Column:
        repairs = self._settings.repairs
        heading = (
            self._mapping.header[source.column] if source.column is not None else self._mapping.heading(field.name)
        )
        is_padded = any(repair.kind == PAD_ZEROS and repair.field == field.name for repair in repairs)
        width = Width() if isinstance(field.type, Code) and source.is_whole and not is_padded else None
        return _Column(field, source, heading, Judge(field, self._mapping, repairs, zone), width)

    def _edited(self, block: Block) -> Sequence[list[str]]:
        """The rows with the cells that somebody corrected."""
        edits = self._settings.edits
        if not edits or edits.keys().isdisjoint(block.lines):
            return block.rows
        return [
            _with_edits(row, edits[line]) if line in edits else row
            for line, row in zip(block.lines, block.rows, strict=True)
        ]

    def _problems(self, block: Block) -> list[tuple[int, Problem]]:
        """What reading found, by place: not what was corrected since, nor what is in columns that are not read."""
        if not block.problems:
            return []
        places = {line: place for place, line in enumerate(block.lines)}
        used = {column.source.column for column in self._columns} | {None}
        return [
            (places[problem.line], problem)
            for problem in block.problems
            if problem.column in used and not self._is_corrected(problem)
        ]

    def _is_corrected(self, problem: Problem) -> bool:
        edits = self._settings.edits.get(problem.line)
        return edits is not None and (problem.column is None or problem.column in edits)

    def _values(
        self, column: _Column, rows: Sequence[list[str]], problems: list[tuple[int, Problem]], said: list[Said]
    ) -> list[Any]:
        texts = _texts(column.source, rows)
        for place, problem in problems:
            if problem.column is not None and problem.column == column.source.column:
                texts[place] = ""
        values = column.judge.of_all(texts)
        if Verdict in set(map(type, values)):
            for place, value in enumerate(values):
                if type(value) is Verdict:
                    said.append((place, column.heading, texts[place], value))
                    values[place] = value.value
                    if value.became is not None:
                        self._clean(column.field.name, texts[place], value.became)
        if column.width is not None:
            short = column.width.judge(texts)
            said.extend((place, column.heading, texts[place], Verdict(warnings=[fault])) for place, fault in short)
        return values

    def _clean(self, name: str, text: str, became: str) -> None:
        self.cleaned[name] += 1
        if len(kept := self.examples.setdefault(name, [])) < EXAMPLES:
            kept.append([text[:LONGEST_VALUE], became[:LONGEST_VALUE]])

    def _lines(self, numbers: Sequence[int], rows: Sequence[list[str]], columns: Sequence[Sequence[Any]]) -> list[Line]:
        if not columns:
            return [Line(number, cells) for number, cells in zip(numbers, rows, strict=True)]
        names = [column.field.name for column in self._columns]
        return [
            Line(number, cells, _filled(names, found))
            for number, cells, found in zip(numbers, rows, zip(*columns, strict=True), strict=True)
        ]

    def _tell(self, lines: Sequence[Line], problems: list[tuple[int, Problem]], said: list[Said]) -> None:
        """Put what is to be said to its lines."""
        for place, problem in problems:
            heading = "" if problem.column is None else self._mapping.header[problem.column]
            lines[place].refuse(heading, problem.value, problem.fault)
        for place, heading, text, verdict in said:
            line = lines[place]
            if verdict.fault is not None:
                line.refuse(heading, text, verdict.fault)
                continue
            for warning in verdict.warnings:
                line.warn(heading, text, warning)
            if verdict.became is not None:
                line.clean(heading, text, verdict.became)

    def _add_notes(self, lines: Sequence[Line]) -> None:
        header = self._mapping.header
        for index in self._mapping.note_columns:
            for line in lines:
                if text := " ".join(line.cells[index].split()):
                    line.extras = [*line.extras, f"{header[index]}: {text}"]


def _filled(names: Sequence[str], values: tuple[Any, ...]) -> dict[str, Any]:
    if None in values:
        return {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return dict(zip(names, values, strict=True))


def _with_edits(row: list[str], edits: Values[int, str]) -> list[str]:
    return [edits.get(index, cell) for index, cell in enumerate(row)]


def _texts(source: Source, rows: Sequence[list[str]]) -> list[str]:
    index = source.column
    if index is None:
        return [source.text or ""] * len(rows)
    if source.splitter is None:
        return [row[index] for row in rows]
    return [_part(row[index], source.splitter, source.part or 0) for row in rows]


def _part(text: str, splitter: str, part: int) -> str:
    pieces = divided(text, splitter)
    return pieces[part] if -len(pieces) <= part < len(pieces) else ""
