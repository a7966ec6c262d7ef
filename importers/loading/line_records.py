"""A staged line as JSON keeps it, and again as it was.

It is a list, what is empty left out at its end: number, cells, new values by field, old values by field, what else it
does, problems, offers. `StagedLine` names them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from importers.lines import CellFault, Line, LinkWish, UnitWish, fault_as_json
from models.base import Base
from models.import_batch import RowVerdict
from models.ownership import Ownership
from operations.recording import restored

Record = list[Any]
NO_PROBLEMS: Mapping[str, Any] = {"faults": [], "warnings": []}


@dataclass(slots=True)
class StagedLine:
    """A line of a run: its cells as they came, `values` it sets and the `olds` they replace (JSON, by field).

    `more` holds what is not empty of `row` and `version` (of the record it meets), `building`, `unit`, `link`,
    `same_as` (the line that makes its record) and `others` (by field, what further lines say of the same record).
    """

    line: int
    verdict: str
    cells: list[str]
    values: dict[str, Any]
    olds: dict[str, Any]
    more: dict[str, Any]
    problems: dict[str, Any]
    offers: list[dict[str, Any]]

    @property
    def changes(self) -> dict[str, Any]:
        """What the line would do: `fields` as {field: [old, new]}, the row it meets, the unit and the ownership."""
        fields = {name: [self.olds.get(name), new] for name, new in self.values.items()}
        rest = dict.fromkeys(("row", "version", "building", "unit", "link", "same_as", "others"))
        return {"fields": fields, **rest, **self.more}


def record_of(line: Line) -> Record:
    """The line as it is kept."""
    match, changes = line.match, line.changes
    values, olds = line.values, None  # of a new row
    if line.verdict is RowVerdict.REFUSED:
        return [line.line, line.cells, None, None, None, problems_of(line)]
    if match is not None:
        values = {name: new for name, (_, new) in changes.items()}
        olds = {name: old for name, (old, _) in changes.items()}
    more: dict[str, Any] = {}
    if match is not None:
        more["row"], more["version"] = match["id"], match["version"]
    if line.missing_building is not None:
        more["building"] = line.missing_building
    if line.unit is not None:
        more["unit"] = _unit(line.unit)
    if line.link is not None:
        more["link"] = _link(line.link)
    if line.same_as is not None:
        more["same_as"] = line.same_as
    if line.others:
        more["others"] = line.others
    record = [line.line, line.cells, values, olds, more or None, problems_of(line), line.offers or None]
    while not record[-1]:
        record.pop()
    return record


def staged_line(record: Record, kind: str) -> StagedLine:
    """The record with its parts named."""
    line, cells, values, olds, more, problems, offers = whole(record)
    return StagedLine(
        line, kind, cells, values or {}, olds or {}, more or {}, problems or {**NO_PROBLEMS}, offers or []
    )


def whole(record: Record) -> Record:
    """The record with its seven parts, what was left out as None."""
    return record + [None] * (7 - len(record))


def _unit(unit: UnitWish) -> dict[str, Any]:
    if not unit.is_new:
        return {"code": unit.code, "building": unit.building, "is_new": False}
    return {
        "code": unit.code,
        "building": unit.building,
        "is_new": unit.is_new,
        "entrance": unit.entrance,
        "floor": unit.floor,
        "area": unit.area,
    }


def _link(link: LinkWish) -> dict[str, Any]:
    return {"unit": link.unit, "role": link.role, "owner": link.owner, "id": link.ownership_id, "was": link.was}


def problems_of(line: Line) -> dict[str, Any] | None:
    """The line's faults and warnings, as ids with places: whoever reads them gets them in their language."""
    if not line.faults and not line.warnings and not line.cleaned:
        return None
    said: dict[str, Any] = {
        "faults": [_said(fault) for fault in line.faults],
        "warnings": [_said(warning) for warning in line.warnings],
    }
    if line.cleaned:
        said["cleaned"] = [asdict(cleaning) for cleaning in line.cleaned]
    return said


def _said(said: CellFault) -> dict[str, Any]:
    return {"column": said.column, "value": said.value, **fault_as_json(said.fault)}


def line_from(model: type[Base], staged: StagedLine) -> Line:
    """The line again as far as commit needs it: new values, unit and ownership, without cells and row."""
    columns = model.__table__.columns
    line = Line(staged.line, [])
    line.values = {name: restored(columns[name].type, new) for name, new in staged.values.items()}
    line.missing_building = staged.more.get("building")
    line.same_as = staged.more.get("same_as")
    unit, link = staged.more.get("unit"), staged.more.get("link")
    if unit is not None:
        line.unit = UnitWish(**{**unit, "area": Decimal(unit["area"]) if unit.get("area") else None})
    if link is not None:
        role = restored(Ownership.__table__.columns["role"].type, link["role"])
        line.link = LinkWish(link["unit"], role, link["owner"], link["id"])
    return line
