"""Tables as downloads."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response, send_file, stream_with_context

from models.base import now
from reports.files import csv_chunks, write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_file(kind: str, name: str, header: list[str], rows: Iterator[list[Any]]) -> Response:
    """A table as a download: CSV streams, XLSX is written to a file that spills to the disk."""
    file_name = f"{name}-{now():%Y%m%d}.{kind}"
    if kind == "csv":
        response = Response(stream_with_context(csv_chunks(header, rows)), mimetype="text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return response
    target_file = SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115  # closed by send_file
    write_workbook(target_file, name, header, rows)  # type: ignore[arg-type]  # a spooled file is a binary file
    target_file.seek(0)
    return send_file(target_file, mimetype=XLSX, as_attachment=True, download_name=file_name)
