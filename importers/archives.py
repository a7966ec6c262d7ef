"""The packing of a workbook, judged before anything is unpacked by the reader."""

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from importers.table import Limits, UnreadableFile
from models.base import N_

SMALL = 1_000_000  # bytes: below this the ratio says nothing
LARGEST_ODD = 20_000_000  # bytes of a sheet written in a way that takes long to judge

DAMAGED = N_("The workbook is damaged: open it in Excel and save it anew")

# What ordinary programs write: every cell with its address, without a prefix.
_PLAIN_ROW = re.compile(rb'<row r="(\d{1,10})"')
_WIDE = re.compile(rb'<c r="([A-Za-z]{2,7})\d')
_ODD = re.compile(rb'<c\b(?! r=")|<\w+:c\b|<row\b(?! r=")|<\w+:row\b')
# What may stand in a sheet at all.
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["'](\d{1,10})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\b")
_FILLED = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,7})(\d{1,10})["'][^>]*?(?<!/)>""")


def inspect(path: Path, limits: Limits) -> None:
    """Raises UnreadableFile unless the file is an ordinary workbook that unpacks to a size we can hold."""
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
            _judge_directory(members, limits)
            for member in members:
                _judge_member(archive, member, limits)
    except (BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise UnreadableFile(DAMAGED) from error


def _judge_directory(members: list[ZipInfo], limits: Limits) -> None:
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(N_("The workbook is protected by a password: save it without one"))
    if "xl/workbook.xml" not in names:
        raise UnreadableFile(N_("The file is a packed archive but no XLSX workbook: save it as XLSX"))
    if any(name.endswith("vbaProject.bin") for name in names):
        raise UnreadableFile(N_("The workbook holds macros: save it as XLSX without them"))
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > limits.unpacked_bytes or (unpacked > SMALL and unpacked > packed * limits.packing_ratio):
        raise UnreadableFile(N_("The workbook unpacks to %(size)s MB: split it"), size=unpacked // 1_000_000)


def _judge_member(archive: ZipFile, member: ZipInfo, limits: Limits) -> None:
    # Read to its end: a directory that lies about a size is found out by the check sum.
    if not member.filename.endswith((".xml", ".rels")):
        return
    content = archive.read(member)
    if b"<!DOCTYPE" in content[:2000] or b"<!ENTITY" in content:
        raise UnreadableFile(DAMAGED)
    if member.filename.startswith("xl/worksheets/"):
        _judge_area(content, limits)


def _judge_area(content: bytes, limits: Limits) -> None:
    """The reader holds the whole rectangle up to the last filled cell, however few are filled."""
    height, width = _bounds(content)
    is_odd = _ODD.search(content) is not None
    if is_odd and len(content) > LARGEST_ODD:
        raise UnreadableFile(DAMAGED)
    if height * width > limits.area or is_odd:
        height, width = _exact_bounds(content)
    if height * width > limits.area:
        raise UnreadableFile(
            N_("The sheet spans %(rows)s rows and %(columns)s columns: delete what lies outside the table"),
            rows=height,
            columns=width,
        )


def _bounds(content: bytes) -> tuple[int, int]:
    """Rows and columns that an ordinary sheet has at most, found fast."""
    height = max(map(int, _PLAIN_ROW.findall(content)), default=0)
    return height, max(map(_column_number, set(_WIDE.findall(content))), default=26)


def _exact_bounds(content: bytes) -> tuple[int, int]:
    """Rows and columns up to the last filled cell; cells without an address are placed by their order."""
    places = _FILLED.findall(content)
    height = max((int(row) for _, row in places), default=0)
    width = max((_column_number(letters) for letters in {letters for letters, _ in places}), default=0)
    if _ODD.search(content):
        cells_by_row = [len(_CELL.findall(part)) for part in _ROW.split(content)]
        numbered = max(map(int, _ROW_NUMBER.findall(content)), default=0)
        height, width = height + len(cells_by_row) + numbered, width + max(cells_by_row)
    return height, width


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
