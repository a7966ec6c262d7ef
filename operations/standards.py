"""The standard sets that ship with the product, loaded from `fixtures/standards`."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.fields import parse
from models.standard import LadderRule, StandardRule, StandardSet
from operations.write import Author, Insert, write

FOLDER = Path(__file__).parents[1] / "fixtures" / "standards"
_SPEAKS_OF = ("kind", "category", "severity", "milestone", "level")

Line = Mapping[str, str]


def load_standards(session: Session, by: Author, at: datetime) -> int:
    """Add the shipped sets, rules and ladder rows whose codes are missing; returns how many. Inside `writing`.

    A set that is `based_on` another takes over each of its rows that it does not replace by one of its own.
    """
    sets = _lines("standard_set.csv")
    added = _add(session, StandardSet, sets, {}, by, at)
    set_ids = {row.code: row.id for row in session.execute(select(StandardSet.code, StandardSet.id))}
    for model, file_name in ((StandardRule, "standard_rule.csv"), (LadderRule, "ladder_rule.csv")):
        own = _lines(file_name)
        full = [line for each in sets for line in _complete(each, own)]
        added += _add(session, model, full, set_ids, by, at)
    return added


def _lines(file_name: str) -> list[Line]:
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _complete(standard_set: Line, lines: Iterable[Line]) -> list[Line]:
    """The rows of a set: its own, and those of the set it is based on that speak of something else."""
    own = [line for line in lines if line["standard_set"] == standard_set["code"]]
    replaced = [_target(line) for line in own]
    base = [line for line in lines if line["standard_set"] == standard_set["based_on"]]
    return own + [_renamed(line, standard_set["code"]) for line in base if _target(line) not in replaced]


def _target(line: Line) -> list[str | None]:
    return [line.get(name) for name in _SPEAKS_OF]


def _renamed(line: Line, set_code: str) -> Line:
    code = line["code"].removeprefix(line["standard_set"])
    return {**line, "standard_set": set_code, "code": set_code + code}


def _add(
    session: Session,
    model: type[Base],
    lines: Iterable[Line],
    set_ids: Mapping[str, int],
    by: Author,
    at: datetime,
) -> int:
    present = set(session.scalars(select(model.__table__.c.code)))
    rows = [_row(model, line, set_ids) for line in lines if line["code"] not in present]
    return len(write(session, [Insert(model, row) for row in rows], by=by, at=at))


def _row(model: type[Base], line: Line, set_ids: Mapping[str, int]) -> dict[str, Any]:
    columns = model.__table__.columns
    row = {name: parse(columns[name].type, text).value for name, text in line.items() if name in columns}
    return row | ({"standard_set_id": set_ids[line["standard_set"]]} if "standard_set" in line else {})
