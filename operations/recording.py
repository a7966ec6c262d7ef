"""History: what a write leaves behind, in the same transaction."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import groupby, repeat
from types import NoneType
from typing import Any, cast

from sqlalchemy import Date, Enum, Numeric, Table, insert
from sqlalchemy.orm import Session

from models.base import Base, Labelled, UtcDateTime
from models.history import ChangeKind, History
from operations.inserting import MANY, insert_many

# Derived or bookkeeping: never news of their own.
_SILENT = {"id", "version", "next_due_at", "stamp"}

_HISTORY = cast(Table, History.__table__)  # a mapped class has a Table
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})  # in JSON
_as_text = json.JSONEncoder(ensure_ascii=False).encode
_quoted = json.encoder.encode_basestring
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # what a text in JSON holds otherwise than it is


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: an account, or a command such as `import` or `sweep`; and the import or bulk change it is part of."""

    account_id: int | None
    command: str | None = None
    batch_id: int | None = None
    bulk_id: int | None = None


@dataclass(slots=True)  # not frozen: an import makes a hundred thousand, which would take three times as long
class Written:
    """One row as it was and as it is: None before an insert, None after a delete."""

    model: type[Base]
    id: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Added:
    """Rows of one model that came in together: their ids, and every other column with the values of all."""

    model: type[Base]
    ids: Sequence[int]
    columns: Mapping[str, Sequence[Any]]


def record(session: Session, written: Sequence[Written], by: Author, at: datetime) -> None:
    """Append one history row for each row written; one that was only touched has nothing to tell of itself."""
    of_all = _of_all(by, at)
    if len(written) >= MANY:
        _record_many(session, written, of_all)
        return
    told = [(change, changes) for change in written if (changes := _changes(change)) or _came_or_went(change)]
    rows = [{**of_all, **_of_one(change), "changes": changes} for change, changes in told]
    if rows:
        session.execute(insert(_HISTORY), rows)


def record_added(session: Session, added: Added, by: Author, at: datetime) -> None:
    """The same for rows that came in together."""
    model, ids, columns = added.model, added.ids, added.columns
    estates = ids if model.__tablename__ == "estate" else columns.get("estate_id", [None] * len(ids))
    texts = _listed(columns, _heads(model), "[null, ", "], ", len(ids))
    fixed = {**_of_all(by, at), "entity": entity_name(model), "kind": ChangeKind.INSERT}
    insert_many(session, _HISTORY, ("row_id", "estate_id"), (ids, estates), texts={"changes": texts}, fixed=fixed)


def _of_all(by: Author, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "account_id": by.account_id,
        "by_command": by.command,
        "batch_id": by.batch_id,
        "bulk_id": by.bulk_id,
    }


def _record_many(session: Session, written: Sequence[Written], of_all: Mapping[str, Any]) -> None:
    """The same, the JSON made here."""
    columns: list[list[Any]] = [[], [], [], []]
    texts: list[str] = []
    for (model, kind), some in groupby(written, key=lambda change: (change.model, _kind(change))):
        changes = list(some)
        said = _said(model, kind, changes)
        if kind is ChangeKind.UPDATE:
            told = [(change, text) for change, text in zip(changes, said, strict=True) if text != "{}"]
            changes, said = [change for change, _ in told], [text for _, text in told]
        count = len(changes)
        of_each: tuple[Iterable[Any], ...] = (
            repeat(entity_name(model), count),
            (each.id for each in changes),
            repeat(kind, count),
            map(_estate, changes),
        )
        for column, values in zip(columns, of_each, strict=True):
            column.extend(values)
        texts += said
    insert_many(session, _HISTORY, _NAMES, columns, texts={"changes": texts}, fixed=of_all)


_NAMES = ("entity", "row_id", "kind", "estate_id")


def _of_one(change: Written) -> dict[str, Any]:
    said = (entity_name(change.model), change.id, _kind(change), _estate(change))
    return dict(zip(_NAMES, said, strict=True))


def _came_or_went(change: Written) -> bool:
    return change.before is None or change.after is None


@cache
def entity_name(model: type[Base]) -> str:
    """The name under which history keeps a model: the entity's, or the table's for rows without screens."""
    return model.__entity__.name if model.__entity__ is not None else str(model.__tablename__)


def _kind(change: Written) -> ChangeKind:
    if change.before is None:
        return ChangeKind.INSERT
    return ChangeKind.DELETE if change.after is None else ChangeKind.UPDATE


def _changes(change: Written) -> dict[str, Any]:
    before, after, names = change.before, change.after, _told(change.model)
    if before is None:
        return {name: [None, plain(value)] for name in names if (value := (after or {}).get(name)) is not None}
    if after is None:
        return {name: [plain(value), None] for name in names if (value := before.get(name)) is not None}
    return {name: [plain(old), plain(new)] for name in names if (old := before.get(name)) != (new := after.get(name))}


def _said(model: type[Base], kind: ChangeKind, changes: Sequence[Written]) -> list[str]:
    """`_changes` of each as JSON; of rows that came or went put together, which takes a quarter of the time."""
    if kind is ChangeKind.UPDATE:
        return [_as_text(_changes(change)) for change in changes]
    rows = [(change.before if change.after is None else change.after) or {} for change in changes]
    columns = {name: [row.get(name) for row in rows] for name in _told(model)}
    begin, end = ("[null, ", "], ") if kind is ChangeKind.INSERT else ("[", ", null], ")
    return _listed(columns, _heads(model), begin, end, len(rows))


def _listed(
    columns: Mapping[str, Sequence[Any]], heads: Sequence[tuple[str, str]], begin: str, end: str, count: int
) -> list[str]:
    """Column by column, since most of what is to be decided is the same for all values of one."""
    frame, told = "", list[Sequence[str]]()
    for name, head in heads:
        around, parts = _framed(columns[name], (head + begin).replace("%", "%%"), end)
        frame += around
        told += parts
    if not told:
        return ["{" + (frame % ())[:-2] + "}"] * count
    frame = "{" + frame
    return [(frame % parts)[:-2] + "}" for parts in zip(*told, strict=True)]


def _framed(values: Sequence[Any], begin: str, end: str) -> tuple[str, list[Sequence[str]]]:
    """What is said of a column: the text around its values, and these, unless all are the same or there are none."""
    first = values[0]
    if values.count(first) == len(values):
        return ("" if first is None else begin + _told_of(first).replace("%", "%%") + end), []
    kinds = set(map(type, values))
    if kinds == {str}:
        if _ESCAPED.search("".join(values)):
            return begin + "%s" + end, [list(map(_quoted, values))]
        return begin + '"%s"' + end, [values]
    begin = begin.replace("%%", "%")
    told_of = _quoted if kinds == {str, NoneType} else _told_of
    return "%s", [["" if value is None else begin + told_of(value) + end for value in values]]


def _told_of(value: Any) -> str:
    if value.__class__ is str:
        return _quoted(value)
    if value.__class__ is int:
        return str(value)
    return _choice_as_text(value) if isinstance(value, Labelled) else _as_text(plain(value))


@cache
def _choice_as_text(choice: Labelled) -> str:
    return _as_text(choice.value)


@cache
def _heads(model: type[Base]) -> Sequence[tuple[str, str]]:
    return [(name, f"{_quoted(name)}: ") for name in _told(model)]


@cache
def _told(model: type[Base]) -> Sequence[str]:
    """The columns that history tells of."""
    columns = model.__table__.columns
    return [column.name for column in columns if column.name not in _SILENT and not column.info.get("secret")]


def plain(value: Any) -> Any:
    """The value as JSON can hold it: moments and dates in ISO 8601, numbers as text, choices by value."""
    if value.__class__ in _AS_THEY_ARE:
        return value
    match value:
        case Labelled():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value


def restored(column_type: Any, kept: Any) -> Any:
    """The value that `plain` made `kept` of, for a column of that type."""
    if kept is None:
        return None
    match column_type:
        case Enum():
            return column_type.enum_class(kept)  # type: ignore[misc]  # choice() always has a class
        case UtcDateTime():
            return datetime.fromisoformat(kept)
        case Date():
            return date.fromisoformat(kept)
        case Numeric():
            return Decimal(kept)
    return kept


def _estate(change: Written) -> int | None:
    row = change.after or change.before or {}
    return change.id if change.model.__tablename__ == "estate" and change.after else row.get("estate_id")
