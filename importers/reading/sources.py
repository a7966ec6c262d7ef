"""The file of a run being read: in a process of its own with limits, or here where the file is our own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from importers.reading.blocks import BLOCK_ROWS, Block, Head, blocks_of, head_of
from importers.reading.child import read_apart
from importers.reading.files import read_table
from importers.reading.known_headings import KnownHeadings
from importers.reading.table import Limits, Table
from importers.settings import Reading


class Source(Protocol):
    """A file being read: its head, then its rows in blocks, once."""

    @property
    def head(self) -> Head:
        """What is known before the rows."""

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The rows in their order."""


@dataclass(frozen=True, slots=True)
class _Here:
    """A table that was read in this process."""

    table: Table

    @property
    def head(self) -> Head:
        return head_of(self.table)

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        return blocks_of(self.table, size)


@contextmanager
def opened(
    path: Path, reading: Reading, known: Mapping[str, int], *, apart: bool, limits: Limits | None = None
) -> Iterator[Source]:
    """The file with its head read; `known` are the headings looked for. Raises UnreadableFile, now or at its blocks."""
    if apart:
        with read_apart(path, reading, known=known, limits=limits) as source:
            yield source
    else:
        yield _Here(read_table(path, **asdict(reading), wanted=KnownHeadings(known), limits=limits))
