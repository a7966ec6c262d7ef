"""One line of a file on its way: what it says, what is wrong with it, what it would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.faults import Fault
from models.import_batch import RowVerdict
from models.ownership import OwnershipRole

LONGEST_VALUE = 200  # characters of a faulty value that are kept with the fault


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell; `column` is its heading in the file, empty for the line as a whole."""

    column: str
    value: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class UnitWish:
    """The unit that an owner's line names: there already, or to be made with what the line says of it."""

    code: str
    building: str
    is_new: bool
    entrance: str | None = None
    floor: int | None = None
    area: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LinkWish:
    """An ownership to add or, when `ownership_id` is set, to give another role."""

    unit: str
    role: OwnershipRole
    owner: str | None = None  # the number, where the line is a unit's
    ownership_id: int | None = None
    was: OwnershipRole | None = None


@dataclass(slots=True)
class Line:
    """`values` by field name, blank cells left out; `match` is the row it meets, None for a new one."""

    line: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    warnings: list[CellFault] = field(default_factory=list)
    match: Mapping[str, Any] | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    unit: UnitWish | None = None
    missing_building: str | None = None  # to be made for the line's unit
    link: LinkWish | None = None

    @property
    def verdict(self) -> RowVerdict:
        if self.faults:
            return RowVerdict.REFUSED
        if self.match is None:
            return RowVerdict.NEW
        return RowVerdict.CHANGED if self.changes or self.link else RowVerdict.UNCHANGED

    def refuse(self, column: str, value: object, fault: Fault) -> None:
        self.faults.append(CellFault(column, "" if value is None else str(value)[:LONGEST_VALUE], fault))

    def has_fault(self, column: str) -> bool:
        return any(fault.column == column for fault in self.faults)
