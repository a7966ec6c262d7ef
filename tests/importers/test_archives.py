from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from importers.archives import inspect
from importers.table import Limits, UnreadableFile

SHEET = "xl/worksheets/sheet1.xml"


def archive(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "file.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def workbook(folder: Path, sheet: bytes) -> Path:
    return archive(folder, {"xl/workbook.xml": b"<workbook/>", SHEET: sheet})


@pytest.mark.parametrize(
    "sheet",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576" s="1"/></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>',
        b'<x:row r="2"><x:c r="B2"><x:v>1</x:v></x:c></x:row>',
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
    ],
)
def test_a_few_cells_that_span_a_huge_rectangle_are_refused(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(UnreadableFile, match="spans"):
        inspect(workbook(tmp_path, sheet), Limits())


def test_a_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    path = workbook(tmp_path, bytes(130_000_000))
    with pytest.raises(UnreadableFile, match="unpacks to 130 MB"):
        inspect(path, Limits())


def test_a_directory_that_lies_about_the_size_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, bytes(5_000_000))
    size, small = (5_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, small))
    with pytest.raises(UnreadableFile, match="is damaged"):
        inspect(path, Limits())


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"word/document.xml": b"<document/>"}, "no XLSX workbook"),
        ({"xl/workbook.xml": b"<workbook/>", "xl/vbaProject.bin": b"x"}, "holds macros"),
        ({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "b">]><workbook/>'}, "is damaged"),
    ],
)
def test_what_is_no_ordinary_workbook_is_refused(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        inspect(archive(tmp_path, members), Limits())


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
