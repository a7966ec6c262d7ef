"""What reading a file gives: cells as text, where they stood, and what is wrong with single lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from importers.reading.blocks import BLOCK_ROWS, Block, blocks_of
from models.faults import Fault

if TYPE_CHECKING:
    import pandas


class UnreadableFile(Fault):
    """A file that cannot be used at all, with a sentence that says why and what to do."""


class AskEncoding(UnreadableFile):
    """The bytes make sense in several encodings: `candidates` are their names, each with the first lines it gives."""

    def __init__(self, message: str, candidates: list[tuple[str, list[str]]], **places: object) -> None:
        super().__init__(message, **places)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold. `area` counts the cells of the rectangle that a sheet spans, empty ones included."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 200_000_000
    packing_ratio: int = 200
    rows: int = 1_000_000
    columns: int = 1_000
    cell_characters: int = 32_767
    quoted_lines: int = 200
    line_bytes: int = 16_000_000
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
    """How a text file is divided; a workbook has none. A mark inside quotes is doubled, or follows `escape`."""

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None


@dataclass
class Table:
    """The first table of a file: `rows` are as wide as `header`, row i stood on line `lines[i]`.

    `header_rows` says how many lines made the header, 0 for none: then the columns are numbered from 1. `sheets` are
    all sheets of a workbook, `hidden` those that are hidden. `notices` say what of the file is no part of the table.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    header_rows: int = 1
    encoding: str | None = None
    dialect: Dialect | None = None
    sheet: str | None = None
    problems: list[Problem] = field(default_factory=list)
    surplus: dict[int, list[str]] = field(default_factory=dict)  # by line: the cells beyond the header
    sheets: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)

    @cached_property
    def frame(self) -> "pandas.DataFrame":
        """The cells as pandas sees them: text throughout, nothing guessed, nothing missing."""
        # Half a second to load: who only wants rows, such as the process that reads an upload, does without.
        import pandas  # noqa: PLC0415

        return pandas.DataFrame(self.rows, columns=pandas.Index(self.header, dtype=str), dtype=str)

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The rows in portions of `size`, each with its own problems."""
        return blocks_of(self, size)


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows as the file has them, header and blank ones included, each with the line it starts on."""

    rows: list[list[str]]
    lines: list[int]
    problems: list[Problem] = field(default_factory=list)
