"""What the cells of an XLSX sheet say beyond their values: formulas without one, errors, digits shown in front."""

import re
import xml.etree.ElementTree as ET  # the parts were searched for declarations before
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zipfile import ZipFile

from importers.reading.archives import parts
from importers.reading.merges import Merge
from importers.reading.spans import column_number
from importers.reading.table import Problem
from models.faults import N_, Fault

LONGEST_ROW = 20_000_000  # bytes
STYLES = 100  # formats with zeros in front; a workbook with more is no work of people
LARGEST_DIRECTORY = 5_000_000  # bytes of a part that is read as a whole

NO_VALUE = Fault(N_("The formula has no value: open the file in Excel and save it"))
ERROR = N_("The cell holds the error %(error)s: correct it in Excel")

# Blanks are taken all at once (`*+`): given back one by one, a long run of them would take hours.
_F = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>([^<]*)</(?:\w+:)?f>)"
_CELL = rb"<(?:\w+:)?c\b"
_UNVALUED = re.compile(
    _CELL + rb"([^>]*[^/>])>\s*+" + _F + rb"\s*+(?:<(?:\w+:)?v\s*+/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*+</(?:\w+:)?c>"
)
_ERROR = re.compile(_CELL + rb'([^>]*\bt="e"[^>]*)>\s*+(?:' + _F + rb")?\s*+<(?:\w+:)?v>([^<]*)<")
_ADDRESS = re.compile(rb'\br="([A-Za-z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ZEROS = re.compile(r"(0{2,})(?:_ )?(?:;@)?")


@dataclass(frozen=True, slots=True)
class Oddities:
    """`problems` of cells by line and column index; `padded` by row and column index how many digits are shown;
    `merges` where the reader of the values tells none.
    """

    problems: list[Problem] = field(default_factory=list)
    padded: dict[tuple[int, int], int] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)


def oddities(path: Path, sheet: str) -> Oddities:
    """What is odd about the cells of the sheet; nothing for a workbook that is no XLSX."""
    found = Oddities()
    with ZipFile(path) as archive, path.open("rb") as file:
        name = _part_of(archive, sheet)
        if name is None:
            return found
        styles = _padding_styles(archive)
        for text in _whole_rows(parts(file, archive.getinfo(name))):
            if b"<f" in text or b":f" in text:
                found.problems.extend(_unvalued(text))
            if b't="e"' in text:
                found.problems.extend(_errors(text))
            for style, digits in styles.items():
                found.padded.update(_padded(text, style, digits))
    return found


def _part_of(archive: ZipFile, sheet: str) -> str | None:
    """The member that holds the sheet."""
    book, relations = (_tree(archive, name) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    if book is None or relations is None:
        return None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in book.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            keys = [value for name, value in element.items() if name.endswith("}id")]
            target = targets.get(keys[0], "") if keys else ""
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return name if name in archive.namelist() else None
    return None


def _tree(archive: ZipFile, name: str) -> ET.Element | None:
    if name not in archive.namelist() or archive.getinfo(name).file_size > LARGEST_DIRECTORY:
        return None
    try:
        return ET.fromstring(archive.read(name))  # noqa: S314  # see above
    except ET.ParseError:
        return None


def _padding_styles(archive: ZipFile) -> dict[int, int]:
    """How many digits a number is shown with at least, by the number of the style of its cell."""
    tree = _tree(archive, "xl/styles.xml")
    if tree is None:
        return {}
    formats = {}
    for element in tree.iter():
        if element.tag.endswith("}numFmt") and (zeros := _ZEROS.fullmatch(element.get("formatCode", ""))):
            formats[element.get("numFmtId")] = len(zeros[1])
    cells: Iterable[ET.Element] = next((element for element in tree if element.tag.endswith("}cellXfs")), ())
    found = (
        (style, formats[element.get("numFmtId")])
        for style, element in enumerate(cells)
        if element.get("numFmtId") in formats
    )
    return dict(islice(found, STYLES))


def _whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, cut where a row begins. A row beyond all measure is left unsearched."""
    rest = b""
    for piece in pieces:
        rest += piece
        starts = max(rest.rfind(b"<row"), rest.rfind(b":row "))
        cut = rest.rfind(b"<", 0, starts + 1) if starts > 0 else -1
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_ROW:
            rest = b""
    yield rest


def _unvalued(text: bytes) -> Iterator[Problem]:
    for attributes, formula in _UNVALUED.findall(text):
        if b't="str"' not in attributes:  # a formula may well give an empty text
            yield from _problem(attributes, NO_VALUE, "=" + formula.decode(errors="replace")[:100])


def _errors(text: bytes) -> Iterator[Problem]:
    for attributes, _, error in _ERROR.findall(text):
        name = error.decode(errors="replace")[:20]
        yield from _problem(attributes, Fault(ERROR, error=name), name)


def _problem(attributes: bytes, fault: Fault, value: str) -> Iterator[Problem]:
    place = _ADDRESS.search(attributes)
    if place is not None:
        yield Problem(int(place[2]), fault, value, column_number(place[1]) - 1)


def _padded(text: bytes, style: int, digits: int) -> dict[tuple[int, int], int]:
    cells = re.findall(rb'<(?:\w+:)?c r="([A-Z]{1,3})(\d{1,7})" s="%d"' % style, text)
    return {(int(row) - 1, column_number(letters) - 1): digits for letters, row in cells}
