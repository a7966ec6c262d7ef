"""Where a table begins in the rows of a file: what stands above it, how many lines make its header."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from importers.reading.columns import Columns, kind_of_cell, learnt

Fit = Callable[[Sequence[str]], int]

HEADER_AMONG = 10  # filled rows at the top among which a header that somebody wants is looked for
MOST_HEADER_ROWS = 5
ENOUGH_ROWS = 3  # below a header, before a second line of it can be told from a row
FEW_PLACES = 5  # rows in which two on end make a run, else three
A_SHARE = 0.25  # of the largest table: what is smaller and stands above is no table but a preamble


@dataclass(frozen=True, slots=True)
class Layout:
    """The first table of some rows: its header is `rows[start : body]`, `start` equals `body` for none."""

    start: int
    body: int
    width: int
    columns: Columns


def is_blank(row: Sequence[str]) -> bool:
    """Whether nothing stands in the row."""
    text = "".join(row)
    return not text or text.isspace()


def filled(row: Sequence[str]) -> int:
    """How many cells of the row hold something."""
    return sum(bool(cell) and not cell.isspace() for cell in row)


def layout_of(
    rows: Sequence[list[str]],
    wanted: Fit | None = None,
    line: int | None = None,
    header_rows: int | None = None,
    unsure: Collection[int] = (),
) -> Layout | None:
    """The layout of the first table. `line` is the index of the row that is its header; None if all rows are blank.

    Nothing is learnt from the rows whose indexes are `unsure`.
    """
    places = [place for place, row in enumerate(rows) if not is_blank(row)]
    if not places:
        return None
    sure = [[] if place in unsure else row for place, row in enumerate(rows)] if unsure else rows
    if line is not None or (line := _wanted_place(rows, places, wanted)) is not None:
        start = next((place for place in places if place >= line), places[-1])
        return _told(rows, start, header_rows, sure)
    width = _width(rows, places)
    start = _start(rows, places, width)
    if len(rows[start]) > width and not _has_fragment(rows[start]):
        sure = [[*row, ""] if len(row) == width else row for row in sure]  # the last column is left out where blank
        width += 1
    columns = _columns(sure, start, width)
    count = header_rows if header_rows is not None else _header_rows(rows, start, columns)
    return Layout(start, _after(rows, start, count), width, columns)


def _told(rows: Sequence[list[str]], start: int, header_rows: int | None, sure: Sequence[list[str]]) -> Layout:
    count = 1 if header_rows is None else header_rows
    body = _after(rows, start, count)
    widths = Counter(len(row) for row in rows[body : body + 200] if not is_blank(row))
    width = len(rows[start])
    common = widths.most_common(1)
    if common and common[0][0] == width + 1 and common[0][1] >= 0.9 * widths.total() > 3:
        width += 1  # a heading is missing
    return Layout(start, body, width, learnt(sure[body:], width))


def _after(rows: Sequence[list[str]], start: int, count: int) -> int:
    """The index behind the first `count` filled rows."""
    place = start
    while count and place < len(rows):
        count -= not is_blank(rows[place])
        place += 1
    return place


def _wanted_place(rows: Sequence[list[str]], places: list[int], wanted: Fit | None) -> int | None:
    if wanted is None:
        return None
    best = max(places[:HEADER_AMONG], key=lambda place: wanted(rows[place]))
    return best if wanted(rows[best]) > 0 else None


def _width(rows: Sequence[list[str]], places: list[int]) -> int:
    """The width of the first table that is not small beside the largest one."""
    counts = Counter(len(rows[place]) for place in places)
    if len(places) <= 3:
        return _width_of_few(rows, places)
    largest = max(width * count for width, count in counts.items())
    sizable = {width for width, count in counts.items() if width * count >= A_SHARE * largest and count > 1}
    if not sizable:
        return max(counts, key=lambda width: (counts[width], width))
    widths = [len(rows[place]) for place in places]
    needed = 3 if len(places) > FEW_PLACES else 2
    runs = (width for width, run in groupby(widths) if width in sizable and len([*run]) >= needed)
    return next(runs, max(sizable, key=lambda width: (counts[width], width)))


def _width_of_few(rows: Sequence[list[str]], places: list[int]) -> int:
    widths = Counter(len(rows[place]) for place in places if filled(rows[place]) > 1)
    if not widths:
        return max(len(rows[place]) for place in places)
    width, count = widths.most_common(1)[0]
    return width if count > 1 else len(rows[next(place for place in places if filled(rows[place]) > 1)])


def _start(rows: Sequence[list[str]], places: list[int], width: int) -> int:
    """The row where the table begins: the first of its width with more than a title in it, or a damaged header."""
    whole = [place for place in places if len(rows[place]) == width]
    start = whole[_titles(rows, whole, width)]
    start = _behind_small_block(rows, places, start, width)
    above = places.index(start) - 1
    if above >= 0 and start - places[above] == 1 and _is_damaged_header(rows, places[above], start, width):
        return places[above]
    return start


def _titles(rows: Sequence[list[str]], whole: list[int], width: int) -> int:
    """How many rows at the top hold one cell only, while a fuller row follows them."""
    count = 0
    while width > 2 and count < min(len(whole), HEADER_AMONG) and filled(rows[whole[count]]) == 1:
        count += 1
    is_fuller = 0 < count < len(whole) and filled(rows[whole[count]]) >= max(2, 0.5 * width)
    return count if is_fuller else 0


def _behind_small_block(rows: Sequence[list[str]], places: list[int], start: int, width: int) -> int:
    """A few rows of the table's width, closed by a blank one, are a preamble if a much larger table follows."""
    block = _block_end(rows, start)
    size = block - start
    later = [place for place in places if place > block and len(rows[place]) == width]
    if size < 2 or not later or size > A_SHARE * len(later) or filled(rows[start]) > 0.6 * width:
        return start
    return later[0]


def _block_end(rows: Sequence[list[str]], start: int) -> int:
    place = start
    while place < len(rows) and not is_blank(rows[place]):
        place += 1
    return place


def _is_damaged_header(rows: Sequence[list[str]], place: int, start: int, width: int) -> bool:
    """Whether the row above the first whole one is its header, with a delimiter too many or too few."""
    row = rows[place]
    is_full = filled(row) == len(row) == width + 1
    if (width < 3 and not is_full) or abs(len(row) - width) > 1 or filled(row) < max(2, width - 2):
        return False
    columns = learnt(rows[start + 1 :], width)
    if is_full and all(map(is_blank, rows[:place])) and columns.conforms(row)[0] == 0:
        return True  # the rows leave out their last cell
    if not any(column.kind for column in columns):
        return columns[0].count < 2 or not _looks_like_header(rows[start], columns)
    hits, misses = columns.conforms(rows[start])
    return hits > misses and columns.conforms(row)[0] <= 1


def _looks_like_header(row: Sequence[str], columns: Columns) -> bool:
    is_met = any(column.values[cell] for column, cell in zip(columns, row, strict=False))
    return not is_met and filled(row) == len(row)


def _columns(rows: Sequence[list[str]], start: int, width: int) -> Columns:
    """The columns as the rows show them that are surely no header."""
    whole = [row for row in rows[start:] if len(row) == width and not is_blank(row)]
    skipped = 3 if len(whole) >= 6 else 1
    return learnt(whole[skipped:], width)


def _header_rows(rows: Sequence[list[str]], start: int, columns: Columns) -> int:
    """How many rows from the start are header: those whose cells are not of the kinds that the columns have."""
    kinds = sum(bool(column.kind) for column in columns)
    if not kinds:
        return 1
    top = [row for row in rows[start : start + 3 * MOST_HEADER_ROWS] if not is_blank(row)][: MOST_HEADER_ROWS + 1]
    hits, misses = columns.conforms(top[0])
    if hits > misses and not _counts_up(top[0]) and _is_like_data(top[0], columns):
        return 0
    count = 1
    if columns[0].count < ENOUGH_ROWS:
        return count
    for row in top[1:]:
        hits, misses = columns.conforms(row)
        if hits or misses < 2 or any(kind_of_cell(cell) not in ("text", "") for cell in row):
            return count
        count += 1
    return 1


def _is_like_data(row: Sequence[str], columns: Columns) -> bool:
    return len(row) != len(columns) or columns[0].count >= 2


def _counts_up(row: Sequence[str]) -> bool:
    """Whether the numbers among the headings are years, months or days in order."""
    numbers = [int(cell) for cell in row if cell.strip().isdecimal() and len(cell.strip()) < 5]
    steps = {after - before for before, after in pairwise(numbers)}
    others = [cell for cell in row if kind_of_cell(cell) not in ("number", "")]
    return len(numbers) >= 3 and steps == {1} and all(kind_of_cell(cell) == "text" for cell in others)


def _has_fragment(cells: Sequence[str]) -> bool:
    """Whether one of the headings is none: blank, or a piece that a delimiter too many has cut off."""
    if not all(cell.strip() for cell in cells):
        return True
    small = sum(cell[0].islower() for cell in cells)
    return 0 < small < len(cells) or any(len(cell) < 3 and cell.isascii() and cell.isalpha() for cell in cells)
