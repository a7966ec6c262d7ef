"""What passes between the process that reads a file and the one that asked: frames of JSON, nothing else."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from importers.json_bytes import decoded, encoded
from importers.reading.blocks import Block, Head
from importers.reading.table import Dialect, Problem
from models.faults import N_, Fault, Labels

LARGEST_FRAME = 64_000_000  # bytes
LENGTH_BYTES = 4

TOO_LARGE_IN_MEMORY = N_("Reading the file takes too much memory: split it, or save the one sheet as CSV")


def packed(message: Mapping[str, Any]) -> bytes:
    """The message as a frame: its length, then JSON."""
    body = encoded(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def unpacked(body: bytes | bytearray) -> dict[str, Any]:
    """The message in the frame. Raises ValueError for anything but a JSON object."""
    message = decoded(body)
    if not isinstance(message, dict):
        raise ValueError("a frame holds an object")
    return message


def head_as_json(head: Head) -> dict[str, Any]:
    """The head as a frame carries it."""
    return {
        **{name: getattr(head, name) for name in _HEAD_PLAIN},
        "dialect": asdict(head.dialect) if head.dialect else None,
        "notices": [fault_as_json(notice) for notice in head.notices],
    }


_HEAD_PLAIN = ("header", "header_rows", "encoding", "sheet", "sheets", "hidden", "sample", "row_count")


def head_from_json(said: Mapping[str, Any]) -> Head:
    """The head again."""
    return Head(
        **{name: said[name] for name in _HEAD_PLAIN},
        dialect=Dialect(**said["dialect"]) if said["dialect"] else None,
        notices=[fault_from_json(notice) for notice in said["notices"]],
    )


def block_as_json(block: Block) -> dict[str, Any]:
    """The block as a frame carries it."""
    return {
        "lines": block.lines,
        "rows": block.rows,
        "problems": [_problem_as_json(problem) for problem in block.problems],
        "surplus": list(block.surplus.items()),
    }


def block_from_json(said: Mapping[str, Any]) -> Block:
    """The block again."""
    problems = [_problem_from_json(problem) for problem in said["problems"]]
    return Block(said["lines"], said["rows"], problems, dict(said["surplus"]))


def _problem_as_json(problem: Problem) -> dict[str, Any]:
    said = fault_as_json(problem.fault)
    return {"line": problem.line, **said, "value": problem.value, "column": problem.column}


def _problem_from_json(said: Mapping[str, Any]) -> Problem:
    return Problem(said["line"], fault_from_json(said), said["value"], said["column"])


def fault_as_json(fault: Fault) -> dict[str, Any]:
    """The fault as {message, places}."""
    return {"message": fault.message, "places": {name: _place(value) for name, value in fault.places.items()}}


def _place(value: object) -> object:
    if isinstance(value, Labels):
        return {"labels": value.labels}
    return value if isinstance(value, int) else str(value)


def fault_from_json(said: Mapping[str, Any]) -> Fault:
    """The fault again."""
    return Fault(said["message"], **{name: _place_from(value) for name, value in said["places"].items()})


def _place_from(value: Any) -> object:
    return Labels(tuple(value["labels"])) if isinstance(value, dict) else value
