"""What is wrong with rows as they would stand: values that are needed, what a model says of itself, references."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from models.base import N_, Base, words
from models.faults import Fault
from operations import integrity, promises

Faults = dict[int, dict[str, Fault]]  # by index of the row, a sentence per column
NOTHING_BEFORE: Mapping[int, Mapping[str, Any]] = MappingProxyType({})


def faults(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[int, dict[str, Any]]],
    before: Mapping[int, Mapping[str, Any]] = NOTHING_BEFORE,
) -> Faults:
    """By index the rows that cannot stand, with a sentence per column; references are judged where all else stands.

    `before` holds, by id, what is there now of rows that would change.
    """
    pairs = {row["id"]: (before[row["id"]], row) for _, row in rows if row.get("id") in before} if before else {}
    kept = promises.broken(session, model, pairs)
    new = promises.reaching_back(session, model, (each for each in rows if each[1].get("id") not in before))
    found: Faults = {}
    asks = judges_itself(model)
    for index, row in rows:
        said = missing(model, row) or (model.faults(row) if asks else {})
        if kept or new:
            said = {**said, **kept.get(row.get("id", 0), {}), **new.get(index, {})}
        previous = before.get(row.get("id", 0)) if before else None
        if previous is not None and _leaves_its_estate(model, previous, row):
            said = {**said, "estate_id": Fault(N_("A record stays in its estate: add it anew in the other one"))}
        if said:
            found[index] = dict(said)
    sound = [(index, row) for index, row in rows if index not in found] if found else rows
    for index, column_name in integrity.strangers(session, model, sound, before):
        fault = Fault(N_("There is no such record in this estate: choose another"))
        found.setdefault(index, {})[column_name] = fault
    return found


def judges_itself(model: type[Base]) -> bool:
    """Whether the model has sentences of its own for a whole row."""
    own = model.faults.__func__ is not Base.faults.__func__  # type: ignore[attr-defined]  # class methods
    return bool(own)


def _leaves_its_estate(model: type[Base], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    column = model.__table__.columns.get("estate_id")
    return column is not None and not column.nullable and before["estate_id"] != after["estate_id"]


def missing(model: type[Base], row: Mapping[str, Any]) -> dict[str, Fault]:
    """A sentence for each column that needs a value and has none."""
    names = needed(model)
    if None not in map(row.get, names):
        return {}
    return {name: Fault(N_("A value is needed here")) for name in names if row.get(name) is None}


@cache
def needed(model: type[Base]) -> Sequence[str]:
    """The columns without which no row of the model can stand."""
    columns = model.__table__.columns
    return [each.name for each in columns if not each.nullable and not each.primary_key and words(each)]
