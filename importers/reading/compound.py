"""Compound files, the packing of old workbooks (XLS): which streams are in them, and whether we may read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import error as StructError  # noqa: N812  # it is raised, not called
from struct import iter_unpack, unpack_from

from importers.reading.archives import DAMAGED, PROTECTED, WITH_MACROS
from importers.reading.table import UnreadableFile
from models.faults import N_

_HEADER_PLACES = 109  # sectors of the allocation table that the header itself names
_ENTRY = 128  # bytes of a directory entry
_LAST = 0xFFFFFFFA  # sector numbers from here on are no sectors
_SMALL_SECTOR = 64
_BOF, _FILE_PASS, _BOUND_SHEET = 0x0809, 0x002F, 0x0085


@dataclass(frozen=True, slots=True)
class Entry:
    """A stream or storage of the file: where it starts and how many bytes it has."""

    name: str
    start: int
    size: int


class Compound:
    """A compound file in memory. Raises UnreadableFile where it contradicts itself."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._sector = 1 << unpack_from("<H", content, 30)[0]
            if self._sector not in (512, 4096):
                raise UnreadableFile(DAMAGED)
            self._table = self._allocation()
            self.entries = {entry.name: entry for entry in self._directory()}
        except StructError as error:
            raise UnreadableFile(DAMAGED) from error

    def _allocation(self) -> Sequence[int]:
        """The sector that follows each sector."""
        places = list(unpack_from(f"<{_HEADER_PLACES}I", self._content, 76))
        more, count = unpack_from("<II", self._content, 68)
        for _ in range(min(count, len(self._content) // self._sector)):
            if more >= _LAST:
                break
            *found, more = unpack_from(f"<{self._sector // 4}I", self._at(more))
            places += found
        text = b"".join(self._at(place) for place in places if place < _LAST)
        return [number for (number,) in iter_unpack("<I", text)]

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        found = self._content[start : start + self._sector]
        return found.ljust(self._sector, b"\x00")

    def _chain(self, sector: int) -> Iterator[bytes]:
        for _ in range(len(self._table)):  # a chain that bites its tail ends here
            if sector >= len(self._table):
                return
            yield self._at(sector)
            sector = self._table[sector]

    def _directory(self) -> Iterator[Entry]:
        text = b"".join(self._chain(unpack_from("<I", self._content, 48)[0]))
        for place in range(0, len(text) - _ENTRY + 1, _ENTRY):
            length = unpack_from("<H", text, place + 64)[0]
            start, size = unpack_from("<II", text, place + 116)
            if 2 <= length <= 64:
                yield Entry(text[place : place + length - 2].decode("utf-16-le", "replace"), start, size)

    def stream(self, entry: Entry) -> bytes:
        """The bytes of a stream; of one too small to have sectors of its own, what follows from the shared ones."""
        if entry.size >= unpack_from("<I", self._content, 56)[0]:
            return b"".join(self._chain(entry.start))[: entry.size]
        shared = b"".join(self._chain(self.entries["Root Entry"].start)) if "Root Entry" in self.entries else b""
        return shared[entry.start * _SMALL_SECTOR :][: entry.size]


def inspect(path: Path) -> bytes:
    """The records of the old workbook. Raises UnreadableFile for one with a password or macros, and for no workbook."""
    file = Compound(path.read_bytes())
    names = set(file.entries)
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        raise UnreadableFile(PROTECTED)
    book = file.entries.get("Workbook") or file.entries.get("Book")
    if book is None:
        kind = "DOC" if "WordDocument" in names else "PPT" if "PowerPoint Document" in names else "OLE"
        raise UnreadableFile(N_("The file is no table but %(kind)s: save the table as XLSX or CSV"), kind=kind)
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
        raise UnreadableFile(WITH_MACROS)
    content = file.stream(book)
    if any(kind == _FILE_PASS for kind, _, _ in _globals(content)):
        raise UnreadableFile(PROTECTED)
    return content


def records(content: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Every record from `start` on: its kind, where its body begins, and how long that is."""
    end = len(content) - 4
    while start <= end:
        kind, length = unpack_from("<HH", content, start)
        yield kind, start + 4, length
        start += 4 + length


def _globals(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The records before the first sheet is named."""
    for record in records(content):
        if record[0] == _BOUND_SHEET:
            return
        yield record
