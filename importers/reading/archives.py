"""The packing of a workbook (XLSX, XLSB, ODS), judged part by part before any reader unpacks it."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from importers.reading.spans import exact_span, span
from importers.reading.table import Limits, UnreadableFile
from models.faults import N_

SMALL = 1_000_000  # bytes: below this the ratio says nothing
LARGEST_ODD = 20_000_000  # bytes of a sheet written in a way that takes long to judge
MEMBERS = 10_000
PART = 1 << 20  # bytes unpacked at a time
LONGEST_TEXT = 400_000  # bytes between two tags; a cell has 32,767 characters at most
LOCAL_HEADER = 30  # bytes before the name of a member

DAMAGED = N_("The workbook is damaged: open it in Excel and save it anew")
PROTECTED = N_("The workbook is protected by a password: save it without one")
WITH_MACROS = N_("The workbook holds macros: save it as XLSX without them")

_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")
_MACROS = re.compile(r"vbaProject\.bin$|^xl/macrosheets/|^(?:Basic|Scripts)/.")
_DOCUMENTS = (("word/", "DOCX"), ("ppt/", "PPTX"), ("visio/", "VSDX"))
_DECLARATIONS = re.compile(rb"<!(?:DOCTYPE|ENTITY)")


def inspect(path: Path, limits: Limits) -> None:
    """Raises UnreadableFile unless the file is an ordinary workbook that unpacks to a size we can hold."""
    try:
        with ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            _judge_directory(archive, members, limits)
            for member in members:
                _judge_member(file, member, limits)
    except (BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(DAMAGED) from error


def _judge_directory(archive: ZipFile, members: list[ZipInfo], limits: Limits) -> None:
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(PROTECTED)
    if not names.intersection(_BOOKS) and not _is_open_document(archive, names):
        raise _no_workbook(names)
    if len(members) > MEMBERS or len(names) < len(members):
        raise UnreadableFile(DAMAGED)
    if any(_MACROS.search(name) for name in names):
        raise UnreadableFile(WITH_MACROS)
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise UnreadableFile(N_("The workbook unpacks to %(size)s MB: split it"), size=unpacked // 1_000_000)
    if unpacked > SMALL and unpacked > packed * limits.packing_ratio:
        raise UnreadableFile(
            N_("The workbook unpacks to %(times)s times its size: copy the table into a new workbook and save that"),
            times=unpacked // max(packed, 1),
        )


def _is_open_document(archive: ZipFile, names: set[str]) -> bool:
    if not {"mimetype", "content.xml"} <= names or archive.getinfo("mimetype").file_size > 200:
        return False
    return archive.read("mimetype").strip().startswith(b"application/vnd.oasis.opendocument.spreadsheet")


def _no_workbook(names: set[str]) -> UnreadableFile:
    for start, kind in _DOCUMENTS:
        if any(name.startswith(start) for name in names):
            return UnreadableFile(N_("The file is no table but %(kind)s: save the table as XLSX or CSV"), kind=kind)
    return UnreadableFile(N_("The file is packed (%(kind)s): unpack it and load the table that is in it"), kind="ZIP")


def _judge_member(file: IO[bytes], member: ZipInfo, limits: Limits) -> None:
    if not member.filename.endswith((".xml", ".rels", ".bin")):
        return
    if member.filename == "META-INF/manifest.xml" and any(b"encryption-data" in part for part in parts(file, member)):
        raise UnreadableFile(PROTECTED)
    if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
        _judge_sheet(file, member, limits)
    else:
        is_text = not member.filename.endswith(".bin")
        for part in parts(file, member):
            _judge_text(part, is_text=is_text)


def _judge_text(part: bytes, *, is_text: bool = True) -> None:
    """An entity can multiply a text without end; no spreadsheet program writes one, nor any encoding with NUL."""
    if is_text and ((b"<!" in part and _DECLARATIONS.search(part)) or b"\x00" in part):
        raise UnreadableFile(DAMAGED)
    if is_text and len(part) >= LONGEST_TEXT and b"<" not in part:
        raise UnreadableFile(N_("A cell of the workbook is far too long: shorten it"))


def _judge_sheet(file: IO[bytes], member: ZipInfo, limits: Limits) -> None:
    """The reader holds the whole rectangle up to the last filled cell, however few are filled."""
    found = span(_judged(parts(file, member)))
    if found.is_odd and member.file_size > LARGEST_ODD:
        raise UnreadableFile(DAMAGED)
    if found.is_odd or found.area > limits.area:
        found = exact_span(b"".join(parts(file, member)))
    if found.area > limits.area:
        raise UnreadableFile(
            N_("The sheet spans %(rows)s rows and %(columns)s columns: delete what lies outside the table"),
            rows=found.height,
            columns=found.width,
        )


def _judged(parts: Iterator[bytes]) -> Iterator[bytes]:
    for part in parts:
        _judge_text(part)
        yield part


def parts(file: IO[bytes], member: ZipInfo) -> Iterator[bytes]:
    """The member unpacked, a piece at a time, never more than its directory entry admits.

    `zipfile` stops at the size that the directory tells and so never notices one that lies; other readers go on.
    Raises UnreadableFile for such a member, zlib.error for a damaged one.
    """
    file.seek(member.header_offset)
    local = file.read(LOCAL_HEADER)
    if len(local) < LOCAL_HEADER or local[:4] != b"PK\x03\x04":
        raise UnreadableFile(DAMAGED)
    file.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
    packed = _packed(file, member.compress_size)
    match member.compress_type:
        case int() if member.compress_type == ZIP_DEFLATED:
            pieces = _inflated(packed)
        case int() if member.compress_type == ZIP_STORED:
            pieces = packed
        case _:
            raise UnreadableFile(DAMAGED)
    yield from _counted(pieces, member)


def _packed(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(size, PART))
        if not piece:
            raise UnreadableFile(DAMAGED)
        size -= len(piece)
        yield piece


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        yield inflater.decompress(piece, PART)
        while inflater.unconsumed_tail and not inflater.eof:
            yield inflater.decompress(inflater.unconsumed_tail, PART)
    while not inflater.eof:
        rest = inflater.decompress(b"", PART)
        if not rest:
            raise UnreadableFile(DAMAGED)
        yield rest


def _counted(pieces: Iterator[bytes], member: ZipInfo) -> Iterator[bytes]:
    size = check = 0
    for piece in pieces:
        size, check = size + len(piece), zlib.crc32(piece, check)
        if size > member.file_size:
            break
        yield piece
    if size != member.file_size or check != member.CRC:
        raise UnreadableFile(DAMAGED)
