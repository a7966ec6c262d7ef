"""The ownerships that lines wish for, as changes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.loading.freshness import Staged, found_ids
from models.base import Base
from models.owner import Owner
from models.ownership import Ownership
from operations.chunks import among
from operations.recording import plain, restored
from operations.write import Change, Insert, Update

Pair = tuple[int, int]  # unit, owner


def link_changes(
    session: Session, estate_id: int | None, good: Sequence[Staged], ids: Sequence[int], units: dict[str, int]
) -> list[Change]:
    """What is to be written for the links of the lines, whose rows have these ids; one that somebody has added
    meanwhile is not added again, nor is one that two lines wish for.
    """
    linking = [(line, row_id, line.more["link"]) for line, row_id in zip(good, ids, strict=True) if "link" in line.more]
    owners = found_ids(session, Owner, "number", {wish["owner"] for _, _, wish in linking} - {None}, estate_id)
    pairs = [
        (row_id, owners[wish["owner"]]) if wish["owner"] is not None else (units[wish["unit"]], row_id)
        for _, row_id, wish in linking
    ]
    # Of an owner, or a unit, that was added just now there is none yet.
    current = _current(session, {pair[0] for (line, _, _), pair in zip(linking, pairs, strict=True) if line.row})
    return list(_changes(estate_id, linking, pairs, current))


def edited_links(
    session: Session, model: type[Base], estate_id: int | None, staged: Sequence[Staged], units: Mapping[str, int]
) -> list[int]:
    """The lines whose ownership is not as it was met: somebody gave it another role, ended it, or added it in a role
    that the line does not wish for.
    """
    linking = [line for line in staged if "link" in line.more and line.row is not None]
    owners = found_ids(session, Owner, "number", {line.more["link"]["owner"] for line in linking} - {None}, estate_id)
    pairs = [_pair(model, line, units, owners) for line in linking]
    roles = _roles(session, {unit_id for unit_id, _ in pairs if unit_id is not None})
    return [line.number for line, pair in zip(linking, pairs, strict=True) if _was_edited(line, roles.get(pair))]


def _pair(
    model: type[Base], line: Staged, units: Mapping[str, int], owners: Mapping[str, int]
) -> tuple[int | None, int | None]:
    if model is Owner:
        return units.get(line.unit["code"]) if line.unit is not None else None, line.row
    return line.row, owners.get(line.more["link"]["owner"])


def _was_edited(line: Staged, role: str | None) -> bool:
    wish = line.more["link"]
    return role not in ({None, wish["role"]} if wish["id"] is None else {wish["was"], wish["role"]})


def _roles(session: Session, unit_ids: set[int]) -> dict[tuple[int | None, int | None], str]:
    table = Ownership.__table__.columns
    kept = (table["unit_id"], table["owner_id"], table["role"])
    return {(unit_id, owner_id): plain(role) for unit_id, owner_id, role in _going_on(session, kept, unit_ids)}


def _current(session: Session, unit_ids: set[int]) -> dict[Pair, int]:
    """The ownerships of the units that go on, by unit and owner."""
    table = Ownership.__table__.columns
    kept = (table["unit_id"], table["owner_id"], table["id"])
    return {(unit_id, owner_id): row_id for unit_id, owner_id, row_id in _going_on(session, kept, unit_ids)}


def _going_on(session: Session, columns: Sequence[Any], unit_ids: set[int]) -> Iterator[Any]:
    table = Ownership.__table__.columns
    for condition in among(session, table["unit_id"], unit_ids):
        yield from session.connection().execute(select(*columns).where(condition, table["until_on"].is_(None)))


def _changes(
    estate_id: int | None, linking: Iterable[Any], pairs: Sequence[Pair], current: dict[Pair, int]
) -> Iterator[Change]:
    roles = {
        kept: restored(Ownership.__table__.columns["role"].type, kept) for kept in {w["role"] for *_, w in linking}
    }
    for (_, _, wish), pair in zip(linking, pairs, strict=True):
        existing, role = current.get(pair), roles[wish["role"]]
        if existing is not None and wish["id"] is not None:
            yield Update(Ownership, existing, {"role": role})
        elif existing is None:
            current[pair] = 0
            yield Insert(Ownership, {"estate_id": estate_id, "unit_id": pair[0], "owner_id": pair[1], "role": role})
