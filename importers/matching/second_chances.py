"""Records that a new line may mean although its key is another: offered, and taken only where somebody says so."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.lines import Line
from importers.mapping import headings
from importers.matching.lookup import rows_with, tuples_with, within
from importers.matching.owner_rows import has_another_phone
from importers.matching.places import ROOM, Place, Register
from importers.settings import Settings
from models.base import N_, Base
from models.faults import Fault
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit

SAME_ID_NUMBER = "id_number"
SAME_UNIT_AND_NAME = "unit_and_name"
SAME_NAME_AND_PHONE = "name_and_phone"
OTHER_SPELLING = "spelling"

WARNINGS = {
    SAME_ID_NUMBER: N_("There is an owner with this ID number: without your word this line adds another one"),
    SAME_UNIT_AND_NAME: N_("The unit has an owner of this name: without your word this line adds another one"),
    SAME_NAME_AND_PHONE: N_("There is an owner of this name and phone: without your word this line adds another one"),
    OTHER_SPELLING: N_("The building has this room under another code: without your word this line adds another one"),
}
SPELT_OTHERWISE = N_("The building has this room as %(codes)s: write it so if this unit is meant")
MOST_OFFERED = 5  # records to one line: whoever has to choose among more needs the number

Offers = Iterator[tuple[Line, str, int]]  # what the line is offered, why, and the id of the record


def settle(
    session: Session,
    model: type[Base],
    lines: Iterable[Line],
    offers: Offers,
    settings: Settings,
    mapping: headings.Mapping,
) -> None:
    """Note on each line what is offered, or give it the record that somebody accepted for it."""
    by_line: dict[int, dict[int, str]] = defaultdict(dict)
    for line, why, row_id in offers:
        by_line[line.line].setdefault(row_id, why)
    taken: dict[int, list[Line]] = defaultdict(list)
    for line in lines if by_line else ():
        offered = by_line.get(line.line)
        if not offered:
            continue
        accepted = _taken(line, offered, settings)
        if accepted is not None:
            taken[accepted].append(line)
        else:
            line.offers = [{"row": row_id, "why": why} for row_id, why in list(offered.items())[:MOST_OFFERED]]
            first = line.offers[0]["why"]
            line.warn(*_shown(line, first, mapping), Fault(WARNINGS[first]))
    for row in rows_with(session, model, "id", taken.keys()):
        for line in taken[row["id"]]:
            line.match = row


def withdraw(lines: Iterable[Line]) -> None:
    """Take back what was said of offers on lines that turned out to be about the record of an earlier one."""
    for line in lines:
        if line.warnings and (line.same_as is not None or line.match is not None):
            line.warnings = [said for said in line.warnings if said.fault.message not in WARNINGS.values()]


def _shown(line: Line, why: str, mapping: headings.Mapping) -> tuple[str, str]:
    """Heading and value of the cell that made the offer."""
    name = {SAME_ID_NUMBER: "id_number", OTHER_SPELLING: "code"}.get(why, "name")
    return mapping.heading("unit.code" if name == "code" else name), str(line.values.get(name, ""))


def _taken(line: Line, offered: Mapping[int, str], settings: Settings) -> int | None:
    """The record accepted for this line; or the only one of a kind that was accepted for all lines."""
    accepted = settings.accepted.get(line.line)
    if accepted is not None:
        return accepted if accepted in offered else None
    for wanted in settings.accept_all:
        rows = [row_id for row_id, why in offered.items() if why == wanted]
        if len(rows) == 1:
            return rows[0]
    return None


def owners(session: Session, estate_id: int, lines: list[Line], units: Mapping[str, tuple[int, int]]) -> Offers:
    """Owners whom new lines may mean: of the same ID number; of the same unit and name; of the same name and phone."""
    columns = Owner.__table__.columns
    by_id_number = _by(lines, "id_number")
    wanted = (columns["id_number"], columns["id"])
    here = within(columns["id_number"], estate_id)
    for id_number, row_id in tuples_with(session, wanted, columns["id_number"], by_id_number.keys(), here):
        for line in by_id_number[id_number]:
            yield line, SAME_ID_NUMBER, row_id
    yield from _in_the_same_unit(session, lines, units)
    by_phone = _by(lines, "phone")
    known = (columns["phone"], columns["id"], columns["name"])
    here = within(columns["phone"], estate_id)
    for phone, row_id, name in tuples_with(session, known, columns["phone"], by_phone.keys(), here):
        for line in by_phone[phone]:
            if line.values.get("name") == name:
                yield line, SAME_NAME_AND_PHONE, row_id


def _by(lines: Iterable[Line], name: str) -> dict[Any, list[Line]]:
    found: dict[Any, list[Line]] = {}
    for line in lines:
        value = line.values.get(name)
        if value is not None:
            found.setdefault(value, []).append(line)
    return found


def _in_the_same_unit(session: Session, lines: list[Line], units: Mapping[str, tuple[int, int]]) -> Offers:
    by_home: dict[tuple[int, str], list[Line]] = {}
    for line in lines:
        name = line.values.get("name")
        if name is not None and line.unit is not None and (unit := units.get(line.unit.code)) is not None:
            by_home.setdefault((unit[0], name), []).append(line)
    living, people = Ownership.__table__.columns, Owner.__table__.columns
    names = ("id", "name", "phone", "other_phone")
    wanted = (living["unit_id"], *(people[name] for name in names))
    going_on = (living["owner_id"] == people["id"], living["until_on"].is_(None))
    unit_ids = {unit_id for unit_id, _ in by_home}
    found = tuples_with(session, wanted, living["unit_id"], unit_ids, *going_on, order=people["id"])
    for unit_id, row_id, name, *phones in found:
        for line in by_home.get((unit_id, name), ()):
            known = dict(zip(names, (row_id, name, *phones), strict=True))
            if "number" in line.values or has_another_phone(line, known):
                yield line, SAME_UNIT_AND_NAME, known["id"]


class Known(NamedTuple):
    """A unit as it may be spelt otherwise: `entrance` is None where none is known."""

    id: int
    building_id: int
    code: str
    entrance: str | None


class Spellings:
    """The units of the buildings that lines name, by what their rooms have in common however they are spelt."""

    def __init__(self, session: Session, register: Register) -> None:
        self.session, self.register = session, register
        self.known: dict[int, dict[str, list[Known]]] = {}

    def units(self, lines: Iterable[Line], places: Mapping[int, Place]) -> Offers:
        """Units of the same building and room, spelt in another way."""
        for line in lines:
            if line.line in places:
                for unit in self.alike(places[line.line]):
                    yield line, OTHER_SPELLING, unit.id

    def alike(self, place: Place) -> list[Known]:
        """The units that have the place's building and room and, where both are known, its entrance."""
        building = self.register.buildings.get(place.building_code or "")
        if building is None:
            return []
        entrance = _bare(place.entrance_code)
        found = self._of(building).get(_room(place.code), ())
        return [unit for unit in found if None in {entrance, unit.entrance} or entrance == unit.entrance]

    def _of(self, building: int) -> dict[str, list[Known]]:
        if building not in self.known:
            rooms: dict[str, list[Known]] = defaultdict(list)
            statement = select(Unit.id, Unit.code, Unit.entrance).where(Unit.building_id == building)
            for row_id, code, entrance in self.session.execute(statement):
                written = entrance or Place(None, None, code).entrance_code
                rooms[_room(code)].append(Known(row_id, building, code, _bare(written)))
            self.known[building] = rooms
        return self.known[building]


def respell(
    lines: Iterable[Line],
    places: dict[int, Place],
    units: dict[str, tuple[int, int]],
    spellings: Spellings,
    settings: Settings,
    mapping: headings.Mapping,
) -> None:
    """Say where an owner's unit, new as it is spelt, is there under another code; take that one if it was accepted."""
    for line in lines:
        place = places.get(line.line)
        alike = spellings.alike(place) if place is not None and place.code not in units else []
        if len(alike) == 1 and OTHER_SPELLING in settings.accept_all:
            (unit,) = alike
            places[line.line] = Place(None, None, unit.code)
            units[unit.code] = (unit.id, unit.building_id)
        elif alike and place is not None:
            codes = ", ".join(unit.code for unit in alike[:MOST_OFFERED])
            line.warn(mapping.heading(ROOM), place.code, Fault(SPELT_OTHERWISE, codes=codes))


def _room(code: str) -> str:
    """The last part of a unit's code without leading zeros."""
    return _bare(code.rpartition("-")[2]) or ""


def _bare(text: str | None) -> str | None:
    return text.lstrip("0").casefold() if text is not None else None
