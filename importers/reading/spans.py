"""How many rows and columns a sheet of an XLSX workbook spans, told from its text without a parser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_TAG = 200_000  # bytes

# What ordinary programs write: every cell with its address, without a prefix.
_PLAIN_ROW = re.compile(rb'<row r="(\d{1,10})"')
_WIDE = re.compile(rb'<c r="([A-Za-z]{2,7})\d')
_ODD = re.compile(rb'<c\b(?! r=")|<\w+:c\b|<row\b(?! r=")|<\w+:row\b')
# What may stand in a sheet at all.
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["'](\d{1,10})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\b")
_FILLED = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Za-z]{1,7})(\d{1,10})["'][^>]*?(?<!/)>""")


@dataclass(frozen=True, slots=True)
class Span:
    """Rows and columns up to the last one; `is_odd` where the sheet is written as no ordinary program does."""

    height: int
    width: int
    is_odd: bool = False

    @property
    def area(self) -> int:
        return self.height * self.width


def span(parts: Iterator[bytes]) -> Span:
    """What an ordinary sheet, given in pieces, spans at most; found fast, cells without a content included."""
    height, width, is_odd = 0, 26, False
    for text in whole_tags(parts):
        height = max(height, max(map(int, _PLAIN_ROW.findall(text)), default=0))
        width = max(width, max(map(column_number, set(_WIDE.findall(text))), default=0))
        is_odd = is_odd or _ODD.search(text) is not None
    return Span(height, width, is_odd)


def whole_tags(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, cut so that no tag is divided. Raises ValueError for a tag without end."""
    rest = b""
    for part in parts:
        text = rest + part
        cut = text.rfind(b"<")
        rest = text[cut:] if cut >= 0 and b">" not in text[cut:] else b""
        if len(rest) > LONGEST_TAG:
            raise ValueError("a tag without end")
        yield text[: len(text) - len(rest)]
    yield rest


def exact_span(content: bytes) -> Span:
    """Rows and columns up to the last filled cell; cells without an address are placed by their order."""
    places = _FILLED.findall(content)
    height = max((int(row) for _, row in places), default=0)
    width = max((column_number(letters) for letters in {letters for letters, _ in places}), default=0)
    if _ODD.search(content):
        cells_by_row = [len(_CELL.findall(part)) for part in _ROW.split(content)]
        numbered = max(map(int, _ROW_NUMBER.findall(content)), default=0)
        height, width = height + len(cells_by_row) + numbered, width + max(cells_by_row)
    return Span(height, width)


def column_number(letters: bytes) -> int:
    """The number of a column by its letters: A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
