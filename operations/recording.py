"""History: what a write leaves behind, in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Enum, Numeric, insert
from sqlalchemy.orm import Session

from models.base import Base, Labelled, UtcDateTime
from models.history import ChangeKind, History

# Derived or bookkeeping: never news of their own.
_SILENT = {"id", "version", "next_due_at", "stamp"}


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: an account, or a command such as `import` or `sweep`; and the import or bulk change it is part of."""

    account_id: int | None
    command: str | None = None
    batch_id: int | None = None
    bulk_id: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One row as it was and as it is: None before an insert, None after a delete."""

    model: type[Base]
    id: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def record(session: Session, written: Sequence[Written], by: Author, at: datetime) -> None:
    """Append one history row for each row written; one that was only touched has nothing to tell of itself."""
    rows = [
        {
            "at": at,
            "account_id": by.account_id,
            "by_command": by.command,
            "entity": entity_name(change.model),
            "row_id": change.id,
            "kind": _kind(change),
            "changes": _changes(change),
            "estate_id": _estate(change),
            "batch_id": by.batch_id,
            "bulk_id": by.bulk_id,
        }
        for change in written
        if change.before is None or change.after is None or _changes(change)
    ]
    if rows:
        session.execute(insert(History.__table__), rows)  # type: ignore[arg-type]  # a mapped class has a Table


def entity_name(model: type[Base]) -> str:
    """The name under which history keeps a model: the entity's, or the table's for rows without screens."""
    return model.__entity__.name if model.__entity__ is not None else str(model.__tablename__)


def _kind(change: Written) -> ChangeKind:
    if change.before is None:
        return ChangeKind.INSERT
    return ChangeKind.DELETE if change.after is None else ChangeKind.UPDATE


def _changes(change: Written) -> dict[str, Any]:
    before, after = change.before or {}, change.after or {}
    return {
        column.name: [plain(before.get(column.name)), plain(after.get(column.name))]
        for column in change.model.__table__.columns
        if column.name not in _SILENT
        and not column.info.get("secret")
        and before.get(column.name) != after.get(column.name)
    }


def plain(value: Any) -> Any:
    """The value as JSON can hold it: moments and dates in ISO 8601, numbers as text, choices by value."""
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
