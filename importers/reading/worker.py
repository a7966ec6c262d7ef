"""The program that reads one file on its own: little rights, little loaded. Started by `importers.reading.child`."""

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

if __name__ == "__main__" and "models" not in sys.modules:
    # Importing the package `models` maps every table; of it this process needs one plain module.
    _bare = ModuleType("models")
    _bare.__path__ = [str(Path(__file__).parents[2] / "models")]
    sys.modules["models"] = _bare

from importers.reading.blocks import Block, Head, head_of, parted
from importers.reading.files import is_text, read_table
from importers.reading.known_headings import KnownHeadings
from importers.reading.table import Limits, UnreadableFile
from importers.reading.text_files import open_text, with_sample
from importers.reading.wire import (
    LARGEST_FRAME,
    TOO_LARGE_IN_MEMORY,
    block_as_json,
    fault_as_json,
    head_as_json,
    packed,
    unpacked,
)
from importers.settings import Reading
from models.faults import Fault

OPEN_FILES = 64
NICENESS = 10


def main() -> None:
    """Answer the request on standard input with frames on standard output."""
    with os.fdopen(os.dup(1), "wb") as out, sys.stdin.buffer as asked:
        os.dup2(2, 1)  # whatever a library prints does not get between the frames
        request = unpacked(asked.readline())
        _restrict(request["memory"], request["seconds"])
        try:
            _answer(request, asked, out)
        except UnreadableFile as fault:
            _send(out, _refusal(fault))
        except MemoryError:
            _send(out, {"refused": {"message": TOO_LARGE_IN_MEMORY, "places": {}}})


def _restrict(memory: int, seconds: int) -> None:
    """From here on: no more memory and time than allowed, no file written, no core, behind everybody else."""
    os.nice(NICENESS)
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(kind, (limit, limit))


def _answer(request: dict[str, Any], asked: BinaryIO, out: BinaryIO) -> None:
    with _opened(request) as (head, blocks, late_notices):
        _send(out, {"head": head_as_json(head)})
        size = asked.readline()
        for block in blocks if size else ():
            for part in parted(block, int(size)):
                _send(out, {"block": block_as_json(part)})
        _send(out, {"end": [fault_as_json(notice) for notice in late_notices]})


@contextmanager
def _opened(request: dict[str, Any]) -> Iterator[tuple[Head, Iterator[Block], list[Fault]]]:
    """The head, the rows, and the list in which what is said of the file stands once all rows were taken.

    A text file is read as its rows are taken; a workbook has to be read as a whole.
    """
    path, reading, limits = Path(request["path"]), request["reading"], Limits(**request["limits"])
    known = request["known"]
    wanted = KnownHeadings(known) if known is not None else None
    if is_text(path, limits):
        with open_text(path, Reading(**reading), wanted, limits, guarded=wanted is not None) as opened:
            yield *with_sample(opened), opened.notices
    else:
        table = read_table(path, wanted=wanted, limits=limits, **reading)
        yield head_of(table), table.blocks(), []


def _refusal(fault: UnreadableFile) -> dict[str, Any]:
    candidates = getattr(fault, "candidates", None)
    return {"refused": fault_as_json(fault), "candidates": candidates}


def _send(out: BinaryIO, message: dict[str, Any]) -> None:
    frame = packed(message)
    if len(frame) > LARGEST_FRAME:
        frame = packed({"refused": {"message": TOO_LARGE_IN_MEMORY, "places": {}}})
    out.write(frame)
    out.flush()


if __name__ == "__main__":
    main()
