"""A file read in a process of its own, so that no file can take this one's memory, time or life."""

import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from importers.reading.blocks import BLOCK_ROWS, Block, Head
from importers.reading.table import AskEncoding, Limits, UnreadableFile
from importers.reading.wire import (
    LARGEST_FRAME,
    LENGTH_BYTES,
    TOO_LARGE_IN_MEMORY,
    block_from_json,
    fault_from_json,
    head_from_json,
    packed,
    unpacked,
)
from importers.settings import Reading
from models.faults import N_

ROOT = Path(__file__).parents[2]
PROGRAM = "importers.reading.worker"
PASSED = ("PYTHONPATH", "LD_LIBRARY_PATH")  # where the interpreter finds its libraries; no secret of ours

BASE_MEMORY = 400_000_000  # bytes of address space for a file of nothing
MEMORY_BY_BYTE = 30  # a byte of a packed workbook becomes about so many
LARGEST_MEMORY = 2_000_000_000
BASE_SECONDS = 4
SECONDS_BY_MEGABYTE = 1.5
PATIENCE = 5  # times the allowed processor time may pass on the clock: the machine may be busy

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the reading process may use: `memory` bytes of address space, `seconds` of processor time."""

    memory: int
    seconds: int

    @classmethod
    def by_size(cls, size: int) -> "Allowance":
        """The allowance for a file of `size` bytes."""
        memory = min(BASE_MEMORY + MEMORY_BY_BYTE * size, LARGEST_MEMORY)
        return cls(memory, int(BASE_SECONDS + SECONDS_BY_MEGABYTE * size / 1_000_000))


@dataclass
class Apart:
    """A file being read by another process: its head is here, its blocks come as they are asked for, once."""

    head: Head
    _process: "_Process" = field(repr=False)

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The rows in blocks of `size` or fewer, each read when the one before is done with. Raises UnreadableFile.

        With the last of them the notices of the head are complete.
        """
        self._process.say(f"{size}\n".encode())
        while "end" not in (message := self._process.hear("block", "end")):
            yield block_from_json(message["block"])
        self.head.notices.extend(map(fault_from_json, message["end"]))


@contextmanager
def read_apart(
    path: str | Path,
    reading: Reading | None = None,
    *,
    known: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    allowance: Allowance | None = None,
) -> Iterator[Apart]:
    """The table of the file, read by a process with limits that is gone when the context is left.

    `known` is the weight of every heading looked for (`KnownHeadings.weights`): of several sheets, and of the first
    rows, the one with the best header is read.
    Raises UnreadableFile with a sentence that says what to do, whatever happens to the process.
    """
    path = Path(path).absolute()
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableFile(N_("The file %(name)s cannot be opened"), name=path.name) from error
    request = {
        "path": str(path),
        "reading": {name: value for name, value in asdict(reading or Reading()).items() if value is not None},
        "known": dict(known) if known is not None else None,
        "limits": asdict(limits or Limits()),
    }
    with _started(allowance or Allowance.by_size(size)) as process:
        process.ask(request)
        yield Apart(head_from_json(process.hear("head")["head"]), process)


@contextmanager
def _started(allowance: Allowance) -> Iterator["_Process"]:
    with tempfile.TemporaryDirectory() as folder:  # nothing is written there; nothing else is known to the process
        process = subprocess.Popen(  # noqa: S603  # our own program; the file is named to it later, not here
            [sys.executable, "-m", PROGRAM],
            cwd=ROOT,
            env={"LANG": "C.UTF-8", "TMPDIR": folder, **_passed()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield _Process(process, allowance)
        finally:
            process.kill()
            process.communicate()


def _passed() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED if name in os.environ}


class _Process:
    """The other process: what is said to it, what it answers, and what its death means."""

    def __init__(self, process: "subprocess.Popen[bytes]", allowance: Allowance) -> None:
        self._process = process
        self._allowance = allowance
        self._left = float(allowance.seconds * PATIENCE)

    def ask(self, request: Mapping[str, Any]) -> None:
        """The one request, as a line."""
        allowed = {"memory": self._allowance.memory, "seconds": self._allowance.seconds}
        self.say(packed({**request, **allowed})[LENGTH_BYTES:] + b"\n")

    def say(self, line: bytes) -> None:
        """A line; to a process that has died nothing: its death is noticed when it is listened to."""
        try:
            _open(self._process.stdin).write(line)
            _open(self._process.stdin).flush()
        except BrokenPipeError:
            pass

    def hear(self, *kinds: str) -> dict[str, Any]:
        """The next message, of one of the kinds. Raises UnreadableFile for a refusal and for every kind of death."""
        length = int.from_bytes(self._bytes(LENGTH_BYTES), "big")
        if length > LARGEST_FRAME:
            raise UnreadableFile(TOO_LARGE_IN_MEMORY)
        try:
            message = unpacked(self._bytes(length))
        except ValueError as error:
            raise error if isinstance(error, UnreadableFile) else UnreadableFile(_BROKEN) from error
        if "refused" in message:
            raise _refusal(message)
        if not message.keys() & set(kinds):
            raise UnreadableFile(_BROKEN)
        return message

    def _bytes(self, count: int) -> bytearray:
        """So many bytes; only the time spent waiting for them counts against the process."""
        found = bytearray()
        out = _open(self._process.stdout).fileno()
        poll = select.poll()
        poll.register(out, select.POLLIN)
        while len(found) < count:
            before = time.monotonic()
            is_ready = poll.poll(max(self._left, 0) * 1000)
            self._left -= time.monotonic() - before
            if not is_ready:
                raise UnreadableFile(_TOO_SLOW)
            part = os.read(out, min(count - len(found), 1_000_000))
            if not part:
                raise self._death()
            found += part
        return found

    def _death(self) -> UnreadableFile:
        self._process.wait()
        code = self._process.returncode
        said = _open(self._process.stderr).read(20_000).decode(errors="replace")
        _log.error("the reader of a file ended with %s: %s", code, _places(said))
        return UnreadableFile(_DEATHS.get(code, _BROKEN))


_TOO_SLOW = N_("Reading the file takes too long: split it, or open it in Excel and save it anew as XLSX or CSV")
_BROKEN = N_("The file cannot be read: open it in Excel and save it anew as XLSX or CSV")
_DEATHS = {
    -signal.SIGXCPU: _TOO_SLOW,
    -signal.SIGKILL: TOO_LARGE_IN_MEMORY,  # the system's way with whoever takes too much
    -signal.SIGABRT: TOO_LARGE_IN_MEMORY,  # so ends a library that gets none
}


def _refusal(message: Mapping[str, Any]) -> UnreadableFile:
    fault = fault_from_json(message["refused"])
    candidates = [(encoding, lines) for encoding, lines in message.get("candidates") or ()]
    if candidates:
        return AskEncoding(fault.message, candidates, **fault.places)
    return UnreadableFile(fault.message, **fault.places)


def _places(traceback: str) -> str:
    """Where it broke, without what was in the file."""
    return " ".join(line.strip() for line in traceback.splitlines() if line.lstrip().startswith("File "))


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "every stream of the process is a pipe"
    return stream
