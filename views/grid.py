"""The rows of a list as HTML, written cell by cell in Python: a template's macro per cell costs three times as much.

Whatever is the same in every row (labels, translated choices, beginnings of addresses) is made once per page.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import Enum, Integer, Numeric

from models.base import N_, Base, Labelled, UtcDateTime, entity, now, target, words
from reports.listing import ListRow
from rules.permissions import Action
from views.access import may
from views.cells import Formatter, formatter, short_moments
from views.language import translate
from views.list_columns import ListColumn

LONGEST_TEXT = 80
_TO_ESCAPE = re.compile("[&<>'\"]").search

Writer = Callable[..., str]  # the HTML of a cell, given its value and the estate of its row


class Grid:
    """Writes the rows of one list; its first column names the row and leads to it.

    `editable` names the columns that may be edited in their cells; with `choosable` each row has a box to choose it.
    """

    def __init__(
        self,
        model: type[Base],
        columns: Sequence[ListColumn],
        editable: Collection[str] = frozenset(),
        choosable: bool = False,
    ) -> None:
        self.columns = columns
        self._prefix = details_prefix(model)
        self._title = entity(model).title
        self._editable = frozenset(editable)
        self._choosable = choosable
        self._moment = now()
        self._choose = escape(translate(N_("Choose %(code)s")))
        self._naming = _text_of(model, columns[0])
        self._naming_tag = f'<th scope="row"{self._attributes(columns[0])}><a href="{self._prefix}'
        self._writers = [self._writer(model, column) for column in columns[1:]]

    def rows(self, rows: Iterable[ListRow]) -> Markup:
        """The rows of a table body."""
        return Markup("\n".join(f"{self.opening(row)}{self._cells(row)}</tr>" for row in rows))  # noqa: S704  # escaped

    def opening(self, row: ListRow) -> Markup:
        """The beginning of a row: what scripts need to know of it."""
        version = getattr(row, "version", None)
        return Markup(f'<tr data-id="{row.id}" data-version="{"" if version is None else version}">')  # noqa: S704

    def cells(self, row: ListRow) -> Markup:
        """The cells of a row, for a table that adds some of its own."""
        return Markup(self._cells(row))  # noqa: S704  # every text in it is escaped where it is written

    def _cells(self, row: ListRow) -> str:
        estate_id = row.estate_id
        naming = html_text(self._naming(row.values[0], estate_id)) or "—"
        cells = [write(value, estate_id) for write, value in zip(self._writers, row.values[1:], strict=True)]
        return f'{self._chooser(row.id, naming)}{self._naming_tag}{row.id}/">{naming}</a></th>{"".join(cells)}'

    def _chooser(self, row_id: int, naming: str) -> str:
        if not self._choosable:
            return ""
        label = self._choose.replace("%(code)s", naming)
        box = f'<input type="checkbox" name="id" value="{row_id}" form="bulk" data-row aria-label="{label}">'
        return f'<td class="chooser">{box}</td>'

    def _attributes(self, column: ListColumn) -> str:
        editable = " data-editable" if column.name in self._editable else ""
        return f' data-column="{column.name}" data-label="{escape(translate(column.label))}"{editable}'

    def _writer(self, model: type[Base], column: ListColumn) -> Writer:
        kind = ' class="number"' if is_number(column) else ' class="naming"' if column.name in self._title else ""
        tag = f"<td{kind}{self._attributes(column)}>"
        text = _text_of(model, column)
        parent = target(column.column) if column.column is not None else None
        if parent is not None and parent.__entity__ is not None and may(parent, Action.SEE):
            return _reference_writer(tag, details_prefix(parent))
        if isinstance(column.type, Enum):
            return _choice_writer(tag, text)
        if isinstance(column.type, UtcDateTime):
            return _moment_writer(tag, self._moment, is_deadline(column))
        return lambda value, estate_id: f"{tag}{html_text(text(value, estate_id))}</td>"


def details_prefix(model: type[Base]) -> str:
    """What the address of any row of the model begins with."""
    return url_for(f"{entity(model).name}.details_view", id=0).removesuffix("0/")


def is_number(column: ListColumn) -> bool:
    """Whether the column holds numbers to compare, which stand right."""
    is_reference = column.column is not None and target(column.column) is not None
    return isinstance(column.type, Integer | Numeric) and not is_reference


def is_deadline(column: ListColumn) -> bool:
    """Whether a moment in the column means that something is owed by it."""
    declared = words(column.column) if column.column is not None else None
    return declared is not None and declared.deadline


def _text_of(model: type[Base], column: ListColumn) -> Formatter:
    if column.column is not None:
        return formatter(model, column.column)
    return lambda value, estate_id: "" if value is None else str(value)


def _reference_writer(tag: str, prefix: str) -> Writer:
    start, empty = f'{tag}<a class="plain" href="{prefix}', f"{tag}</td>"

    def write(value: object, estate_id: int | None) -> str:
        if value is None:
            return empty
        return f'{start}{value.id}/">{html_text(value.title)}</a></td>'  # type: ignore[attr-defined]  # a Cell

    return write


def _choice_writer(tag: str, text: Formatter) -> Writer:
    known: dict[object, str] = {}

    def write(value: object, estate_id: int | None) -> str:
        if value not in known:
            known[value] = f"{tag}{_tagged(value, html_text(text(value, estate_id)))}</td>"
        return known[value]

    return write


def _tagged(value: object, html: str) -> str:
    """A state as a tag, the open ones apart from those that have ended; any other choice as it is."""
    is_open = value.is_open if isinstance(value, Labelled) else None
    if is_open is None:
        return html
    return f'<span class="tag{" tag-state-open" if is_open else ""}">{html}</span>'


def _moment_writer(tag: str, moment: datetime, is_deadline: bool) -> Writer:
    """Writes moments; one that is a deadline and has passed is told apart, for the eye and the ear."""
    text, empty = short_moments(moment), f"{tag}</td>"
    said = escape(translate(N_("overdue")))
    before, after = f'{tag}<span class="late">', f' <span class="visually-hidden">{said}</span></span></td>'

    def write(value: Any, estate_id: int | None) -> str:
        if value is None:
            return empty
        shown = text(value, estate_id)
        return f"{before}{shown}{after}" if is_deadline and value < moment else f"{tag}{shown}</td>"

    return write


def html_text(text: str) -> str:
    """The beginning of the text, escaped; most texts need none, and to look is cheaper than to do it."""
    short = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return short if _TO_ESCAPE(short) is None else str(escape(short))
