"""What happened between preview and commit: lines that no longer meet what they met are not loaded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers import keyed_rows
from importers.lines import Line
from importers.lookup import CHUNK, rows_with
from importers.owner_rows import Owners
from models.base import N_, Base, entity
from models.faults import Fault
from models.owner import Owner
from models.unit import Unit


@dataclass(frozen=True, slots=True)
class Staged:
    """A line that would change something, as it was staged: `row` and `version` are of the row it met."""

    id: int
    line: Line
    row: int | None
    version: int | None


def stale(session: Session, model: type[Base], estate_id: int | None, staged: Sequence[Staged]) -> dict[int, Fault]:
    """A sentence for each staged line, by its id, that must not be loaded any more."""
    found: dict[int, Fault] = {}
    versions = _versions(session, model, {row.row for row in staged if row.row is not None})
    edited = Fault(N_("The record was edited meanwhile: load the file again"))
    found |= {row.id: edited for row in staged if row.row is not None and versions.get(row.row) != row.version}
    added = Fault(N_("The record was added meanwhile: load the file again"))
    found |= dict.fromkeys(_now_there(session, model, estate_id, staged), added)
    gone = Fault(N_("The unit or owner of this line was removed meanwhile: load the file again"))
    found |= dict.fromkeys(_without_partner(session, estate_id, staged), gone)
    return found


def _versions(session: Session, model: type[Base], ids: Iterable[int]) -> dict[int, int]:
    table = model.__table__
    wanted = sorted(ids)
    found: dict[int, int] = {}
    for start in range(0, len(wanted), CHUNK):
        chosen = table.columns["id"].in_(wanted[start : start + CHUNK])
        statement = select(table.columns["id"], table.columns["version"]).where(chosen).with_for_update()
        found |= dict(session.execute(statement).all())
    return found


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
