"""From a file to a table of text, whatever the file is; no cell is ever read as anything but text."""

from collections.abc import Sequence
from pathlib import Path

from importers.reading import text_files, workbooks
from importers.reading.headers import Fit
from importers.reading.kinds import HEAD_BYTES, Kind, kind_of
from importers.reading.own_files import leave_out_examples
from importers.reading.shaping import best_fit, shape
from importers.reading.sheet_tables import begin_table, end_table
from importers.reading.table import Limits, Table, UnreadableFile
from importers.settings import Reading
from models.faults import N_


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    escape: str | None = None,
    header_line: int | None = None,
    header_rows: int | None = None,
    wanted: Fit | None = None,
    guarded: bool | None = None,
    limits: Limits | None = None,
) -> Table:
    """The first table in the file: of CSV text, of the named sheet, or of the sheet whose header `wanted` rates best.

    Told nothing but the path it finds out the rest; an override wins over what it would find. `wanted` rates a row as
    a header, 0 for none. `guarded` takes off the apostrophe that our exports put before formula signs (by default where
    a header is wanted, which is an import). `quote` "" means that nothing is quoted; `header_line` counts from 1,
    `header_rows` 0 means none. Reads in the calling process.

    Raises UnreadableFile when nothing of the file can be used, AskEncoding when its bytes make sense in several
    encodings; what is wrong with single lines is in `problems`.
    """
    path, limits = Path(path), limits or Limits()
    fit = wanted or _no_preference
    kind = kind_of(_head(path, limits))
    if kind is not Kind.TEXT:
        return _read_workbook(path, kind, sheet, fit, limits, header_line, header_rows)
    told = Reading(sheet, encoding, delimiter, quote, escape, header_line, header_rows)
    guarded = wanted is not None if guarded is None else guarded
    return text_files.read_text(path, told, wanted, limits, guarded=guarded)


def is_text(path: Path, limits: Limits) -> bool:
    """Whether the file is text rather than a workbook. Raises UnreadableFile for what is neither, or too large."""
    return kind_of(_head(path, limits)) is Kind.TEXT


def _no_preference(header: Sequence[str]) -> int:
    return 0


def _head(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UnreadableFile(N_("The file %(name)s cannot be opened"), name=path.name) from error
    if size > limits.file_bytes:
        raise UnreadableFile(
            N_("The file has %(size)s MB, %(limit)s at most are allowed: split it"),
            size=size // 1_000_000,
            limit=limits.file_bytes // 1_000_000,
        )
    return head


def _read_workbook(
    path: Path,
    kind: Kind,
    sheet: str | None,
    fit: Fit,
    limits: Limits,
    header_line: int | None = None,
    header_rows: int | None = None,
) -> Table:
    chosen = workbooks.choose(path, kind, sheet, lambda grid: best_fit(grid, fit), limits)
    if header_line is None and header_rows is None and not best_fit(chosen.grid, fit):
        header_line, header_rows = chosen.header or begin_table(chosen.grid) or (None, None)
    table = shape(chosen.grid, fit, limits, sheet=chosen.sheet, header_line=header_line, header_rows=header_rows)
    table.sheets, table.hidden = chosen.sheets, chosen.hidden
    table.notices[:0] = chosen.notices
    leave_out_examples(table)
    end_table(table)
    return table
