"""Programs in place of the one that reads files: each fails in a way of its own. The file's name says which."""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

HEAD = {
    "header": ["a"],
    "header_rows": 1,
    "encoding": None,
    "sheet": None,
    "sheets": [],
    "hidden": [],
    "sample": [],
    "row_count": None,
    "dialect": None,
    "notices": [],
}


def _send(message: object) -> None:
    body = json.dumps(message).encode()
    os.write(1, len(body).to_bytes(4, "big") + body)


def _flood() -> None:
    os.write(1, b"\xff\xff\xff\xff" + bytes(1_000))


def _stop_halfway() -> None:
    _send({"head": HEAD})
    sys.stdin.readline()
    _send({"block": {"lines": [2], "rows": [["1"]], "problems": [], "surplus": []}})


WAYS: dict[str, Callable[[], object]] = {
    "hangs": lambda: time.sleep(60),
    "spins": lambda: os.kill(os.getpid(), signal.SIGXCPU),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "aborts": os.abort,
    "crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "raises": lambda: 1 / 0,
    "says-nothing": lambda: None,
    "floods": _flood,
    "babbles": lambda: os.write(1, b"\x00\x00\x00\x05hello"),
    "lists": lambda: _send([1]),
    "says-other": lambda: _send({"other": 1}),
    "stops-halfway": _stop_halfway,
}

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    WAYS[Path(json.loads(sys.stdin.readline())["path"]).stem]()
