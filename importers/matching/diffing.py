"""What a file would do to the rows that are there, block by block: new, changed, unchanged, conflict or refused."""

from collections.abc import Callable, Collection, Hashable
from collections.abc import Mapping as Values
from dataclasses import dataclass

from sqlalchemy.orm import Session

from importers.checking.repairs import DROP_REPEATED, KEEP_FIRST, KEEP_LAST, ONE_OWNER, SKIP_LINES, LineRepairs
from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.matching import keyed_rows, owner_rows, places, relations, second_chances, unit_rows
from importers.matching.comparing import Comparer
from importers.matching.lookup import RowMapping, rows_with
from importers.matching.namesakes import Namesakes, Persons
from importers.matching.places import Missing, Register
from importers.matching.repeats import REPEATED, Repeats, Stated
from importers.matching.returned import Returned
from importers.settings import Settings
from models.base import Base
from models.owner import Owner
from models.unit import Unit

NO_DECISIONS = Settings()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes: the entity, the estate if it has one, and whether buildings and units may be made."""

    model: type[Base]
    estate_id: int | None
    create_missing: bool = False


def keep_of(settings: Settings) -> str | None:
    """Which of lines that contradict each other counts, if somebody said so."""
    kinds = [repair.kind for repair in settings.repairs if repair.kind in {KEEP_FIRST, KEEP_LAST}]
    return kinds[-1] if kinds else None


def drops(settings: Settings, message: str) -> bool:
    """Whether lines with that fault are left out."""
    return any(repair.kind == SKIP_LINES and repair.options.get("message") == message for repair in settings.repairs)


def drops_repeated(settings: Settings) -> bool:
    """Whether lines that say nothing new are left out."""
    return any(repair.kind == DROP_REPEATED for repair in settings.repairs) or drops(settings, REPEATED)


def nothing_before(numbers: Collection[int]) -> Values[int, Stated]:
    """For a file that is one block: no line was staged before."""
    return {}


class Differ:
    """Compares the blocks of one file, in order. Writes nothing.

    `stated` tells what lines of earlier blocks said. `repeats` knows afterwards which lines are about the same
    record, `missing` which buildings and units the estate lacks.
    """

    def __init__(
        self,
        session: Session,
        mapping: Mapping,
        target: Target,
        settings: Settings = NO_DECISIONS,
        stated: Callable[[Collection[int]], Values[int, Stated]] = nothing_before,
    ) -> None:
        self.session, self.mapping, self.target, self.settings = session, mapping, target, settings
        self.repeats = Repeats(stated, self._rows, keep_of(settings), drops=drops_repeated(settings))
        are_one = any(repair.kind == ONE_OWNER for repair in settings.repairs)
        if target.model is not Owner:
            self.identity = keyed_rows.identity(target.model, mapping)
        else:
            self.identity = owner_rows.identity(mapping, *([Persons().named_by] if are_one else []))
        self.namesakes = Namesakes(mapping) if target.model is Owner and not are_one else None
        self.missing = Missing()
        self.line_repairs = LineRepairs(target.model, mapping, settings)
        self.create_missing = target.create_missing or settings.create_missing
        clearing = [name for name, deed in settings.blanks.items() if deed == "clear"]
        self.returned = Returned(target.model, mapping)
        self.comparer = Comparer(target.model, mapping, self._fixed(), clearing)
        self.register = Register.load(session, target.estate_id or 0)
        self.spellings = second_chances.Spellings(session, self.register)
        ways: dict[type[Base], Callable[[list[Line]], Values[int, Hashable]]]
        ways = {Owner: self._match_owners, Unit: self._match_units}
        self.match = ways.get(target.model, self._match_keyed)

    def _rows(self, ids: Collection[int]) -> Values[int, RowMapping]:
        return {row["id"]: row for row in rows_with(self.session, self.target.model, "id", ids)}

    def _fixed(self) -> dict[str, object]:
        """What every new row has without the file saying so."""
        fixed: dict[str, object] = {}
        if "estate_id" in self.target.model.__table__.columns:
            fixed["estate_id"] = self.target.estate_id
        if self.target.model is Owner:
            fixed |= {"number": owner_rows.TO_COME, "name": owner_rows.TO_COME}
        return fixed | (unit_rows.JUDGED_HERE if self.target.model is Unit else {})

    def diff(self, lines: list[Line]) -> list[Line]:
        """Note on each line what it would do, with every fault that only the database or the other lines can show.

        Returns the lines to stage: without those that a repair leaves out.
        """
        relations.resolve(self.session, self.target.estate_id, lines, self.mapping)
        partners = self.match(lines)
        self.returned.keep(lines)
        self.comparer.compare(lines)
        lines = self.line_repairs.apply(lines)
        nameless = owner_rows.nameless(lines) if self.target.model is Owner else []
        kept = self.repeats.judge(lines, self.identity, partners, {line.line for line in nameless})
        if nameless:
            owner_rows.refuse_nameless(nameless, self.mapping)
            kept = self.line_repairs.apply(kept)
        if self.repeats.groups:
            second_chances.withdraw(kept)
        if self.namesakes is not None:
            self.namesakes.tell(kept, self.repeats.groups)
        self.missing.note(kept)
        return kept

    def _match_owners(self, lines: list[Line]) -> Values[int, Hashable]:
        session, estate_id, register = self.session, self.target.estate_id or 0, self.register
        spelt = places.take_places(lines, register, self.mapping)
        units = register.units(places.codes_of(spelt))
        places.settle(spelt, register.buildings, {code: unit[1] for code, unit in units.items()})
        second_chances.respell(lines, spelt, units, self.spellings, self.settings, self.mapping)
        places.wish_units(lines, spelt, units, register, self.mapping, self.missing, create_missing=self.create_missing)
        owner_rows.match(owner_rows.Owners(session, estate_id, lines), lines)
        unmet = [line for line in lines if line.match is None and not line.faults]
        offers = second_chances.owners(session, estate_id, unmet, units)
        second_chances.settle(session, Owner, unmet, offers, self.settings, self.mapping)
        owner_rows.link(session, lines, {code: unit[0] for code, unit in units.items()})
        return {line.line: line.unit.code for line in lines if line.unit is not None}

    def _match_units(self, lines: list[Line]) -> Values[int, Hashable]:
        register = self.register
        spelt = places.take_places(lines, register, self.mapping)
        units = register.unit_rows(places.codes_of(spelt))
        places.settle(spelt, register.buildings, {code: row["building_id"] for code, row in units.items()})
        unit_rows.match(lines, spelt, units)
        unmet = [line for line in lines if line.match is None and not line.faults]
        offers = self.spellings.units(unmet, spelt)
        second_chances.settle(self.session, Unit, unmet, offers, self.settings, self.mapping)
        unit_rows.place(lines, spelt, register, self.mapping, self.missing, create_missing=self.create_missing)
        return unit_rows.link(self.session, self.target.estate_id or 0, lines, self.mapping)

    def _match_keyed(self, lines: list[Line]) -> Values[int, Hashable]:
        keyed_rows.match(self.session, self.target.model, self.target.estate_id, lines, self.mapping)
        return {}
