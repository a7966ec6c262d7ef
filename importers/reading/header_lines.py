"""What the lines of a header say: the headings, as many as there are columns, and whether they can be any."""

import re
from collections.abc import Sequence

from importers.reading.headers import Layout, is_blank
from importers.reading.table import Limits, UnreadableFile
from models.faults import N_


def header_of(rows: Sequence[list[str]], layout: Layout) -> list[str]:
    """The headings: the lines of the header joined by a space, or numbers where there is none."""
    lines = [row for row in rows[layout.start : layout.body] if not is_blank(row)]
    if not lines:
        return [str(place + 1) for place in range(layout.width)]
    counted = [row[0].strip() for row in rows[layout.body :] if len(row) == layout.width][:3]
    if counted == ["1", "2", "3"] and all(len(row) == layout.width - 1 for row in lines):
        lines = [["", *row] for row in lines]  # the rows are numbered, and the numbers have no heading
    whole = [_laid(row, layout.width) for row in lines]
    return [" ".join(filter(None, (cell.strip() for cell in cells))) for cells in zip(*whole, strict=True)]


def _laid(row: list[str], width: int) -> list[str]:
    """Headings made as many as there are columns: blank ones left out, pieces of one word joined or parted."""
    cells = list(row)
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    while len(cells) > width:
        blank = next((place for place, cell in enumerate(cells) if not cell.strip()), None)
        if blank is not None:
            del cells[blank]
            continue
        piece = _piece(cells)
        cells[piece - 1 : piece + 1] = [cells[piece - 1] + cells[piece]]
    while len(cells) < width and (seam := _seam(cells)) is not None:
        place, at = seam
        cells[place : place + 1] = [cells[place][:at].rstrip(), cells[place][at:].lstrip()]
    return cells + [""] * (width - len(cells))


def _piece(cells: Sequence[str]) -> int:
    """Which heading is the rest of the one before: one that begins small where others do not, else a short one."""
    places = range(1, len(cells))
    small = [place for place in places if cells[place][0].islower()]
    if small and not all(cell[0].islower() for cell in cells):
        return small[0]
    return min(places, key=lambda place: len(cells[place - 1] + cells[place]))


_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=\")|(?<=[^\W\d_])(?=\d)")


def _seam(cells: Sequence[str]) -> tuple[int, int] | None:
    """Where two headings may have run into one: at a capital inside, in the longest heading that has one."""
    seams = [(len(cell), place, found.start()) for place, cell in enumerate(cells) for found in _SEAM.finditer(cell)]
    if not seams:
        return None
    longest = max(seams)[0]
    _, place, at = next(seam for seam in seams if seam[0] == longest)
    return place, at


def judge_header(headings: Sequence[str], limits: Limits) -> None:
    """Raises UnreadableFile for more headings than allowed, or cells that are none."""
    named = sum(bool(heading.strip()) for heading in headings)
    if named > limits.columns:
        raise too_wide(named, limits)
    if any(len(heading) > limits.cell_characters for heading in headings):
        raise UnreadableFile(N_("The first line is no header: its cells are far too long"))


def too_wide(count: int, limits: Limits) -> UnreadableFile:
    """The sentence for a file of so many columns."""
    return UnreadableFile(
        N_("The file has %(count)s columns, %(limit)s at most are allowed"), count=count, limit=limits.columns
    )
