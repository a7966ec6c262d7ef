"""Workbooks made by hand in a test: honest ones, and such as no program would write."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

SHEET = "xl/worksheets/sheet1.xml"

_TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/>'
    b'<Override PartName="/xl/workbook.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATION = (
    b'<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>'
)
_RELATIONS = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b"%s</Relationships>"
)
_BOOK = (
    b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">%s'
    b'<sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_SHEET = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    """A packed file of these members."""
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def workbook(
    path: Path, rows: bytes, more: dict[str, bytes] | None = None, *, after: bytes = b"", properties: bytes = b""
) -> Path:
    """A workbook whose one sheet holds these rows as they stand; `after` follows them, `properties` are the book's."""
    relations = _RELATION % (b"rId1", b"worksheet", b"worksheets/sheet1.xml")
    strings = _RELATION % (b"rId2", b"sharedStrings", b"sharedStrings.xml")
    styles = _RELATION % (b"rId3", b"styles", b"styles.xml")
    members = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS % (_RELATION % (b"rId1", b"officeDocument", b"xl/workbook.xml")),
        "xl/workbook.xml": _BOOK % (properties, "业主".encode()),
        "xl/_rels/workbook.xml.rels": _RELATIONS % (relations + strings + styles),
        SHEET: _SHEET % (b"<sheetData>" + rows + b"</sheetData>" + after),
    }
    return archive(path, members | (more or {}))


def text_rows(*rows: tuple[str, ...]) -> bytes:
    """Rows of cells that hold their text themselves."""
    return b"".join(
        b'<row r="%d">%s</row>' % (line, b"".join(_cell(line, place, text) for place, text in enumerate(row)))
        for line, row in enumerate(rows, start=1)
    )


def _cell(line: int, place: int, text: str) -> bytes:
    return b'<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>' % (ord("A") + place, line, text.encode())


def with_entry(content: bytes, name: str) -> bytes:
    """An old workbook into whose directory an entry of that name was put."""
    start = (int.from_bytes(content[48:52], "little") + 1) * 512
    place = next(at for at in range(start, start + 512, 128) if content[at + 64 : at + 66] == b"\x00\x00")
    text = (name + "\x00").encode("utf-16-le")
    entry = text.ljust(64, b"\x00") + len(text).to_bytes(2, "little")
    return content[:place] + entry + content[place + len(entry) :]
