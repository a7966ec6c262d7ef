"""Where a table ends before its file does: at footnotes, at totals, at the next table."""

import re
from collections.abc import Sequence

from importers.reading.columns import Columns, kind_of_cell
from importers.reading.headers import filled, is_blank

FOOTNOTES = 30  # filled rows at the end of a file that may be notes
ROWS_TO_TELL = 3  # from which a table is known well enough
UNLIKELY = -6.0  # of a first cell, as the logarithm of a share
LOOKED_AHEAD = 5

_TOTAL = re.compile(r"\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|(?:grand |sub)?totals?|sum)\s*[:：]?\s*", re.IGNORECASE)


class Ending:
    """Knows the first table well enough to tell where it is over."""

    def __init__(self, columns: Columns, header: Sequence[str]) -> None:
        self.columns, self.width = columns, len(columns)
        self.header = [cell.strip() for cell in header]
        self.kinds = [place for place, column in enumerate(columns) if column.kind]
        self.looked_at = 0

    def may_end(self, rows: Sequence[list[str]]) -> bool:
        """Whether among these whole rows there may be the header of another table; asked of the first rows only."""
        if len(self.kinds) < 2 or self.looked_at > 8_000:
            return False
        self.looked_at += len(rows)
        first, second = self.kinds[:2]
        kinds = self.columns[first].kind, self.columns[second].kind
        return any(
            kind_of_cell(row[first]) not in (kinds[0], "") and kind_of_cell(row[second]) not in (kinds[1], "")
            for row in rows
        )

    def is_at(self, rows: Sequence[list[str]], index: int, *, is_last: bool, after_blank: bool) -> bool:
        """Whether the row at the index is the first that is none of the table's; `is_last`: no rows follow these."""
        row = rows[index]
        if len(row) == self.width:
            return self._is_new_header(rows, index, after_blank)
        following = [other for other in rows[index : index + LOOKED_AHEAD * 2] if not is_blank(other)]
        if self._is_other_table(following, after_blank):
            return True
        return is_last and self._is_footnote(rows, index, after_blank)

    def _is_new_header(self, rows: Sequence[list[str]], index: int, after_blank: bool) -> bool:
        row = rows[index]
        if len(self.kinds) < (1 if after_blank else 2) or [cell.strip() for cell in row] == self.header:
            return False
        hits, misses = self.columns.conforms(row)
        if hits or misses < len(self.kinds) or any(kind_of_cell(cell) not in ("text", "") for cell in row):
            return False
        if after_blank:
            return True
        following = [other for other in rows[index + 1 : index + 4] if not is_blank(other)]
        return len(following) > 1 and all(self._is_strange(other) for other in following)

    def _is_strange(self, row: Sequence[str]) -> bool:
        hits, misses = self.columns.conforms(row)
        return misses > hits

    def _is_other_table(self, following: list[list[str]], after_blank: bool) -> bool:
        width = len(following[0])
        alike = 0
        while alike < len(following) and len(following[alike]) == width:
            alike += 1
        if alike < 2 or width < 2:
            return False
        if not self.kinds:
            return after_blank or (alike >= LOOKED_AHEAD and width > self.width)
        is_header = self._is_header_like(following[0])
        hits, misses = self.columns.conforms(following[0])
        if is_header and not hits and misses >= min(2, len(self.kinds)):
            return True
        return (after_blank or is_header) and sum(map(self._is_strange, following[:alike])) > alike // 2

    def _is_header_like(self, row: Sequence[str]) -> bool:
        return all(kind_of_cell(cell) == "text" for cell in row)

    def _is_footnote(self, rows: Sequence[list[str]], index: int, after_blank: bool) -> bool:
        rest = [other for other in rows[index:] if not is_blank(other)]
        if len(rest) > FOOTNOTES or any(len(other) == self.width for other in rest):
            return False
        row = rest[0]
        if self.columns[0].count < ROWS_TO_TELL:
            return after_blank and all(filled(other) <= 1 for other in rest)
        if after_blank:
            return all(filled(other) <= 1 or not self._is_fitting(other) for other in rest)
        is_thin = self.width > 2 and len(row) == 1 and all(filled(other) <= 1 for other in rest)
        return is_thin and self.columns[0].likelihood(row[0]) < UNLIKELY

    def _is_fitting(self, row: Sequence[str]) -> bool:
        hits, misses = self.columns.conforms(row)
        return hits > misses or not self.kinds

    def is_total(self, row: Sequence[str]) -> bool:
        """Whether the row, the last one, adds up what stands above it."""
        first = next((cell for cell in row if cell.strip()), "")
        return self.width > 1 and filled(row) < self.width and _TOTAL.fullmatch(first) is not None
