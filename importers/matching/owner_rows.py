"""Lines of an owner file against the owners of the estate: whom a line means, and what it would change."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.lines import Line, LinkWish
from importers.mapping.headings import Mapping
from importers.matching.lookup import RowMapping, rows_with, tuples_with, within
from importers.matching.repeats import REPEATED, Identity
from models.base import N_
from models.faults import Fault
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.unit import Unit
from operations.chunks import chunks

TO_COME = "?"  # stands for the number that commit gives to a new owner, and for a name judged here


Person = tuple[str, str | None, str | None]  # name, ID number, phone


class Owners:
    """The owners that the lines of a file could mean, by each thing they can be known by."""

    def __init__(self, session: Session, estate_id: int, lines: Iterable[Line]) -> None:
        self.session, self.estate_id = session, estate_id
        lines = list(lines)
        unnumbered = [line for line in lines if "number" not in line.values]
        self.by_number = {row["number"]: row for row in self._known("number", lines)}
        self.by_id_number = grouped((row["id_number"], row) for row in self._known("id_number", unnumbered))
        unmet = [line for line in unnumbered if len(self.by_id_number[line.values.get("id_number")]) != 1]
        self.by_unit = grouped(self._in_units({line.unit.code for line in unmet if line.unit}, estate_id))
        placeless = [line for line in unmet if line.unit is None]
        self.by_person = grouped((person, row) for row in self._known("name", placeless) for person in _persons(row))

    def _known(self, column: str, lines: Iterable[Line]) -> Iterator[RowMapping]:
        values = {line.values[column] for line in lines if column in line.values} - {None}
        here = within(Owner.__table__.columns[column], self.estate_id)
        return rows_with(self.session, Owner, column, values, here)

    def _in_units(self, codes: set[str], estate_id: int) -> Iterator[tuple[Any, RowMapping]]:
        for wanted in chunks(sorted(codes)):
            statement = (
                select(Unit.code.label("unit_code"), *Owner.__table__.columns)
                .join(Ownership, Ownership.owner_id == Owner.id)
                .join(Unit, Unit.id == Ownership.unit_id)
                .where(Unit.estate_id == estate_id, Unit.code.in_(wanted))
                .where(Ownership.until_on.is_(None))
            )
            for row in self.session.execute(statement).mappings():
                yield (row["unit_code"], row["name"]), dict(row)

    def meant_by(self, line: Line) -> list[RowMapping]:
        """The owners the line can mean: by number if it has one; else by an ID number that one owner has; else by
        unit and name, unless the phones differ; for a line without a unit, by name and ID number or phone, so that it
        meets itself again.
        """
        values = line.values
        if "number" in values:
            return [self.by_number[values["number"]]] if values["number"] in self.by_number else []
        same_id_number = self.by_id_number[values.get("id_number")]
        if len(same_id_number) == 1:
            return same_id_number
        if line.unit is not None:
            living = self.by_unit[line.unit.code, values.get("name")]
            return [row for row in living if not has_another_phone(line, row)]
        return self.by_person[_person(values)] if "name" in values else []


def has_another_phone(line: Line, row: RowMapping) -> bool:
    """Whether both have a phone and none of the line's is one of the record's."""
    said = {line.values.get("phone"), line.values.get("other_phone")} - {None}
    kept = {row["phone"], row["other_phone"]} - {None}
    return bool(said and kept) and not said & kept


def grouped(pairs: Iterable[tuple[Any, RowMapping]]) -> defaultdict[Any, list[RowMapping]]:
    """The rows by their keys."""
    found: defaultdict[Any, list[RowMapping]] = defaultdict(list)
    for key, row in pairs:
        found[key].append(row)
    return found


def _person(values: RowMapping) -> Person:
    id_number = values.get("id_number")
    return values.get("name", ""), id_number, None if id_number else values.get("phone")


def match(owners: Owners, lines: list[Line]) -> None:
    """Give each line the owner it means."""
    by_number = owners.by_number
    for line in lines:
        if "number" in line.values:
            line.match = by_number.get(line.values["number"])
            continue
        meant = owners.meant_by(line)
        if len(meant) > 1:
            sentence = N_("%(count)s owners fit this line: give the owner number")
            line.refuse("", line.values.get("name"), Fault(sentence, count=len(meant)))
        line.match = meant[0] if len(meant) == 1 else None


def keys(line: Line) -> Sequence[Hashable]:
    """Every key under which the owner that the line is about counts as seen, the surest first."""
    values = line.values
    number = values.get("number")
    if line.match is not None:
        return (line.match["id"],)
    if number is not None:
        return (number,)
    if "name" not in values:
        return ()
    unit = ("unit", line.unit.code, values["name"]) if line.unit is not None else ("person", _person(values))
    return (*_by_id_number(line), unit)


def _by_id_number(line: Line) -> Sequence[Hashable]:
    id_number = line.values.get("id_number")
    return (("id_number", line.values.get("name"), id_number),) if id_number is not None else ()


def identity(mapping: Mapping, also_by: Callable[[Line], Hashable | None] = lambda _: None) -> Identity:
    """How lines tell which owner they are about; `also_by` gives one more key of a line, the least sure, or None."""

    def shown(line: Line) -> tuple[str, Any]:
        name = next((name for name in ("number", "id_number", "name") if line.values.get(name) is not None), "name")
        return mapping.heading(name), line.values.get(name, "")

    def also(line: Line) -> Sequence[Hashable]:
        return (("also", more),) if (more := also_by(line)) is not None else ()

    def all_keys(line: Line) -> Sequence[Hashable]:
        return keys(line) if line.match is not None else (*keys(line), *also(line))

    def beside(line: Line) -> Sequence[Hashable]:
        return () if line.values.get("number") is not None else (*_by_id_number(line), *also(line))

    return Identity(all_keys, shown, beside)


def _persons(row: RowMapping) -> set[Person]:
    """What an owner without a unit in the file is known by: name with ID number, name with phone."""
    by_phone = {(row["name"], None, row["phone"])} if row["phone"] or not row["id_number"] else set()
    return by_phone | {_person(row)}


def wish(
    unit: str, role: OwnershipRole | None, existing: RowMapping | None, owner: str | None = None
) -> LinkWish | None:
    """The ownership to add, or to give another role if the file names one; None when all is as it says."""
    if existing is None:
        return LinkWish(unit, role or OwnershipRole.OWNER, owner)
    if role is None or role is existing["role"]:
        return None
    return LinkWish(unit, role, owner, existing["id"], existing["role"])


def link(session: Session, lines: list[Line], unit_ids: dict[str, int]) -> None:
    """Wish an ownership for each line whose owner does not have the unit yet, or has it in another role."""
    met = [line.unit.code for line in lines if line.unit is not None and line.match is not None]
    current = current_links(session, {unit_ids[code] for code in met if code in unit_ids})
    for line in lines:
        role = line.values.pop("ownership.role", None)
        if line.unit is not None:
            pair = (unit_ids.get(line.unit.code), line.match["id"]) if line.match is not None else None
            line.link = wish(line.unit.code, role, current.get(pair) if pair is not None else None)


def nameless(lines: Iterable[Line]) -> list[Line]:
    """The lines that would add an owner without a name."""
    return [line for line in lines if line.match is None and "name" not in line.values]


def refuse_nameless(lines: Iterable[Line], mapping: Mapping) -> None:
    """A new owner needs a name; where the file has no names at all, the number must be one that is known.

    A line that adds to an owner of an earlier one needs none.
    """
    heading, number = mapping.heading("name"), mapping.heading("number")
    for line in lines:
        if line.same_as is not None or line.has_fault(heading) or line.has_fault(number) or _is_repeated(line):
            continue
        if "number" in line.values and not mapping.has("name"):
            line.refuse(mapping.heading("number"), line.values["number"], no_owner(line.values["number"]))
        else:
            line.refuse(heading, "", Fault(N_("A value is needed here")))


def _is_repeated(line: Line) -> bool:
    return any(fault.fault.message == REPEATED for fault in line.faults)


def no_owner(number: str) -> Fault:
    """The sentence for an owner number that nobody has."""
    return Fault(N_("Owner %(number)s does not exist: load the owners first or correct the number"), number=number)


def current_links(session: Session, unit_ids: Iterable[int]) -> dict[tuple[int | None, int | None], RowMapping]:
    """The ownerships of the units that go on, by unit and owner."""
    columns = Ownership.__table__.columns
    wanted = [columns[name] for name in ("unit_id", "owner_id", "id", "role")]
    found = tuples_with(session, wanted, columns["unit_id"], set(unit_ids), Ownership.until_on.is_(None))
    return {(unit_id, owner_id): {"id": row_id, "role": role} for unit_id, owner_id, row_id, role in found}
