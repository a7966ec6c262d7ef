"""Reads the hostile files in a folder, in a process of its own, and says of each what became of it."""

import json
import sys
import time
from pathlib import Path

from importers.reading.child import read_apart
from importers.reading.table import UnreadableFile

MEGABYTE = 1_000_000


def memory() -> int:
    """The most memory that this process ever had, in megabytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 // MEGABYTE


def _outcome(path: Path) -> dict[str, object]:
    before, start, rows, said = memory(), time.monotonic(), 0, ""
    try:
        with read_apart(path) as apart:
            rows = sum(len(block.rows) for block in apart.blocks())
    except UnreadableFile as refused:
        said = refused.text()
    return {"rows": rows, "said": said, "seconds": time.monotonic() - start, "growth": memory() - before}


if __name__ == "__main__":
    print(json.dumps({path.name: _outcome(path) for path in sorted(Path(sys.argv[1]).iterdir())}))  # noqa: T201
