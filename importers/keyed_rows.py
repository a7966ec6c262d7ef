"""Lines of any other entity against its rows, by the business key inside the estate."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Session

from importers.lines import Line
from importers.lookup import RowMapping, inside, rows_with
from importers.mapping import Mapping
from importers.owner_rows import repeated
from models.base import N_, Base, entity
from models.faults import Fault

Key = tuple[Any, ...]


def match(session: Session, model: type[Base], estate_id: int | None, lines: list[Line], mapping: Mapping) -> None:
    """Give each line the row with its key, the newest of several. A key seen earlier in the file is refused."""
    names = entity(model).key
    existing = rows_by_key(session, model, estate_id, lines)
    first: dict[Key, int] = {}
    for line in lines:
        key = _key(names, line.values)
        if key is None:
            continue
        heading = mapping.heading(names[0])
        row = existing.get(key)
        if row is not None and _is_elsewhere(row, estate_id):
            line.refuse(heading, line.values[names[0]], taken())
        elif row is not None:
            line.match = row
        if key in first:
            line.refuse(heading, line.values[names[0]], repeated(first[key]))
        first.setdefault(key, line.line)


def taken() -> Fault:
    """The sentence for a key that a row outside the estate has."""
    return Fault(N_("This is taken already: give another, or change the record that has it"))


def rows_by_key(
    session: Session, model: type[Base], estate_id: int | None, lines: Iterable[Line]
) -> dict[Key, RowMapping]:
    """The rows that the lines' keys name: those of the estate, and all others where a key is unique everywhere."""
    names = entity(model).key
    wanted = {line.values[names[0]] for line in lines if _key(names, line.values) is not None}
    scope = [] if _is_unique_everywhere(model, names) else inside(model, estate_id)
    return {tuple(row[name] for name in names): row for row in rows_with(session, model, names[0], wanted, *scope)}


def _key(names: tuple[str, ...], values: RowMapping) -> Key | None:
    key = tuple(values.get(name) for name in names)
    return key if names and None not in key else None


def _is_unique_everywhere(model: type[Base], names: tuple[str, ...]) -> bool:
    table: Any = model.__table__
    uniques = [tuple(unique.columns.keys()) for unique in table.constraints if isinstance(unique, UniqueConstraint)]
    return names in uniques or (len(names) == 1 and bool(table.columns[names[0]].unique))


def _is_elsewhere(row: RowMapping, estate_id: int | None) -> bool:
    return "estate_id" in row and row["estate_id"] != estate_id
