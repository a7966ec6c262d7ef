"""Lines of a unit file against the units of the estate, their buildings and the owners they name."""

from sqlalchemy.orm import Session

from importers.lines import Line
from importers.lookup import rows_with
from importers.mapping import Mapping
from importers.owner_rows import current_links, no_owner, repeated, wish
from importers.places import BUILDING, ROOM, Place, Register, missing_building
from models.base import N_
from models.faults import Fault
from models.owner import Owner

TO_BE_MADE = 0  # stands for the id of a building that commit creates
JUDGED_HERE = {"building_id": TO_BE_MADE, "code": "?"}  # so that nothing is said of them a second time


def match(lines: list[Line], places: dict[int, Place], register: Register, mapping: Mapping) -> None:
    """Give each line its code and the unit that has it. A code seen earlier in the file is refused."""
    first: dict[str, int] = {}
    for line in lines:
        place = places.get(line.line)
        if place is None:
            continue
        line.values["code"] = place.code
        line.match = register.units.get(place.code)
        if place.code in first:
            line.refuse(mapping.heading(ROOM), place.code, repeated(first[place.code]))
        first.setdefault(place.code, line.line)


def place(
    lines: list[Line], places: dict[int, Place], register: Register, mapping: Mapping, *, create_missing: bool
) -> None:
    """Give each line its building; one that is missing is a fault unless it may be created."""
    for line in lines:
        spelt = places.get(line.line)
        if spelt is None:
            if not line.has_fault(mapping.heading(ROOM)):
                line.refuse(mapping.heading(ROOM), "", Fault(N_("A value is needed here")))
            continue
        is_new = line.match is None
        building = spelt.building_code if is_new else spelt.building
        entrance = spelt.entrance_code if is_new else spelt.entrance
        if entrance is not None:
            line.values["entrance"] = entrance
        if building in register.buildings:
            line.values["building_id"] = register.buildings[building]
        elif building is None and is_new:
            line.refuse(mapping.heading(BUILDING), "", Fault(N_("A value is needed here")))
        elif building is not None and create_missing:
            line.missing_building = building
            line.values["building_id"] = TO_BE_MADE
        elif building is not None:
            line.refuse(mapping.heading(BUILDING), building, missing_building(building))


def link(session: Session, estate_id: int, lines: list[Line], mapping: Mapping) -> None:
    """Wish an ownership for each line that names an owner; an owner who does not exist is a fault."""
    numbers = {line.values["owner.number"] for line in lines if "owner.number" in line.values}
    owners = {row["number"]: row for row in rows_with(session, Owner, "number", numbers, Owner.estate_id == estate_id)}
    current = current_links(session, {line.match["id"] for line in lines if line.match is not None})
    for line in lines:
        number, role = line.values.pop("owner.number", None), line.values.pop("ownership.role", None)
        if number is None:
            continue
        if number not in owners:
            line.refuse(mapping.heading("owner.number"), number, no_owner(number))
            continue
        existing = current.get((line.match["id"] if line.match else None, owners[number]["id"]))
        line.link = wish(line.values.get("code", ""), role, existing, number)
