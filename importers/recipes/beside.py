"""What a recipe makes beside the lines of a file: buildings with their floors, units that nobody owns yet."""

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from importers.matching.lookup import rows_with
from importers.matching.places import Place, bare
from importers.reading.blocks import Block
from importers.recipes.joining import Rows
from importers.recipes.recipe import Recipe
from models.base import Base
from models.building import Building
from models.faults import Fault
from models.fields import parse
from models.import_batch import ImportChunk
from models.unit import Unit
from operations.write import Change, Insert, Update

KIND = "beside"  # of the chunk that keeps it between preview and commit
Write = Callable[[Sequence[Change]], list[int]]

_FACTS = ("floor", "area", "occupancy")


@dataclass(slots=True)
class Wishes:
    """Buildings by code with their floors; units by code with what is known of them, as texts.

    `occupancies` are of units that the lines themselves may make, by code.
    """

    buildings: dict[str, int | None] = field(default_factory=dict)
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    occupancies: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.buildings or self.units or self.occupancies)


class Beside:
    """Gathers the wishes while the rows of the base sheet go by."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.wishes = recipe, Wishes()

    def begin(self, header: Sequence[str], buildings: Rows | None) -> None:
        """The columns of the base sheet, and the sheet of the buildings if it is another."""
        self._places = {heading: index for index, heading in reversed(list(enumerate(header)))}
        if buildings is not None:
            places = {heading: index for index, heading in reversed(list(enumerate(buildings.header)))}
            for row in buildings.rows:
                self._tell(row, places)

    def _tell(self, row: Sequence[str], places: Mapping[str, int]) -> None:
        """Note the building that a row tells of."""
        told = self.recipe.buildings
        if told is None or not (code := _value(Building, "code", bare(_at(row, places, told.code)) or "")):
            return
        floors = _value(Building, "floors", _at(row, places, told.floors)) if told.floors else None
        is_sound = floors is not None and not Building.faults({"floors": floors})
        self.wishes.buildings[code] = floors if is_sound else self.wishes.buildings.get(code)

    def taken_out(self, block: Block) -> Block:
        """The block without the rows that are no owner's own: what they say is wished for beside."""
        told, faulty = self.recipe.buildings, {problem.line for problem in block.problems}
        if told is not None and told.sheet == self.recipe.base:
            for row in block.rows:
                self._tell(row, self._places)
        if not self.recipe.empty_units:
            return block
        kept = [
            (line, row)
            for line, row in zip(block.lines, block.rows, strict=True)
            if line in faulty or not self._takes(row)
        ]
        return replace(block, lines=[line for line, _ in kept], rows=[row for _, row in kept])

    def _takes(self, row: Sequence[str]) -> bool:
        """Whether the row goes beside: a unit of which nobody is the owner yet."""
        unit = self._unit(row)
        if unit is None:
            return False
        if any(_at(row, self._places, column) for column in self.recipe.owner_columns):
            if "occupancy" in unit:
                self.wishes.occupancies.setdefault(unit["code"], unit["occupancy"])
            return False
        self.wishes.units.setdefault(unit["code"], unit)
        return True

    def _unit(self, row: Sequence[str]) -> dict[str, Any] | None:
        """The unit that the row tells of, None where it does not say enough or says it wrongly."""
        building, entrance, room = (self._text(row, f"unit.{name}") for name in ("building_id", "entrance", "code"))
        place = Place(bare(building) or None, bare(entrance) or None, bare(room) or room)
        try:
            code = parse(Unit.__table__.columns["code"].type, place.code).value
            facts = {name: self._fact(row, name) for name in _FACTS}
        except Fault:
            return None
        if not room or place.building_code is None:
            return None
        known = {name: value for name, value in facts.items() if value is not None}
        return {"code": code, "building": place.building_code, "entrance": place.entrance_code, **known}

    def _fact(self, row: Sequence[str], name: str) -> Any:
        text = self._text(row, f"unit.{name}")
        value = parse(Unit.__table__.columns[name].type, text).value
        if name == "area" and value is not None and value <= 0:
            return None
        return str(value) if isinstance(value, Decimal) else getattr(value, "value", value)

    def _text(self, row: Sequence[str], name: str) -> str:
        output = self.recipe.output(name)
        text = _at(row, self._places, output.columns[0]) if output is not None else ""
        return output.values.get(text, text) if output is not None else text


def _at(row: Sequence[str], places: Mapping[str, int], heading: str) -> str:
    return row[places[heading]].strip() if heading in places else ""


def _value(model: type[Base], column: str, text: str) -> Any:
    """The value of the text, None where it is blank or none."""
    try:
        return parse(model.__table__.columns[column].type, text).value
    except Fault:
        return None


def keep(session: Session, batch_id: int, wishes: Wishes) -> None:
    """Put the wishes aside with the run, in place of earlier ones. Inside a transaction."""
    chosen = (ImportChunk.batch_id == batch_id, ImportChunk.kind == KIND)
    session.execute(delete(ImportChunk).where(*chosen))
    if wishes:
        body = zlib.compress(json.dumps(asdict(wishes), ensure_ascii=False).encode())
        place = {"first_line": 0, "last_line": 0, "line_count": 0}
        session.execute(insert(ImportChunk), {"batch_id": batch_id, "kind": KIND, "body": body, **place})


def kept(session: Session, batch_id: int) -> Wishes:
    """The wishes that were put aside with the run; none for a run without a recipe."""
    chosen = (ImportChunk.batch_id == batch_id, ImportChunk.kind == KIND)
    body = session.scalar(select(ImportChunk.body).where(*chosen))
    return Wishes() if body is None else Wishes(**json.loads(zlib.decompress(body)))


def placing(session: Session, batch_id: int, estate_id: int | None) -> "Placing":
    """What is left to do of the wishes of the run."""
    return Placing(session, estate_id or 0, kept(session, batch_id))


class Missing(Protocol):
    """The codes of the buildings and units that the lines of a file name and the estate lacks."""

    @property
    def buildings(self) -> Collection[str]:
        """Those of buildings."""

    @property
    def units(self) -> Collection[str]:
        """Those of units."""


def with_beside(session: Session, estate_id: int | None, wishes: Wishes, missing: Missing) -> dict[str, int]:
    """How many buildings and units would be made in all, by the lines and beside them."""
    buildings, units = Placing(session, estate_id or 0, wishes).codes()
    return {"buildings": len({*missing.buildings, *buildings}), "units": len({*missing.units, *units})}


class Placing:
    """The wishes made real, as far as they are not there yet: `before` the lines of the file, and `after` them."""

    def __init__(self, session: Session, estate_id: int, wishes: Wishes) -> None:
        self.session, self.estate_id, self.wishes = session, estate_id, wishes
        self._buildings = self._found(Building, "code", {*wishes.buildings, *_buildings_of(wishes)})
        self._units = self._found(Unit, "code", {*wishes.units, *wishes.occupancies})

    def _found(self, model: type[Base], column: str, values: set[str]) -> dict[str, Mapping[str, Any]]:
        here = model.__table__.columns["estate_id"] == self.estate_id
        return {row[column]: row for row in rows_with(self.session, model, column, values, here)}

    def codes(self) -> tuple[set[str], set[str]]:
        """The codes of the buildings and of the units that would be made."""
        buildings = {*self.wishes.buildings, *_buildings_of(self.wishes)} - self._buildings.keys()
        return buildings, self.wishes.units.keys() - self._units.keys()

    def before(self, write: Write) -> dict[str, int]:
        """Make the buildings and units that are missing, fill in floors that are not known; how many were made."""
        codes, place, told = sorted(self.codes()[0]), {"estate_id": self.estate_id}, self.wishes.buildings
        made: list[Change] = [Insert(Building, {**place, "code": each, "floors": told.get(each)}) for each in codes]
        ids = _written(write, [*made, *self._floors()])
        known = {code: row["id"] for code, row in self._buildings.items()} | dict(zip(codes, ids, strict=False))
        units = [unit for code, unit in self.wishes.units.items() if code not in self._units]
        _written(write, [Insert(Unit, self._unit(unit, known[unit["building"]])) for unit in units])
        return {"buildings": len(codes), "units": len(units)}

    def after(self, write: Write) -> None:
        """Give units that the lines have made their occupancy."""
        made = self._found(Unit, "code", self.wishes.occupancies.keys() - self._units.keys())
        wanted = {code: _value(Unit, "occupancy", self.wishes.occupancies[code]) for code in made}
        moved = [code for code, row in made.items() if row["occupancy"] is not wanted[code]]
        _written(write, [Update(Unit, made[code]["id"], {"occupancy": wanted[code]}) for code in moved])

    def _floors(self) -> list[Change]:
        wanted = self.wishes.buildings
        unknown = {code: row for code, row in self._buildings.items() if row["floors"] is None and wanted.get(code)}
        return [Update(Building, row["id"], {"floors": wanted[code]}) for code, row in unknown.items()]

    def _unit(self, unit: Mapping[str, Any], building_id: int) -> dict[str, Any]:
        facts = {name: _value(Unit, name, str(unit[name])) for name in _FACTS if name in unit}
        place = {"estate_id": self.estate_id, "building_id": building_id, "entrance": unit["entrance"]}
        return {**place, "code": unit["code"], **facts}


def _buildings_of(wishes: Wishes) -> set[str]:
    return {unit["building"] for unit in wishes.units.values()}


def _written(write: Write, changes: Sequence[Change]) -> list[int]:
    return write(changes) if changes else []
