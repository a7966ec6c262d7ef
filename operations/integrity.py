"""What the database would refuse, said in words: references astray or to what goes, taken keys, broken checks."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Index, Select, Table, UniqueConstraint, bindparam, func, null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.base import N_, Base, model_of_table, target
from models.faults import Fault
from operations.chunks import CHUNK, among

_SEEN = "seen"  # in Session.info


def strangers(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[int, dict[str, Any]]],
    before: Mapping[int, Mapping[str, Any]],
) -> list[tuple[int, str]]:
    """The (index, column) of references to rows that do not exist or belong to another estate.

    A reference that stays as it was in `before` is not judged again: whom it names may have moved since.
    """
    found = []
    for column in model.__table__.columns:
        parent = target(column)
        if parent is None:
            continue
        name = column.name
        judged = (
            [(index, row) for index, row in rows if _is_new(row, name, before.get(row.get("id", 0)))]
            if before
            else [each for each in rows if each[1][name] is not None]
        )
        estates = _estates_of(session, parent, {row[name] for _, row in judged})
        if _all_may(judged, name, estates):
            continue
        found += [(index, name) for index, row in judged if not _may_refer(row, estates, row[name])]
    return found


def all_known(session: Session, model: type[Base], columns: Mapping[str, Sequence[Any]]) -> bool:
    """Whether new rows, given by columns, are of one estate and refer to rows of it, or of none, alone. Seen at once;
    where it does not hold, `strangers` tells which of them may stand all the same.
    """
    own = set(columns.get("estate_id", ()))
    for column in model.__table__.columns:
        parent = target(column)
        if parent is None:
            continue
        named = set(columns[column.name]) - {None}
        if not _all_of_estate(own, named, _estates_of(session, parent, named)):
            return False
    return True


def _all_may(judged: Sequence[tuple[int, dict[str, Any]]], name: str, estates: Mapping[int, int | None]) -> bool:
    """Whether nothing is wrong with any of them, seen at once."""
    return _all_of_estate({row.get("estate_id") for _, row in judged}, {row[name] for _, row in judged}, estates)


def _all_of_estate(own: set[int | None], named: set[int], estates: Mapping[int, int | None]) -> bool:
    """Whether all that are named are there, those who name them are of one estate, and what they name as well."""
    theirs = set(estates.values()) - {None}
    return named <= estates.keys() and (not own or (len(own) == 1 and (None in own or theirs <= own)))


def _is_new(row: dict[str, Any], name: str, previous: Mapping[str, Any] | None) -> bool:
    if row[name] is None:
        return False
    return previous is None or any(previous.get(each) != row.get(each) for each in (name, "estate_id"))


def _may_refer(row: dict[str, Any], estates: dict[int, int | None], wanted: int) -> bool:
    if wanted not in estates:
        return False
    own, theirs = row.get("estate_id"), estates[wanted]
    return own is None or theirs is None or own == theirs


def see(session: Session, model: type[Base], estates: Mapping[int, int | None]) -> None:
    """Note rows that this transaction has met or added, with the estate of each: whoever refers to them next need not
    look them up again. The latest of a model are enough.
    """
    session.info.setdefault(_SEEN, {})[model] = estates


def unsee(session: Session, *models: type[Base]) -> None:
    """Rows of these models, or of all, may have changed or gone."""
    seen = session.info.get(_SEEN, {})
    for model in models or list(seen):
        seen.pop(model, None)


def _estates_of(session: Session, parent: type[Base], ids: set[int]) -> dict[int, int | None]:
    """The rows with these ids, and the estate of each."""
    seen = session.info.get(_SEEN, {}).get(parent, {})
    found = {row_id: seen[row_id] for row_id in ids & seen.keys()}
    unseen = ids - found.keys()
    if unseen:
        found |= _looked_up(session, parent, unseen)
        see(session, parent, found)
    return found


def _looked_up(session: Session, parent: type[Base], ids: set[int]) -> dict[int, int | None]:
    key, found = parent.__table__.columns["id"], dict[int, int | None]()
    if len(ids) <= CHUNK:
        rows = session.connection().execute(_with_estates(parent), {"ids": sorted(ids)})
        return {row[0]: row[1] for row in rows}
    for bounds in among(session, key, ids):
        found |= dict(session.connection().execute(_estates(parent).where(bounds)).all())
    return found


@cache
def _with_estates(parent: type[Base]) -> Select[Any]:
    """Made once, since every save asks it several times."""
    return _estates(parent).where(parent.__table__.columns["id"].in_(bindparam("ids", expanding=True)))


def _estates(parent: type[Base]) -> Select[Any]:
    key, estate = parent.__table__.columns["id"], parent.__table__.columns.get("estate_id")
    return select(key, null() if estate is None else estate)


def blockers(session: Session, model: type[Base], row_ids: Collection[int]) -> dict[int, dict[type[Base], int]]:
    """Of those rows the ones that others refer to: by how many rows of which models.

    Rows that go with the one they refer to, or let go of it, are left out.
    """
    found: dict[int, dict[type[Base], int]] = defaultdict(dict)
    for other, column in _references_to(model):
        for wanted in among(session, column, row_ids):
            statement = select(column, func.count()).where(wanted).group_by(column)
            for row_id, number in session.connection().execute(statement):
                found[row_id][other] = found[row_id].get(other, 0) + number
    return dict(found)


def _references_to(model: type[Base]) -> Iterator[tuple[type[Base], Any]]:
    for mapper in Base.registry.mappers:
        for column in mapper.local_table.columns:
            if any(key.column.table is model.__table__ and key.ondelete is None for key in column.foreign_keys):
                yield mapper.class_, column


def explained(error: IntegrityError, refused: Callable[[type[Base], dict[str, Fault]], Exception]) -> Exception:
    """The database's refusal as one of ours, naming the column; a taken key is by far the usual cause."""
    table, columns = _broken_unique(error)
    if table is None or not columns:
        fault = Fault(N_("The record does not fit with the others in the database: check its values"))
        return refused(Base, {"": fault})
    fault = Fault(N_("This is taken already: give another, or change the record that has it"))
    return refused(model_of_table(table.name), {columns[-1]: fault})


def _broken_unique(error: IntegrityError) -> tuple[Table | None, list[str]]:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name is not None:
        return _unique_named(name)
    message = re.search(r"UNIQUE constraint failed: (.+)", str(error.orig))
    if message is None:
        return None, []
    columns = [part.strip().split(".") for part in message[1].split(",")]
    return Base.metadata.tables.get(columns[0][0]), [parts[-1] for parts in columns]


def _unique_named(name: str) -> tuple[Table | None, list[str]]:
    for table in Base.metadata.tables.values():
        for unique in (*table.constraints, *table.indexes):
            is_unique = isinstance(unique, UniqueConstraint) or (isinstance(unique, Index) and unique.unique)
            if isinstance(unique, UniqueConstraint | Index) and is_unique and str(unique.name) == name:
                return table, [column.name for column in unique.columns]
    return None, []
