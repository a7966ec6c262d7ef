"""Columns that a recipe adds to those of the base sheet: taken from other sheets, put together, sorted, cut."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from importers.reading.table import Problem
from importers.recipes.joining import Other, Rows
from importers.recipes.recipe import Output, Recipe, Sorting
from models.base import UtcDateTime
from models.faults import Fault
from models.fields import parse

Maker = Callable[[Sequence[str], Other], str]


@dataclass(frozen=True, slots=True)
class MadeColumns:
    """The header with the columns that are made, what makes each, and where a column of another sheet went."""

    header: list[str]
    makers: tuple[Maker, ...]
    _others: Mapping[str, Rows]
    _places: Mapping[tuple[str, int], int]

    def row(self, row: list[str], other: Other) -> list[str]:
        """The base row with the cells that are made."""
        return row + [make(row, other) for make in self.makers]

    def problems(self, lines: Sequence[int], others: Sequence[Other]) -> list[Problem]:
        """What reading found wrong in the rows of other sheets, at the lines that mean them."""
        found = []
        for line, other in zip(lines, others, strict=True):
            for sheet, place in other.items():
                rows = self._others[sheet]
                for problem in rows.problems.get(rows.lines[place], ()) if rows.problems else ():
                    column = self._places.get((sheet, problem.column)) if problem.column is not None else None
                    found += [Problem(line, problem.fault, problem.value, column)] if column is not None else []
        return found


def made_columns(recipe: Recipe, header: Sequence[str], others: Mapping[str, Rows]) -> MadeColumns:
    """The columns that the recipe makes of a base sheet with that header."""
    made = [output for output in recipe.outputs if output.text is None and not output.is_plain]
    headings = [output.heading for output in made]
    makers = [_maker(output, header, others) for output in made]
    places: dict[tuple[str, int], int] = {}
    for number, output in enumerate(made):
        for sheet, _, heading in (column.partition(".") for column in output.columns if "." in column):
            if heading in others[sheet].header:
                places[sheet, others[sheet].header.index(heading)] = len(header) + number
    for sorting in recipe.sortings:
        headings += [sorting.heading(name) for name in sorting.fields]
        makers += [_sorter(sorting, name, header) for name in sorting.fields]
    return MadeColumns([*header, *headings], tuple(makers), others, places)


def _maker(output: Output, header: Sequence[str], others: Mapping[str, Rows]) -> Maker:
    readers = [_reader(column, header, others) for column in output.columns]
    if output.is_list:
        named = list(zip(output.columns, readers, strict=True))
        return lambda row, other: "\n".join(f"{name}: {text}" for name, read in named if (text := read(row, other)))
    first = _first(readers)
    if output.zone is not None:
        zone = ZoneInfo(output.zone)
        return lambda row, other: _moment(first(row, other), zone)
    longest = output.longest
    return first if longest is None else lambda row, other: _cut(first(row, other), longest)


def _first(readers: Sequence[Maker]) -> Maker:
    if len(readers) == 1:
        return readers[0]
    return lambda row, other: next((text for read in readers if (text := read(row, other))), "")


def _reader(column: str, header: Sequence[str], others: Mapping[str, Rows]) -> Maker:
    """What reads a column: of the base row, or of the row that stands beside it."""
    sheet, dot, heading = column.partition(".")
    if (heading if dot else column) not in (others[sheet].header if dot else header):
        return lambda row, other: ""
    if not dot:
        place = header.index(column)
        return lambda row, other: row[place].strip()
    rows, index = others[sheet].rows, others[sheet].header.index(heading)
    return lambda row, other: rows[other[sheet]][index].strip() if sheet in other else ""


def _moment(text: str, zone: ZoneInfo) -> str:
    """The moment with its offset, so that it is read alike in every estate; what is none stays as it is."""
    try:
        found = parse(UtcDateTime(), text, zone).value
    except Fault:
        return text
    return found.astimezone(zone).isoformat() if isinstance(found, datetime) else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _sorter(sorting: Sorting, name: str, header: Sequence[str]) -> Maker:
    read = _reader(sorting.column, header, {})
    known = {text: fields.get(name, "") for text, fields in sorting.values.items()}
    other_text = sorting.other[name]
    return lambda row, other: known.get(read(row, other), other_text)
