"""Lines of any other entity against its rows, by the business key inside the estate."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Session

from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.matching.lookup import RowMapping, inside, rows_with
from importers.matching.repeats import Identity
from models.base import N_, Base, entity
from models.faults import Fault

Key = tuple[Any, ...]


def match(session: Session, model: type[Base], estate_id: int | None, lines: list[Line], mapping: Mapping) -> None:
    """Give each line the row with its key; of several the one that it agrees with most, or else the newest."""
    names, columns = entity(model).key, model.__table__.columns
    told = [column.name for column, _ in mapping.filled() if column.name in columns]
    existing = _rows_by_key(session, model, estate_id, lines)
    for line in lines if existing else ():
        rows = existing.get(tuple(map(line.values.get, names)), ())
        row = rows[0] if len(rows) == 1 else _most_alike(rows, line, told)
        if row is not None and _is_elsewhere(row, estate_id):
            line.refuse(mapping.heading(names[0]), line.values[names[0]], taken())
        elif row is not None:
            line.match = row


def _most_alike(rows: Sequence[RowMapping], line: Line, told: Sequence[str]) -> RowMapping | None:
    """An owner who had a unit before has it twice: the dates tell which time is meant."""
    values = line.values
    return max(rows, key=lambda row: (sum(row[name] == values.get(name) for name in told), row["id"]), default=None)


def identity(model: type[Base], mapping: Mapping) -> Identity:
    """How lines tell which row they are about: by the whole key, or by the row that they met if several may have it."""
    names, is_shared = entity(model).key, not _is_unique(model, entity(model).key)

    def keys(line: Line) -> Sequence[Key]:
        if is_shared and line.match is not None:
            return (("row", line.match["id"]),)
        key = _key(names, line.values)
        return () if key is None else (key,)

    return Identity(keys, lambda line: (mapping.heading(names[0]), line.values[names[0]]))


def taken() -> Fault:
    """The sentence for a key that a row outside the estate has."""
    return Fault(N_("This is taken already: give another, or change the record that has it"))


def rows_by_key(
    session: Session, model: type[Base], estate_id: int | None, lines: Iterable[Line]
) -> dict[Key, RowMapping]:
    """The rows that the lines' keys name: those of the estate, and all others where a key is unique everywhere."""
    return {key: rows[-1] for key, rows in _rows_by_key(session, model, estate_id, lines).items()}


def _rows_by_key(
    session: Session, model: type[Base], estate_id: int | None, lines: Iterable[Line]
) -> dict[Key, list[RowMapping]]:
    names = entity(model).key
    wanted = {line.values[names[0]] for line in lines if _key(names, line.values) is not None}
    scope = [] if _is_unique_everywhere(model, names) else inside(model, estate_id)
    found: dict[Key, list[RowMapping]] = {}
    for row in rows_with(session, model, names[0], wanted, *scope):
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _key(names: tuple[str, ...], values: RowMapping) -> Key | None:
    key = tuple(values.get(name) for name in names)
    return key if names and None not in key else None


def _is_unique_everywhere(model: type[Base], names: tuple[str, ...]) -> bool:
    return names in _uniques(model) or (len(names) == 1 and bool(model.__table__.columns[names[0]].unique))


def _is_unique(model: type[Base], names: tuple[str, ...]) -> bool:
    """Whether no two rows of an estate have the same key."""
    return ("estate_id", *names) in _uniques(model) or _is_unique_everywhere(model, names)


def _uniques(model: type[Base]) -> list[tuple[str, ...]]:
    table: Any = model.__table__
    return [tuple(unique.columns.keys()) for unique in table.constraints if isinstance(unique, UniqueConstraint)]


def _is_elsewhere(row: RowMapping, estate_id: int | None) -> bool:
    return "estate_id" in row and row["estate_id"] != estate_id
