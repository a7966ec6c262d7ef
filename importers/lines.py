"""One line of a file on its way: what it says, what is wrong with it, what it would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.faults import Fault, Labels
from models.import_batch import RowVerdict
from models.ownership import OwnershipRole

LONGEST_VALUE = 200  # characters of a faulty value that are kept with the fault


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell; `column` is its heading in the file, empty for the line as a whole."""

    column: str
    value: str
    fault: Fault

    @property
    def group(self) -> tuple[str, str]:
        """What faults of one kind in one column have in common."""
        return self.fault.message, self.column


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A cell that was read otherwise than it stands there; `became` is the value as text, "" for none."""

    column: str
    value: str
    became: str


@dataclass(slots=True)  # not frozen: as with every line, one for each of a file, in a quarter of the time
class UnitWish:
    """The unit that an owner's line names: there already, or to be made with what the line says of it."""

    code: str
    building: str
    is_new: bool
    entrance: str | None = None
    floor: int | None = None
    area: Decimal | None = None


@dataclass(slots=True)  # not frozen: as with every line, one for each of a file, in a quarter of the time
class LinkWish:
    """An ownership to add or, when `ownership_id` is set, to give another role."""

    unit: str
    role: OwnershipRole
    owner: str | None = None  # the number, where the line is a unit's
    ownership_id: int | None = None
    was: OwnershipRole | None = None


@dataclass(slots=True)
class Line:
    """`values` by field name, blank cells left out; `match` is the row it meets, None for a new one.

    `extras` are the lines that unknown columns add to the note. What most lines lack is no list until there is one:
    `refuse`, `warn` and `clean` see to it.
    """

    line: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: Sequence[CellFault] = ()
    warnings: Sequence[CellFault] = ()
    cleaned: Sequence[Cleaning] = ()
    extras: Sequence[str] = ()
    match: Mapping[str, Any] | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    unit: UnitWish | None = None
    missing_building: str | None = None  # to be made for the line's unit
    link: LinkWish | None = None
    same_as: int | None = None  # the earlier line that makes the record this one adds to
    others: dict[str, list[list[Any]]] | None = None  # by field: [line, value] of each line on the same record
    offers: list[dict[str, Any]] | None = None  # rows it may mean: {"row": id, "why": …}
    is_conflict: bool = False  # its faults say that lines or people contradict each other

    @property
    def verdict(self) -> RowVerdict:
        """What becomes of the line, as it is now."""
        if self.faults:
            return RowVerdict.CONFLICT if self.is_conflict else RowVerdict.REFUSED
        if self.match is None and self.same_as is None:
            return RowVerdict.NEW
        return RowVerdict.CHANGED if self.changes or self.link else RowVerdict.UNCHANGED

    def refuse(self, column: str, value: object, fault: Fault) -> None:
        """Add what keeps the line from being loaded."""
        said = CellFault(column, "" if value is None else str(value)[:LONGEST_VALUE], fault)
        self.faults = [*self.faults, said]

    def warn(self, column: str, value: str, fault: Fault) -> None:
        """Add what is to be looked at; the line is loaded all the same."""
        self.warnings = [*self.warnings, CellFault(column, value[:LONGEST_VALUE], fault)]

    def clean(self, column: str, value: str, became: str) -> None:
        """Add a cell that was read otherwise than it stands there."""
        self.cleaned = [*self.cleaned, Cleaning(column, value[:LONGEST_VALUE], became[:LONGEST_VALUE])]

    def has_fault(self, column: str) -> bool:
        """Whether one of the faults is in that column."""
        return any(fault.column == column for fault in self.faults)


def fault_as_json(fault: Fault) -> dict[str, Any]:
    """The fault as {message, places}."""
    return {"message": fault.message, "places": {name: _place(value) for name, value in fault.places.items()}}


def _place(value: object) -> object:
    if isinstance(value, Labels):
        return {"labels": value.labels}
    if label := getattr(value, "label", None):
        return {"labels": [label]}
    return value if isinstance(value, int) else str(value)[:LONGEST_VALUE]


def fault_from_json(said: Mapping[str, Any]) -> Fault:
    """The fault again."""
    return Fault(said["message"], **{name: _place_from(value) for name, value in said["places"].items()})


def _place_from(value: Any) -> object:
    return Labels(tuple(value["labels"])) if isinstance(value, dict) else value
