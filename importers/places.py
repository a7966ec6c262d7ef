"""The building, entrance and room of a line: the unit's code out of them, and what of it is there already."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.lines import Line, UnitWish
from importers.lookup import RowMapping, rows_with
from importers.mapping import Mapping
from models.base import N_
from models.building import Building
from models.faults import Fault
from models.unit import Unit

_SPOKEN = re.compile(r"([\w-]+?)(?:号楼|栋|幢|座|单元|室)")
BUILDING, ENTRANCE, ROOM = "unit.building_id", "unit.entrance", "unit.code"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as a line spells it: in parts, or whole in its room such as 3-2-1501."""

    building: str | None
    entrance: str | None
    room: str
    is_known_so: bool = False  # there is a unit of that building whose code is just the room

    @property
    def is_whole(self) -> bool:
        return self.is_known_so or "-" in self.room

    @property
    def code(self) -> str:
        if self.is_whole:
            return self.room
        return "-".join(part for part in (self.building, self.building and self.entrance, self.room) if part)

    @property
    def building_code(self) -> str | None:
        """The building as given, or else the first part of a whole code."""
        return self.building or (self.room.split("-")[0] if "-" in self.room else None)

    @property
    def entrance_code(self) -> str | None:
        """The entrance as given, or else the middle part of a whole code of three."""
        parts = self.room.split("-")
        return self.entrance or (parts[1] if len(parts) == 3 else None)


@dataclass(frozen=True, slots=True)
class Register:
    """The buildings of an estate and those of its units that a file names."""

    buildings: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    units: dict[str, RowMapping] = field(default_factory=dict)


def take_places(session: Session, estate_id: int, lines: list[Line], mapping: Mapping) -> dict[int, Place]:
    """The place each line names, by line number; taken out of its values. Half a place is a fault."""
    register = load_buildings(session, estate_id)
    places = {}
    for line in lines:
        building, entrance, room = (line.values.pop(name, None) for name in (BUILDING, ENTRANCE, ROOM))
        if room is not None:
            places[line.line] = Place(_building(building, register), bare(entrance), bare(room) or room)
        elif (building or entrance) and mapping.has(ROOM):
            line.refuse(mapping.heading(ROOM), "", Fault(N_("The room is missing beside the building")))
    return places


def bare(text: str | None) -> str | None:
    """A code without the word that people write after it, such as 3 out of 3号楼."""
    spoken = _SPOKEN.fullmatch(text or "")
    return spoken[1] if spoken else text


def _building(text: str | None, register: Register) -> str | None:
    """The building's code, out of its code, its name, or its code with a word after it."""
    return register.names[text] if text in register.names else text if text in register.buildings else bare(text)


def load_buildings(session: Session, estate_id: int) -> Register:
    """All buildings of the estate by code, and their codes by name."""
    statement = select(Building.code, Building.id, Building.name).where(Building.estate_id == estate_id)
    rows = session.execute(statement).all()
    codes = {code: row_id for code, row_id, _ in rows}
    return Register(codes, {name: code for code, _, name in rows if name and name not in codes})


def load_register(session: Session, estate_id: int, codes: Iterable[str]) -> Register:
    """The buildings of the estate and the units with these codes."""
    register = load_buildings(session, estate_id)
    found = rows_with(session, Unit, "code", set(codes), Unit.estate_id == estate_id)
    register.units.update({row["code"]: row for row in found})
    return register


def settle(places: dict[int, Place], register: Register) -> dict[int, Place]:
    """The places, those taken by their room alone whose unit the register has under the room alone."""
    return {number: replace(place, is_known_so=_is_known_so(place, register)) for number, place in places.items()}


def _is_known_so(place: Place, register: Register) -> bool:
    unit = register.units.get(place.room)
    own_building = unit is not None and unit["building_id"] == register.buildings.get(place.building or "")
    return own_building and place.code not in register.units


def wish_units(
    lines: list[Line], places: dict[int, Place], register: Register, mapping: Mapping, *, create_missing: bool
) -> None:
    """Give each owner's line the unit it names; one that is missing is a fault unless it may be created."""
    for line in lines:
        floor, area = line.values.pop("unit.floor", None), line.values.pop("unit.area", None)
        place = places.get(line.line)
        if place is None:
            continue
        if place.code in register.units:
            line.unit = UnitWish(place.code, "", is_new=False)
        elif (fault := _obstacle(place, create_missing)) is not None:
            line.refuse(mapping.heading(ROOM), place.code, fault)
        else:
            line.unit = _new_unit(place, floor, area)
            line.missing_building = line.unit.building if line.unit.building not in register.buildings else None


def _new_unit(place: Place, floor: Any, area: Any) -> UnitWish:
    assert place.building_code is not None
    return UnitWish(place.code, place.building_code, True, place.entrance_code, floor, area)


def _obstacle(place: Place, create_missing: bool) -> Fault | None:
    if not create_missing:
        return Fault(
            N_("Unit %(code)s does not exist: correct it, or have missing buildings and units created"),
            code=place.code,
        )
    if place.building_code is None:
        return Fault(N_("Unit %(code)s does not exist, and no building is given to create it in"), code=place.code)
    return None


def missing_building(code: str) -> Fault:
    """The sentence for a building that is not there and may not be created."""
    return Fault(
        N_("Building %(code)s does not exist: correct it, or have missing buildings and units created"),
        code=code,
    )
