"""The building, entrance and room of a line: the unit's code out of them, and what of it is there already."""

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Values
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.lines import Line, UnitWish
from importers.mapping.headings import Mapping
from importers.matching.lookup import RowMapping, rows_with, tuples_with
from models.base import N_
from models.building import Building
from models.faults import Fault
from models.unit import Unit

_SPOKEN = re.compile(r"([\w-]+?)(?:号楼|栋|幢|座|单元|室|号房|房)")
_ADDRESS = re.compile(r"(\w+?)(?:号楼|#楼?|栋|幢|座)-?(?:(\w+?)单元-?)?(\w+?)(?:室|号房|房|号)?")
BUILDING, ENTRANCE, ROOM = "unit.building_id", "unit.entrance", "unit.code"


@dataclass(slots=True)
class Place:
    """A unit as a line spells it: in parts, or whole in its room such as 3-2-1501; its `code` out of these."""

    building: str | None
    entrance: str | None
    room: str
    code: str = field(init=False)

    def __post_init__(self) -> None:
        if "-" in self.room or not self.building:
            self.code = self.room
        elif self.entrance:
            self.code = f"{self.building}-{self.entrance}-{self.room}"
        else:
            self.code = f"{self.building}-{self.room}"

    @property
    def building_code(self) -> str | None:
        """The building as given, or else the first part of a whole code."""
        return self.building or (self.room.split("-")[0] if "-" in self.room else None)

    @property
    def entrance_code(self) -> str | None:
        """The entrance as given, or else the middle part of a whole code of three."""
        parts = self.room.split("-")
        return self.entrance or (parts[1] if len(parts) == 3 else None)


@lru_cache(maxsize=10_000)
def bare(text: str | None) -> str | None:
    """A code without the word that people write after it, such as 3 out of 3号楼."""
    spoken = _SPOKEN.fullmatch(text or "")
    return spoken[1] if spoken else text


@lru_cache(maxsize=10_000)
def room_code(text: str) -> str:
    """A room without the word after it; an address such as 3号楼2单元1501室 as the whole code 3-2-1501."""
    if text.isascii() and "#" not in text:
        return text
    address = _ADDRESS.fullmatch(text)
    return "-".join(filter(None, address.groups())) if address else bare(text) or text


@dataclass(frozen=True, slots=True)
class Register:
    """The buildings of an estate, loaded once for a file, and their codes by name."""

    session: Session
    estate_id: int
    buildings: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session, estate_id: int) -> "Register":
        """The register of the estate."""
        statement = select(Building.code, Building.id, Building.name).where(Building.estate_id == estate_id)
        rows = session.execute(statement).all()
        codes = {code: row_id for code, row_id, _ in rows}
        names = {name: code for code, _, name in rows if name and name not in codes}
        return cls(session, estate_id, codes, names)

    def units(self, codes: Iterable[str]) -> dict[str, tuple[int, int]]:
        """The units with these codes: id and building by code."""
        columns = Unit.__table__.columns
        wanted = (columns["code"], columns["id"], columns["building_id"])
        here = Unit.estate_id == self.estate_id
        found = tuples_with(self.session, wanted, columns["code"], set(codes), here)
        return {code: (row_id, building_id) for code, row_id, building_id in found}

    def unit_rows(self, codes: Iterable[str]) -> dict[str, RowMapping]:
        """The whole rows of the units with these codes, by code."""
        found = rows_with(self.session, Unit, "code", set(codes), Unit.estate_id == self.estate_id)
        return {row["code"]: row for row in found}

    def building_code(self, text: str | None) -> str | None:
        """The building's code, out of its code, its name, or its code with a word after it."""
        return self.names[text] if text in self.names else text if text in self.buildings else bare(text)


def take_places(lines: list[Line], register: Register, mapping: Mapping) -> dict[int, Place]:
    """The place each line names, by line number; taken out of its values. Half a place is a fault."""
    places: dict[int, Place] = {}
    has_room = mapping.has(ROOM)
    for line in lines:
        values = line.values
        building, entrance, room = values.pop(BUILDING, None), values.pop(ENTRANCE, None), values.pop(ROOM, None)
        if room is not None:
            places[line.line] = Place(register.building_code(building), bare(entrance), room_code(room))
        elif (building or entrance) and has_room:
            line.refuse(mapping.heading(ROOM), "", Fault(N_("The room is missing beside the building")))
    return places


def codes_of(places: dict[int, Place]) -> set[str]:
    """Every code under which the register may have one of the places."""
    return {place.code for place in places.values()} | {place.room for place in places.values()}


def settle(places: dict[int, Place], buildings: Values[str, int], building_of: Values[str, int]) -> None:
    """Take a place by its room alone where there is a unit of its building under the room alone.

    `building_of` has the id of the building by the code of each unit that is there.
    """
    for place in places.values():
        room = place.room
        is_there = room in building_of and building_of[room] == buildings.get(place.building or "")
        if is_there and place.code not in building_of:
            place.code = room


@dataclass(slots=True)
class Missing:
    """Buildings and units that a file names and the estate lacks, by code in the order met: how many lines name it."""

    buildings: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)

    def note(self, lines: Iterable[Line]) -> None:
        """Count what the good lines would have made."""
        for line in lines:
            if line.faults:
                continue
            if line.missing_building is not None:
                self.buildings[line.missing_building] += 1
            if line.unit is not None and line.unit.is_new:
                self.units[line.unit.code] += 1

    def forget(self, building: str | None, unit: str | None) -> None:
        """Count no more what a line would have made that turned out not to be good."""
        for known, code in ((self.buildings, building), (self.units, unit)):
            if code is not None:
                known[code] -= 1
                if known[code] <= 0:
                    del known[code]


def wish_units(
    lines: list[Line],
    places: dict[int, Place],
    units: Values[str, Any],
    register: Register,
    mapping: Mapping,
    missing: Missing,
    *,
    create_missing: bool,
) -> None:
    """Give each owner's line the unit it names; one that is missing is a fault unless it may be created."""
    for line in lines:
        floor, area = line.values.pop("unit.floor", None), line.values.pop("unit.area", None)
        place = places.get(line.line)
        if place is None:
            continue
        code = place.code
        if code in units:
            line.unit = UnitWish(code, "", is_new=False)
        elif (fault := obstacle(place, create_missing)) is not None:
            _miss(missing, place, register)
            line.refuse(mapping.heading(ROOM), code, fault)
        else:
            line.unit = _new_unit(place, floor, area)
            line.missing_building = line.unit.building if line.unit.building not in register.buildings else None


def _miss(missing: Missing, place: Place, register: Register) -> None:
    if place.building_code is not None:
        missing.units[place.code] += 1
        if place.building_code not in register.buildings:
            missing.buildings[place.building_code] += 1


def _new_unit(place: Place, floor: Any, area: Any) -> UnitWish:
    assert place.building_code is not None
    return UnitWish(place.code, place.building_code, True, place.entrance_code, floor, area)


def obstacle(place: Place, create_missing: bool) -> Fault | None:
    """Why a unit that is not there is not made, or None."""
    if place.building_code is None:
        return Fault(N_("Unit %(code)s does not exist, and no building is given to create it in"), code=place.code)
    if not create_missing:
        return Fault(
            N_("Unit %(code)s does not exist: correct it, or have missing buildings and units created"),
            code=place.code,
        )
    return None


def missing_building(code: str) -> Fault:
    """The sentence for a building that is not there and may not be created."""
    return Fault(
        N_("Building %(code)s does not exist: correct it, or have missing buildings and units created"),
        code=code,
    )
