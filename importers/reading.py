"""From a file to a table of text, whatever the file is; no cell is ever read as anything but text."""

from collections.abc import Sequence
from pathlib import Path

from importers import text_files, workbooks
from importers.shaping import Fit, best_fit, shape
from importers.table import Limits, Table, UnreadableFile
from models.base import N_


def read_table(
    path: str | Path, *, sheet: str | None = None, wanted: Fit | None = None, limits: Limits | None = None
) -> Table:
    """The table in the file: CSV text, or the named sheet of a workbook, or the one whose header `wanted` rates best.

    `wanted` rates a row as a header, 0 for none; without it the first row that is not blank is the header. Raises
    UnreadableFile when nothing of the file can be used; what is wrong with single lines is in `problems`.
    """
    path, limits = Path(path), limits or Limits()
    fit = wanted or _no_preference
    head = _head(path, limits)
    if head.startswith(b"PK\x03\x04"):
        return _read_workbook(path, sheet, fit, limits)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(N_("The file is an old .xls workbook or has a password: save it as XLSX without one"))
    return _read_text(path, fit, limits)


def _no_preference(header: Sequence[str]) -> int:
    return 0


def _head(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise UnreadableFile(N_("The file %(name)s cannot be opened"), name=path.name) from error
    if size > limits.file_bytes:
        raise UnreadableFile(
            N_("The file has %(size)s MB, %(limit)s at most are allowed: split it"),
            size=size // 1_000_000,
            limit=limits.file_bytes // 1_000_000,
        )
    return head


def _read_text(path: Path, fit: Fit, limits: Limits) -> Table:
    text, encoding = text_files.decode(path.read_bytes())
    dialect = text_files.dialect(text)
    grid = text_files.grid(text, dialect, limits)
    return shape(grid, fit, limits, encoding=encoding, dialect=dialect)


def _read_workbook(path: Path, sheet: str | None, fit: Fit, limits: Limits) -> Table:
    with workbooks.opened(path, limits) as workbook:
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise UnreadableFile(
                N_("There is no sheet %(sheet)s: the file has %(sheets)s"),
                sheet=sheet,
                sheets=", ".join(names),
            )
        grids = {name: workbooks.grid(workbook, name) for name in ([sheet] if sheet is not None else names)}
        best = max(grids, key=lambda name: (best_fit(grids[name], fit), bool(grids[name].rows)))
        return shape(grids[best], fit, limits, sheet=best)
