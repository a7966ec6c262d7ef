"""Files that nobody means well with, by name; each packs to little or is quickly written."""

from collections.abc import Callable
from os import urandom
from pathlib import Path
from zipfile import ZipFile

from openpyxl.utils import get_column_letter

from tests.infrastructure.packing import SHEET, archive, text_rows, with_entry, workbook

TABLES = Path("fixtures/tables")
MEGABYTE = 1_000_000

_ODS = (
    b'<?xml version="1.0"?><office:document-content '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    b'<table:table table:name="a">%s</table:table></office:spreadsheet></office:body></office:document-content>'
)
_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">'
    + b"".join(b'<!ENTITY c%d "%s">' % (depth, b"&c%d;" % (depth - 1) * 10) for depth in range(1, 20))
    + b"]><sst><si><t>&c19;</t></si></sst>"
)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def open_document(path: Path, rows: bytes) -> Path:
    """An ODS workbook whose one sheet `a` holds these rows as they stand."""
    with ZipFile(TABLES / "open.ods") as honest:
        members = {name: honest.read(name) for name in honest.namelist()}
    return archive(path, members | {"content.xml": _ODS % rows})


def bomb(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b")) + b" " * 40 * MEGABYTE)


def liar(path: Path) -> Path:
    bomb(path)
    content = path.read_bytes()
    size = next(size for size in range(40 * MEGABYTE, 40 * MEGABYTE + 2_000) if _says(content, size))
    return _written(path, content.replace(size.to_bytes(4, "little"), (1_000).to_bytes(4, "little")))


def _says(content: bytes, size: int) -> bool:
    return size.to_bytes(4, "little") in content


def nested(path: Path) -> Path:
    return archive(path, {"inner.xlsx": bomb(path).read_bytes()})


def long_cell(path: Path) -> Path:
    """A cell of 20 MB."""
    return _written(path, b"a,b\n1," + b"x" * 20 * MEGABYTE + b"\n2,y\n")


def long_quoted_cell(path: Path) -> Path:
    """A quotation mark that is never closed before 100,000 lines."""
    return _written(path, b'a,b\n0,0\n1,"' + b"".join(b"%d,x\n" % number for number in range(100_000)))


def long_packed_cell(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b"), ("1", "x" * 20 * MEGABYTE)))


def laughs(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b")), {"xl/sharedStrings.xml": _LAUGHS})


def columns(path: Path) -> Path:
    """A million columns."""
    return _written(path, b",".join(b"c%d" % number for number in range(MEGABYTE)) + b"\n" + b"1," * MEGABYTE)


def packed_columns(path: Path) -> Path:
    """As many as a sheet can have."""
    cells = b"".join(
        b'<c r="%s1" t="inlineStr"><is><t>c%d</t></is></c>' % (get_column_letter(place).encode(), place)
        for place in range(1, 16_385)
    )
    return workbook(path, b'<row r="1">' + cells + b"</row>")


def far_cell(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b")) + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def many_merges(path: Path) -> Path:
    cells = b"".join(b'<mergeCell ref="A%d:B90000"/>' % line for line in range(1, 80_000))
    return workbook(path, text_rows(("a", "b"), ("1", "2")), after=b"<mergeCells>" + cells + b"</mergeCells>")


def repeated_cells(path: Path) -> Path:
    """Three repeats that stand for 17,000 million filled cells."""
    cell = (
        b'<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1">'
        b"<text:p>1</text:p></table:table-cell>"
    )
    row = b'<table:table-row table:number-rows-repeated="1048576">' + cell + b"</table:table-row>"
    return open_document(path, row)


def nuls(path: Path) -> Path:
    return _written(path, b"a,b\n" + bytes(20 * MEGABYTE))


def endless_line(path: Path) -> Path:
    return _written(path, b"a" * 40 * MEGABYTE)


def endless_quotes(path: Path) -> Path:
    """A cell of quotation marks, 2 MB of them."""
    return _written(path, b'a,b\n1,2\n3,"' + b'""' * MEGABYTE)


def protected(path: Path) -> Path:
    return _written(path, (TABLES / "protected.xlsx").read_bytes())


def old_with_macros(path: Path) -> Path:
    return _written(path, with_entry((TABLES / "old.xls").read_bytes(), "_VBA_PROJECT_CUR"))


def with_macros(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b"), ("1", "2")), {"xl/vbaProject.bin": b"x"})


def picture(path: Path) -> Path:
    return _written(path, b"\x89PNG\r\n\x1a\n" + bytes(1_000))


def web_page(path: Path) -> Path:
    return _written(path, b"<html><body><table><tr><td>1</td></tr></table></body></html>")


def damaged_sheet(path: Path) -> Path:
    return workbook(path, b'<row r="1"><c r="A1"><v>1</c></wrong>', {SHEET: b"<worksheet><sheetData><row r='1'>"})


def huge_cell(path: Path) -> Path:
    """A cell of 190 MB, as much as a file may have at all."""
    return _written(path, b"a,b\n1," + b"x" * 190 * MEGABYTE + b"\n2,y\n")


def huge_packed_cell(path: Path) -> Path:
    """A cell of 200 MB, packed to 200 kB."""
    return workbook(path, text_rows(("a", "b"), ("1", "x" * 200 * MEGABYTE)))


def hard_packed_cell(path: Path) -> Path:
    """A cell of 90 MB that packs so badly that it looks honest."""
    return workbook(path, text_rows(("a", "b"), ("1", bytes(urandom(45 * MEGABYTE)).hex())))


def huge_bomb(path: Path) -> Path:
    return workbook(path, text_rows(("a", "b")) + b" " * 1_000 * MEGABYTE)


HUGE: dict[str, Callable[[Path], Path]] = {
    maker.__name__: maker for maker in (huge_cell, huge_packed_cell, hard_packed_cell, huge_bomb)
}
KINDS: dict[str, Callable[[Path], Path]] = {
    maker.__name__: maker
    for maker in (
        bomb, liar, nested, long_cell, long_quoted_cell, long_packed_cell, laughs, columns, packed_columns, far_cell,
        many_merges, repeated_cells, nuls, endless_line, endless_quotes, protected, old_with_macros, with_macros,
        picture, web_page, damaged_sheet,
    )
}  # fmt: skip
