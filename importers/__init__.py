"""Files in, rows out: reading, mapping, checking, matching, loading, each a room of its own; and files that go out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importers.reading.files import read_table

__all__ = ["read_table"]


def __getattr__(name: str) -> Any:
    # On demand: the process that reads an upload starts from this package and must not load the models for it.
    if name != "read_table":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importers.reading.files import read_table  # noqa: PLC0415

    return read_table
