"""Example rows: what stands in a template to show how it is filled in, and how such a row is known again."""

import csv
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Date, Enum, Integer, Numeric

from importers.mapping.fields import Field
from importers.outgoing.choices import choices
from models.base import Base, UtcDateTime, entity
from models.fields import ClockTime

FILE = Path(__file__).parents[2] / "fixtures" / "templates" / "examples.csv"
FIRST_DAY = date(2026, 11, 1)
EXAMPLES = 2

Translate = Callable[[str], str]


@cache
def _values() -> dict[tuple[str, str], tuple[str, ...]]:
    """What the file says for an entity (or any, `*`) and field."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {(row["entity"], row["field"]): (row["first"], row["second"]) for row in csv.DictReader(file)}


def example(model: type[Base], field: Field, number: int, translate: Translate = str) -> str:
    """What the field may hold in the example row of that number, counted from 0; "" where it may well be empty."""
    said = _values().get((entity(model).name, field.name)) or _values().get(("*", field.name))
    return said[number] if said is not None else _by_type(field, number, translate)


def _by_type(field: Field, number: int, translate: Translate) -> str:
    kind: Any = field.type
    match kind:
        case Enum() | Boolean():
            offered = choices(field, translate)
            return offered[number % len(offered)]
        case Date():
            return (FIRST_DAY + timedelta(days=number)).isoformat() if field.is_needed else ""
        case UtcDateTime():
            return f"{FIRST_DAY.isoformat()} 09:00"
        case ClockTime():
            return "09:00"
        case Integer() | Numeric() if field.parent is None:
            return str(number + 1)
    return ""


def example_rows(model: type[Base], columns: Sequence[Field], translate: Translate = str) -> list[list[str]]:
    """The rows of a template that show how it is filled in, unmarked."""
    return [[example(model, field, number, translate) for field in columns] for number in range(EXAMPLES)]
