"""Sets cut to what one statement takes."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

CHUNK = 500  # values in one IN list: far below the bounds of both databases

Value = TypeVar("Value")


def chunks(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values in their order, at most `CHUNK` at a time."""
    wanted = list(values)
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start : start + CHUNK]
