"""Tables as downloads."""

from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response, send_file, stream_with_context
from werkzeug.datastructures import MultiDict

from reports.files import csv_chunks, write_workbook
from views.export_records import Record

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Done = Callable[[int, bool], None]  # told how many rows were sent, and whether all were


class Counted:
    """The rows as they pass by, counted."""

    def __init__(self, rows: Iterator[list[Any]]) -> None:
        self.rows = rows
        self.number = 0
        self.is_complete = False

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self.rows:
            self.number += 1
            yield row
        self.is_complete = True


def table_file(
    kind: str,
    name: str,
    header: list[str],
    rows: Iterator[list[Any]],
    is_personal: bool = False,
    is_searched: bool = False,
    is_guarded: bool = False,
    asked: MultiDict[str, str] | None = None,
) -> Response:
    """A table as a download: CSV streams, XLSX is written to a file that spills to the disk.

    It is recorded before its first row leaves, and its rows when the last one has.
    """
    record = Record(kind, name, header, is_personal, is_searched, asked)
    file_name, done, counted = record.file_name, record.finish, Counted(rows)
    if kind == "csv":
        response = Response(
            stream_with_context(_told(csv_chunks(header, counted, is_guarded), counted, done)), mimetype="text/csv"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response
    target_file = SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115  # closed by send_file
    try:
        write_workbook(target_file, name, header, counted, is_guarded)  # type: ignore[arg-type]  # a spooled file is a binary file
    finally:
        done(counted.number, counted.is_complete)
    target_file.seek(0)
    return send_file(target_file, mimetype=XLSX, as_attachment=True, download_name=file_name)


def _told(chunks: Iterator[bytes], counted: Counted, done: Done) -> Iterator[bytes]:
    """The chunks; at the end, also an early one, it is said what was sent."""
    is_sent = False
    try:
        yield from chunks
        is_sent = True
    finally:
        done(counted.number, is_sent and counted.is_complete)
