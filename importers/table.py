"""What reading a file gives: cells as text, where they stood, and what is wrong with single lines."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas

from models.faults import Fault


class UnreadableFile(Fault):
    """A file that cannot be used at all, with a sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold. `area` counts the cells of the rectangle that a sheet spans, empty ones included."""

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 120_000_000
    packing_ratio: int = 200
    rows: int = 100_000
    columns: int = 300
    cell_characters: int = 32_767
    quoted_lines: int = 200
    area: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line of the file: with one cell of it if `column` is its index, else with all of it."""

    line: int
    fault: Fault
    value: str
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is divided; a workbook has none."""

    delimiter: str


@dataclass
class Table:
    """The first table of a file: `rows` are as wide as `header`, row i stood on line `lines[i]`."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    header_rows: int = 1
    encoding: str | None = None
    dialect: Dialect | None = None
    sheet: str | None = None
    problems: list[Problem] = field(default_factory=list)
    surplus: dict[int, list[str]] = field(default_factory=dict)  # by line: the cells beyond the header

    @cached_property
    def frame(self) -> pandas.DataFrame:
        """The cells as pandas sees them: text throughout, nothing guessed, nothing missing."""
        return pandas.DataFrame(self.rows, columns=pandas.Index(self.header, dtype=str), dtype=str)


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows as the file has them, header and blank ones included, each with the line it starts on."""

    rows: list[list[str]]
    lines: list[int]
    problems: list[Problem] = field(default_factory=list)
