"""Values as history and staged files keep them, read back and shown like any other; titles fetched in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from flask import g

from models.base import Base, target
from models.fields import parse
from reports.titles import titles_of
from views.cells import formatter, is_masked, masked
from views.database import db

Kept = Mapping[str, Any]  # a value, or a pair of them, by column
_Reference = tuple[type[Base], int]


def fetch_titles(rows: Iterable[tuple[type[Base], Kept]]) -> None:
    """Look up the titles of all that these rows refer to, in one statement for each kind referred to."""
    known = _known_titles()
    wanted: dict[type[Base], set[int]] = defaultdict(set)
    for model, changes in rows:
        for parent, row_id in _references(model, changes):
            if (parent, row_id) not in known:
                wanted[parent].add(row_id)
    for parent, row_ids in wanted.items():
        known |= {(parent, row_id): f"#{row_id}" for row_id in row_ids}
        known |= {(parent, row_id): text for row_id, text in titles_of(db.session, parent, row_ids).items()}


def _references(model: type[Base], changes: Kept) -> Iterable[_Reference]:
    for name, kept in changes.items():
        column = model.__table__.columns.get(name)
        parent = target(column) if column is not None else None
        if parent is not None and parent.__entity__ is not None:
            yield from ((parent, each) for each in kept if isinstance(each, int))


def _known_titles() -> dict[_Reference, str]:
    found: dict[_Reference, str] = g.setdefault("kept_titles", {})
    return found


def kept_text(model: type[Base], column: Any, kept: Any, estate_id: int | None) -> str:
    """A kept value as text: read back through the column's parser, masked like the row's own."""
    if kept is None:
        return ""
    if is_masked(model, column, estate_id):
        return masked(column, str(kept))
    parent = target(column)
    if parent is not None:
        fetch_titles([(model, {column.name: [kept]})])
        return _known_titles().get((parent, kept), f"#{kept}")
    try:
        return formatter(model, column)(parse(column.type, str(kept)).value, estate_id)
    except ValueError:
        return str(kept)  # kept by an older declaration
