"""What a file would do to the rows that are there: new, changed, unchanged or refused, line by line."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from importers import keyed_rows, owner_rows, places, relations, unit_rows
from importers.comparing import compare
from importers.lines import Line
from importers.mapping import Mapping
from models.base import Base
from models.owner import Owner
from models.unit import Unit


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes: the entity, the estate if it has one, and whether buildings and units may be made."""

    model: type[Base]
    estate_id: int | None
    create_missing: bool = False


def diff(session: Session, lines: list[Line], mapping: Mapping, target: Target) -> None:
    """Note on each line what it would do, with every fault that only the database can show. Writes nothing."""
    relations.resolve(session, target.estate_id, lines, mapping)
    if target.model is Owner:
        _diff_owners(session, lines, mapping, target)
    elif target.model is Unit:
        _diff_units(session, lines, mapping, target)
    else:
        keyed_rows.match(session, target.model, target.estate_id, lines, mapping)
        compare(target.model, lines, mapping, {"estate_id": target.estate_id})


def _diff_owners(session: Session, lines: list[Line], mapping: Mapping, target: Target) -> None:
    estate_id = target.estate_id or 0
    spelt = places.take_places(session, estate_id, lines, mapping)
    codes = {code for place in spelt.values() for code in (place.code, place.room)}
    register = places.load_register(session, estate_id, codes)
    spelt = places.settle(spelt, register)
    places.wish_units(lines, spelt, register, mapping, create_missing=target.create_missing)
    owner_rows.match(owner_rows.Owners(session, estate_id, lines), lines, mapping)
    unit_ids = {code: row["id"] for code, row in register.units.items()}
    owner_rows.link(session, lines, unit_ids)
    owner_rows.refuse_nameless(lines, mapping)
    to_come = owner_rows.TO_COME
    compare(Owner, lines, mapping, {"estate_id": estate_id, "number": to_come, "name": to_come})


def _diff_units(session: Session, lines: list[Line], mapping: Mapping, target: Target) -> None:
    estate_id = target.estate_id or 0
    spelt = places.take_places(session, estate_id, lines, mapping)
    codes = {code for place in spelt.values() for code in (place.code, place.room)}
    register = places.load_register(session, estate_id, codes)
    spelt = places.settle(spelt, register)
    unit_rows.match(lines, spelt, register, mapping)
    unit_rows.place(lines, spelt, register, mapping, create_missing=target.create_missing)
    unit_rows.link(session, estate_id, lines, mapping)
    compare(Unit, lines, mapping, {"estate_id": estate_id, **unit_rows.JUDGED_HERE})
