import gzip
import sqlite3
from pathlib import Path

import pytest

from importers.reading.kinds import HEAD_BYTES, Kind, kind_of
from importers.reading.table import UnreadableFile


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("fixtures/owners/good.csv", Kind.TEXT),
        ("fixtures/owners/good_gb18030.csv", Kind.TEXT),
        ("fixtures/owners/one_sheet.xlsx", Kind.PACKED),
        ("fixtures/tables/open.ods", Kind.PACKED),
        ("fixtures/tables/old.xls", Kind.COMPOUND),
        ("fixtures/tables/protected.xlsx", Kind.COMPOUND),
    ],
)
def test_a_file_is_what_its_first_bytes_say(path: str, kind: Kind) -> None:
    assert kind_of(Path(path).read_bytes()[:HEAD_BYTES]) is kind


@pytest.mark.parametrize("head", [b"", b"a", b"GIF,PDF\n", "品名,单价\n".encode("utf-16")])
def test_what_is_nothing_else_is_text(head: bytes) -> None:
    assert kind_of(head) is Kind.TEXT


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"%PDF-1.7\n", "no table but PDF: save the table as XLSX or CSV"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "no table but PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "no table but JPEG"),
        (b"{\\rtf1\\ansi}", "no table but RTF"),
        (b"PAR1" + bytes(50), "no table but Parquet"),
        (b"\x7fELF\x02", "no table but ELF"),
        (gzip.compress(b"a,b\n", mtime=0), "is packed \\(gzip\\): unpack it and load"),
        (b"7z\xbc\xaf\x27\x1c\x00", "is packed \\(7z\\)"),
        (b"Rar!\x1a\x07\x01\x00", "is packed \\(RAR\\)"),
        (b"owners.csv".ljust(257, b"\x00") + b"ustar\x00", "is packed \\(tar\\)"),
    ],
)
def test_what_holds_no_table_is_refused_with_what_to_do(head: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        kind_of(head)


def test_a_database_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "owners.csv"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE owner (id INTEGER)")
    connection.close()
    with pytest.raises(UnreadableFile, match="no table but SQLite"):
        kind_of(path.read_bytes()[:HEAD_BYTES])
