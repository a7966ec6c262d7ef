"""A line against the row it meets: field by field, and whether the whole row may stand."""

from collections.abc import Mapping as Values
from typing import Any

from importers.lines import Line
from importers.mapping import Mapping
from models.base import Base
from operations.write import missing


def compare(model: type[Base], lines: list[Line], mapping: Mapping, fixed: Values[str, Any]) -> None:
    """Note what each line would change: a blank cell keeps what is there. `fixed` is set on every new row.

    Rows that cannot stand as a whole, or lack a value they need, are refused.
    """
    columns = model.__table__.columns.keys()
    fresh = {column.name: _default(column) for column in model.__table__.columns} | dict(fixed)
    for line in lines:
        values = {name: value for name, value in line.values.items() if name in columns}
        before = line.match
        line.changes = {
            name: (before[name] if before is not None else None, value)
            for name, value in values.items()
            if before is None or before[name] != value
        }
        if line.changes or before is None:
            _judge(model, line, {**(fresh if before is None else before), **values}, mapping)


def _judge(model: type[Base], line: Line, row: dict[str, Any], mapping: Mapping) -> None:
    lacking = missing(model, row)
    for name, fault in (lacking or ({} if line.faults else model.faults(row))).items():
        heading = mapping.heading(name)
        if not line.has_fault(heading):
            line.refuse(heading, row.get(name), fault)


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None
