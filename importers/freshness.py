"""What happened between preview and commit: lines that no longer meet what they met are not loaded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers import keyed_rows
from importers.lines import Line
from importers.lookup import rows_with
from importers.owner_rows import Owners
from models.base import N_, Base, entity
from models.faults import Fault
from models.owner import Owner
from models.unit import Unit
from operations import promises
from operations.chunks import chunks
from operations.integrity import strangers


@dataclass(frozen=True, slots=True)
class Staged:
    """A line that would change something, as it was staged: `row` and `version` are of the row it met."""

    id: int
    line: Line
    row: int | None
    version: int | None


def stale(session: Session, model: type[Base], estate_id: int | None, staged: Sequence[Staged]) -> dict[int, Fault]:
    """A sentence for each staged line, by its id, that must not be loaded any more."""
    met = _met(session, model, {row.row for row in staged if row.row is not None})
    found = _not_standing(session, model, estate_id, staged, met)
    edited = Fault(N_("The record was edited meanwhile: load the file again"))
    found |= {row.id: edited for row in staged if row.row is not None and _version(met.get(row.row)) != row.version}
    added = Fault(N_("The record was added meanwhile: load the file again"))
    found |= dict.fromkeys(_now_there(session, model, estate_id, staged), added)
    gone = Fault(N_("The unit or owner of this line was removed meanwhile: load the file again"))
    found |= dict.fromkeys(_without_partner(session, estate_id, staged), gone)
    return found


def _met(session: Session, model: type[Base], ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The rows that the lines met, locked, by id."""
    table = model.__table__
    found: dict[int, dict[str, Any]] = {}
    for wanted in chunks(sorted(ids)):
        chosen = table.columns["id"].in_(wanted)
        statement = select(*table.columns).where(chosen).order_by(table.columns["id"]).with_for_update()
        found |= {row["id"]: dict(row) for row in session.execute(statement).mappings()}
    return found


def _version(met: Mapping[str, Any] | None) -> int | None:
    return None if met is None else met["version"]


def _not_standing(
    session: Session,
    model: type[Base],
    estate_id: int | None,
    staged: Sequence[Staged],
    met: Mapping[int, Mapping[str, Any]],
) -> dict[int, Fault]:
    """Lines that name a record which is not there any more, or rewrite what must stay, as `write` would refuse them."""
    blank: dict[str, Any] = dict.fromkeys(model.__table__.columns.keys())
    fixed = {"estate_id": estate_id} if "estate_id" in blank else {}
    rows = {row.id: {**(met.get(row.row or 0) or blank | fixed), **_known_by_now(row.line)} for row in staged}
    lines = {row["id"]: line_id for line_id, row in rows.items() if row["id"] is not None}
    pairs = {row_id: (met[row_id], rows[line_id]) for row_id, line_id in lines.items()}
    kept = promises.broken(session, model, pairs)
    found = {lines[row_id]: fault for row_id, faults in kept.items() for fault in faults.values()}
    new = promises.reaching_back(session, model, ((key, row) for key, row in rows.items() if row["id"] is None))
    found |= {line_id: fault for line_id, faults in new.items() for fault in faults.values()}
    removed = Fault(N_("A record that this line names was removed meanwhile: load the file again"))
    return found | {line_id: removed for line_id, _ in strangers(session, model, list(rows.items()), met)}


def _known_by_now(line: Line) -> dict[str, Any]:
    """The line's values without the building that is yet to be made for it."""
    unknown = {"building_id"} if line.missing_building is not None else set()
    return {name: value for name, value in line.values.items() if name not in unknown}


def _now_there(session: Session, model: type[Base], estate_id: int | None, staged: Sequence[Staged]) -> list[int]:
    new = [row for row in staged if row.row is None]
    if model is Owner and estate_id is not None:
        owners = Owners(session, estate_id, [row.line for row in new])
        return [row.id for row in new if owners.meant_by(row.line)]
    existing = keyed_rows.rows_by_key(session, model, estate_id, [row.line for row in new])
    names = entity(model).key
    return [row.id for row in new if tuple(row.line.values.get(name) for name in names) in existing]


def _without_partner(session: Session, estate_id: int | None, staged: Sequence[Staged]) -> list[int]:
    numbers = {row.line.link.owner for row in staged if row.line.link is not None} - {None}
    codes = {row.line.unit.code for row in staged if row.line.unit is not None and not row.line.unit.is_new}
    here = {row["number"] for row in rows_with(session, Owner, "number", numbers, Owner.estate_id == estate_id)}
    here |= {row["code"] for row in rows_with(session, Unit, "code", codes, Unit.estate_id == estate_id)}
    return [row.id for row in staged if _partner(row.line) is not None and _partner(row.line) not in here]


def _partner(line: Line) -> str | None:
    if line.link is not None and line.link.owner is not None:
        return line.link.owner
    return line.unit.code if line.unit is not None and not line.unit.is_new else None
