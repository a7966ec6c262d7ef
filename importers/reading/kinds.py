"""What a file is by its first bytes, whatever its name says."""

from enum import StrEnum

from importers.reading.table import UnreadableFile
from models.faults import N_

HEAD_BYTES = 300


class Kind(StrEnum):
    """The kinds that a table is looked for in: text, a packed workbook (XLSX, XLSB, ODS), an old one (XLS)."""

    TEXT = "text"
    PACKED = "packed"
    COMPOUND = "compound"


_PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_ARCHIVES = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_FOREIGN = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\x00", "EXE"),
    (b"\x00\x01\x00\x00Standard ", "Access"),
    (b"\x00\x00\x00\x1cftyp", "MP4"),
    (b"\x00\x00\x00\x20ftyp", "MP4"),
)


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with these bytes. Raises UnreadableFile for what holds no table."""
    if head.startswith(_PACKED):
        return Kind.PACKED
    if head.startswith(_COMPOUND):
        return Kind.COMPOUND
    for mark, name in _ARCHIVES:
        if head.startswith(mark):
            raise UnreadableFile(
                N_("The file is packed (%(kind)s): unpack it and load the table that is in it"), kind=name
            )
    for mark, name in _FOREIGN:
        if head.startswith(mark):
            raise UnreadableFile(N_("The file is no table but %(kind)s: save the table as XLSX or CSV"), kind=name)
    if head[257:262] == b"ustar":
        raise UnreadableFile(
            N_("The file is packed (%(kind)s): unpack it and load the table that is in it"), kind="tar"
        )
    return Kind.TEXT
