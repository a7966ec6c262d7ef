from collections.abc import Callable
from os import urandom
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile
from zlib import crc32

import pytest

from importers.reading.archives import inspect
from importers.reading.table import Limits, UnreadableFile
from tests.infrastructure.packing import SHEET, archive

BOOK = {"xl/workbook.xml": b"<workbook/>"}
LONG = b'<row r="1">' + b"".join(b'<c r="A1"><v>%d</v></c>' % number for number in range(100_000)) + b"</row>"
OPEN = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<document/>"}


def workbook(folder: Path, sheet: bytes) -> Path:
    return archive(folder / "file.xlsx", BOOK | {SHEET: sheet})


@pytest.mark.parametrize(
    "sheet",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576" s="1"/></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>',
        b'<x:row r="2"><x:c r="B2"><x:v>1</x:v></x:c></x:row>',
        LONG,
    ],
)
def test_an_ordinary_sheet_passes(tmp_path: Path, sheet: bytes) -> None:
    inspect(workbook(tmp_path, sheet), Limits())


@pytest.mark.parametrize(
    "sheet",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<x:row r='1048576'><x:c s='1' r='XFD1048576'><x:v>1</x:v></x:c></x:row>",
        b"<row>" + b"<c/>" * 3000 + b"<c><v>1</v></c></row>" + b"<row/>" * 3000,
        b'<row r="1048576"><c/><c/><c/><c/><c><v>1</v></c></row>',
        b'<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>',
    ],
)
def test_a_few_cells_that_span_a_huge_rectangle_are_refused(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(UnreadableFile, match="spans"):
        inspect(workbook(tmp_path, sheet), Limits())


def test_a_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = workbook(tmp_path, bytes(13_000_000))
    with pytest.raises(UnreadableFile, match="unpacks to 13 MB"):
        inspect(path, Limits(unpacked_bytes=12_000_000))


def test_what_unpacks_to_far_more_than_any_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="times its size"):
        inspect(workbook(tmp_path, b" " * 2_000_000), Limits())


def _small(content: bytes, size: int) -> bytes:
    return content.replace(size.to_bytes(4, "little"), (1_000).to_bytes(4, "little"))


def _small_and_summed(content: bytes, size: int) -> bytes:
    whole, part = crc32(b" " * size).to_bytes(4, "little"), crc32(b" " * 1_000).to_bytes(4, "little")
    return _small(content, size).replace(whole, part)


@pytest.mark.parametrize("lie", [_small, _small_and_summed])
def test_a_directory_that_lies_about_the_size_is_refused(tmp_path: Path, lie: Callable[[bytes, int], bytes]) -> None:
    path = workbook(tmp_path, b" " * 5_000_000)
    path.write_bytes(lie(path.read_bytes(), 5_000_000))
    with pytest.raises(UnreadableFile, match="is damaged"):
        inspect(path, Limits())


def test_a_bomb_inside_a_bomb_is_no_workbook(tmp_path: Path) -> None:
    inner = workbook(tmp_path, b" " * 2_000_000).read_bytes()
    with pytest.raises(UnreadableFile, match="is packed \\(ZIP\\): unpack it"):
        inspect(archive(tmp_path / "outer.zip", {"inner.xlsx": inner}), Limits())


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"word/document.xml": b"<document/>"}, "no table but DOCX"),
        ({"ppt/presentation.xml": b"<presentation/>"}, "no table but PPTX"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<text/>"}, "is packed"),
        ({"owners.csv": b"a,b"}, "is packed \\(ZIP\\)"),
        (BOOK | {"xl/vbaProject.bin": b"x"}, "holds macros"),
        (BOOK | {"xl/macrosheets/sheet1.xml": b"<sheet/>"}, "holds macros"),
        (OPEN | {"Basic/Standard/Module1.xml": b"<module/>"}, "holds macros"),
        (OPEN | {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}, "protected by a password"),
        ({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "b">]><workbook/>'}, "is damaged"),
        (BOOK | {"xl/sharedStrings.xml": b" " * 5_000 + b'<!ENTITY b "b">'}, "is damaged"),
        ({"xl/workbook.xml": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a>'.encode("utf-16")}, "is damaged"),
        (BOOK | {SHEET: b"<row r='1" + b" " * 300_000}, "is damaged"),
    ],
)
def test_what_is_no_ordinary_workbook_is_refused(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        inspect(archive(tmp_path / "file.xlsx", members), Limits())


def test_a_cell_that_packs_so_badly_that_it_looks_honest_is_refused(tmp_path: Path) -> None:
    strings = b"<sst><si><t>" + urandom(1_000_000).hex().encode() + b"</t></si></sst>"
    with pytest.raises(UnreadableFile, match="far too long: shorten it"):
        inspect(archive(tmp_path / "file.xlsx", BOOK | {"xl/sharedStrings.xml": strings}), Limits())


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "file.xlsx", BOOK | {"xl/workbook.xmm": b"<other/>"})
    path.write_bytes(path.read_bytes().replace(b"workbook.xmm", b"workbook.xml"))
    with pytest.raises(UnreadableFile, match="is damaged"):
        inspect(path, Limits())


def test_a_packing_that_no_spreadsheet_program_uses_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with ZipFile(path, "w", ZIP_LZMA) as file:
        file.writestr("xl/workbook.xml", b"<workbook/>")
    with pytest.raises(UnreadableFile, match="is damaged"):
        inspect(path, Limits())


def _encrypted(content: bytes) -> bytes:
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(("damage", "sentence"), [(_encrypted, "protected by a password"), (_truncated, "is damaged")])
def test_a_workbook_that_cannot_be_opened_is_refused(
    tmp_path: Path, damage: Callable[[bytes], bytes], sentence: str
) -> None:
    path = workbook(tmp_path, b"<row/>")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableFile, match=sentence):
        inspect(path, Limits())
