"""Columns that no field takes, kept in the note: one line for each, under what was there."""

from collections.abc import Iterable

from importers.lines import Line

NOTE = "note"


def add_extras(line: Line) -> None:
    """Put the extras under the note that the file gives, else under that of the row it meets; each only once."""
    if not line.extras:
        return
    old = line.values.get(NOTE) or (line.match[NOTE] if line.match is not None else None)
    line.values[NOTE] = merged(old, line.extras)


def merged(note: str | None, extras: Iterable[str]) -> str:
    """The note with the lines that it does not have yet; the same lines again change nothing."""
    lines = note.splitlines() if note else []
    known = set(lines)
    return "\n".join([*([note] if note else []), *(extra for extra in dict.fromkeys(extras) if extra not in known)])
