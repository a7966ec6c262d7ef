"""Lines of a unit file against the units of the estate, their buildings and the owners they name."""

from collections.abc import Mapping as Values

from sqlalchemy.orm import Session

from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.matching.lookup import RowMapping, tuples_with
from importers.matching.owner_rows import current_links, no_owner, wish
from importers.matching.places import BUILDING, ROOM, Missing, Place, Register, missing_building
from models.base import N_
from models.faults import Fault
from models.owner import Owner

TO_BE_MADE = 0  # stands for the id of a building that commit creates
JUDGED_HERE = {"building_id": TO_BE_MADE, "code": "?"}  # so that nothing is said of them a second time


def match(lines: list[Line], places: dict[int, Place], units: Values[str, RowMapping]) -> None:
    """Give each line its code and the unit that has it."""
    for line in lines:
        place = places.get(line.line)
        if place is not None:
            line.values["code"] = place.code
            line.match = units.get(place.code)


def place(
    lines: list[Line],
    places: dict[int, Place],
    register: Register,
    mapping: Mapping,
    missing: Missing,
    *,
    create_missing: bool,
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
            missing.buildings[building] += 1
            line.refuse(mapping.heading(BUILDING), building, missing_building(building))


def link(session: Session, estate_id: int, lines: list[Line], mapping: Mapping) -> dict[int, str]:
    """Wish an ownership for each line that names an owner; an owner who does not exist is a fault.

    Returns by line the number of the owner it names.
    """
    named = {line.line: line.values.pop("owner.number") for line in lines if "owner.number" in line.values}
    columns = Owner.__table__.columns
    wanted = (columns["number"], columns["id"])
    found = tuples_with(session, wanted, columns["number"], set(named.values()), Owner.estate_id == estate_id)
    owners: dict[str, int] = dict(map(tuple, found))
    current = current_links(session, {line.match["id"] for line in lines if line.match is not None}) if named else {}
    for line in lines:
        role = line.values.pop("ownership.role", None)
        number = named.get(line.line)
        if number is None:
            continue
        if number not in owners:
            line.refuse(mapping.heading("owner.number"), number, no_owner(number))
            continue
        existing = current.get((line.match["id"] if line.match else None, owners[number]))
        line.link = wish(line.values.get("code", ""), role, existing, number)
    return named
