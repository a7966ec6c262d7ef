"""Lines of text cut into cells by a dialect: strictly and fast, or leniently where marks are damaged."""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from importers.reading.table import Dialect

# Characters that no text may hold stand in for what the fast reader of Python cannot take.
_DELIMITER, _QUOTE = "\ufdd0", "\ufdd1"

PAIRS = {"“": "”", "„": "“", "«": "»", "‘": "’", "「": "」", "『": "』", "‹": "›"}


class Splitter:
    """Cuts lines by one dialect. Delimiters of several characters and quotes in pairs are replaced on the way."""

    def __init__(self, dialect: Dialect, *, escapes_all: bool | None = None) -> None:
        """`escapes_all`: the escape stands for itself nowhere, as it is by default with a backslash."""
        self.dialect = dialect
        delimiter, quote = dialect.delimiter, dialect.quote
        self._is_long = len(delimiter) > 1
        self._is_pair = quote is not None and len(quote) == 2
        self.delimiter = _DELIMITER if self._is_long else delimiter
        self.quote = _QUOTE if self._is_pair else quote
        if self._is_pair:
            mark, opened, closed = re.escape(self.delimiter), re.escape(dialect.quote[0]), re.escape(dialect.quote[1])  # type: ignore[index]
            self._opening = re.compile(f"(^|{mark}){opened}")
            self._closing = re.compile(f"{closed}(?={mark}|[\r\n]*$)")
        escape = dialect.escape
        escapes_all = escape == "\\" if escapes_all is None else escapes_all
        self._doubles = escape is not None and quote is not None and not escapes_all
        self.is_plain = not (self._is_long or self._is_pair or self._doubles)
        self._options: dict[str, Any] = {"delimiter": self.delimiter, "strict": True}
        self._options["escapechar"] = None if self._doubles else escape
        if self.quote is None:
            self._options["quoting"] = csv.QUOTE_NONE
        else:
            self._options["quotechar"] = self.quote
            mark, sign = re.escape(self.quote), re.escape(self.delimiter)
            outside = f"[^{mark}{sign}\\r\\n{re.escape(escape or '')}]"
            self._stray = re.compile(f"{outside}{mark}(?=[^{mark}{sign}\\r\\n])")

    def prepared(self, line: str) -> str:
        """The line as `rows` and `cells` take it."""
        if self._is_long:
            line = line.replace(self.dialect.delimiter, _DELIMITER)
        if self._doubles and self.quote and self.dialect.escape:
            line = line.replace(self.dialect.escape + self.quote, self.quote * 2)
        if self._is_pair:
            line = self._closing.sub(_QUOTE, self._opening.sub(rf"\1{_QUOTE}", line))
        return line

    def restored(self, cells: list[str]) -> list[str]:
        """The cells with what was replaced put back."""
        if self.is_plain:
            return cells
        quote = self.dialect.quote or ""
        return [cell.replace(_DELIMITER, self.dialect.delimiter).replace(_QUOTE, quote[-1:]) for cell in cells]

    def rows(self, lines: Iterable[str]) -> Any:
        """A strict reader of prepared lines: raises csv.Error where marks are damaged."""
        return csv.reader(lines, **self._options)

    def strict(self, text: str) -> list[str] | None:
        """The cells of one prepared record, or None if its marks are damaged."""
        try:
            found = list(self.rows(_pieces(text)))
        except csv.Error:
            return None
        return found[0] if len(found) == 1 else None

    def is_odd(self, line: str) -> bool:
        """Whether a quotation mark of the prepared line stands alone, or where no cell begins or ends."""
        if self.quote is None or self.quote not in line:
            return False
        if self.dialect.escape and not self._doubles:
            line = line.replace(self.dialect.escape * 2, "").replace(self.dialect.escape + self.quote, "")
        return line.count(self.quote) % 2 == 1 or self._stray.search(line) is not None

    def lenient(self, text: str) -> list[str]:
        """The cells of one prepared record: a quotation mark counts only where it opens or closes a cell."""
        text = text.rstrip("\r\n")
        if self.quote is None or self.quote not in text:
            return text.split(self.delimiter)
        cells, place = [], 0
        while place <= len(text):
            cell, place = self._next(text, place)
            cells.append(cell)
        return cells

    def _next(self, text: str, place: int) -> tuple[str, int]:
        start = place
        while start < len(text) and text[start] == " ":
            start += 1
        if text.startswith(self.quote or "\0", start):
            end = self._closed_at(text, start + 1)
            if end is not None:
                return self._unescaped(text[start + 1 : end[0]]), end[1]
        end_at = text.find(self.delimiter, place)
        end_at = len(text) if end_at < 0 else end_at
        return text[place:end_at], end_at + 1

    def _closed_at(self, text: str, place: int) -> tuple[int, int] | None:
        """Where the quoted cell ends, and where the next one begins."""
        quote, escape = self.quote or "\0", None if self._doubles else self.dialect.escape
        while (place := text.find(quote, place)) >= 0:
            if escape and text[place - 1] == escape:
                place += 1
                continue
            after = place + 1
            if text.startswith(quote, after) and not self._is_end(text, after + 1):
                place += 2
                continue
            while after < len(text) and text[after] == " ":
                after += 1
            if self._is_end(text, after):
                return place, after + 1
            place += 1
        return None

    def _is_end(self, text: str, place: int) -> bool:
        return place >= len(text) or text.startswith(self.delimiter, place)

    def _unescaped(self, cell: str) -> str:
        quote = self.quote or "\0"
        if self.dialect.escape and not self._doubles:
            cell = cell.replace(self.dialect.escape + quote, quote)
        return cell.replace(quote * 2, quote)


def _pieces(text: str) -> Iterator[str]:
    return iter(re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)) if "\n" in text or "\r" in text else iter((text,))


def parsed(splitter: Splitter, lines: list[str]) -> tuple[list[list[str]], list[int], list[int]]:
    """Rows of some lines, the index of the line where each begins, and the indexes of rows with damaged marks.

    After a damaged row reading goes on with the next line.
    """
    prepared = lines if splitter.is_plain else [splitter.prepared(line) for line in lines]
    rows: list[list[str]] = []
    starts: list[int] = []
    damaged: list[int] = []
    place = 0
    while place < len(prepared):
        begun = len(rows)
        with suppress(csv.Error):
            rows.extend(splitter.rows(prepared[place:]))
        for row in rows[begun:]:
            starts.append(place)
            place += lines_of(row)
        if place < len(prepared):
            damaged.append(len(rows))
            rows.append(splitter.lenient(prepared[place]))
            starts.append(place)
            place += 1
    return [splitter.restored(row) for row in rows], starts, damaged


def lines_of(row: list[str]) -> int:
    """How many lines of the file the row takes."""
    text = "".join(row)
    if "\n" not in text and "\r" not in text:
        return 1
    return 1 + sum(cell.count("\n") + cell.count("\r") - cell.count("\r\n") for cell in row)
