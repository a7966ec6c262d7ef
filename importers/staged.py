"""Values as staging keeps them in JSON, and back again."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Enum, Numeric

from importers.lines import LONGEST_VALUE, CellFault, Line, LinkWish, UnitWish
from models.base import Base, UtcDateTime
from models.faults import Fault, Labels
from models.ownership import Ownership
from operations.recording import plain


def changes_of(line: Line) -> dict[str, Any]:
    """What the line would do: `fields` as {field: [old, new]}, the row it meets, the unit and the ownership."""
    match = line.match
    return {
        "fields": {name: [plain(old), plain(new)] for name, (old, new) in line.changes.items()},
        "row": match["id"] if match is not None else None,
        "version": match["version"] if match is not None else None,
        "building": line.missing_building,
        "unit": _unit(line.unit),
        "link": _link(line.link),
    }


def _unit(unit: UnitWish | None) -> dict[str, Any] | None:
    if unit is None:
        return None
    return {
        "code": unit.code,
        "building": unit.building,
        "is_new": unit.is_new,
        "entrance": unit.entrance,
        "floor": unit.floor,
        "area": plain(unit.area),
    }


def _link(link: LinkWish | None) -> dict[str, Any] | None:
    if link is None:
        return None
    return {
        "unit": link.unit,
        "role": link.role.value,
        "owner": link.owner,
        "id": link.ownership_id,
        "was": plain(link.was),
    }


def problems_of(line: Line) -> dict[str, Any]:
    """The line's faults and warnings, as ids with places: whoever reads them gets them in their language."""
    return {
        "faults": [_said(fault) for fault in line.faults],
        "warnings": [_said(warning) for warning in line.warnings],
    }


def _said(said: CellFault) -> dict[str, Any]:
    return {"column": said.column, "value": said.value, **fault_as_json(said.fault)}


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


def line_from(model: type[Base], number: int, changes: Mapping[str, Any]) -> Line:
    """The line again as far as commit needs it: new values, unit and ownership, without cells and row."""
    columns = model.__table__.columns
    line = Line(number, [])
    line.values = {name: revived(columns[name].type, new) for name, (_, new) in changes["fields"].items()}
    line.missing_building = changes["building"]
    unit, link = changes["unit"], changes["link"]
    if unit is not None:
        line.unit = UnitWish(**{**unit, "area": Decimal(unit["area"]) if unit["area"] is not None else None})
    if link is not None:
        role = revived(Ownership.__table__.columns["role"].type, link["role"])
        line.link = LinkWish(link["unit"], role, link["owner"], link["id"])
    return line


def revived(column_type: Any, value: Any) -> Any:
    """The value of the column's type that `plain` turned into JSON."""
    if not isinstance(value, str):
        return value
    match column_type:
        case Enum():
            return column_type.enum_class(value)  # type: ignore[misc]  # choice() always has a class
        case UtcDateTime():
            return datetime.fromisoformat(value)
        case Date():
            return date.fromisoformat(value)
        case Numeric():
            return Decimal(value)
    return value
