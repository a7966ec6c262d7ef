"""Standards change by versions; the sets that ship with the product are loaded from `fixtures/standards`."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import N_, Base
from models.faults import Fault
from models.fields import parse
from models.ladder_level import LadderLevel
from models.standard import LadderRule, StandardRule, StandardSet
from operations import promises
from operations.write import Author, Insert, Refused, Stale, Update, write

FOLDER = Path(__file__).parents[1] / "fixtures" / "standards"
_RULES: tuple[tuple[type[Base], str], ...] = (
    (StandardRule, "standard_rule.csv"),
    (LadderRule, "ladder_rule.csv"),
    (LadderLevel, "ladder_level.csv"),
)
_SPEAKS_OF = ("kind", "category", "severity", "milestone", "level", "basis", "is_warning")
_LONGEST_BASE = 51  # of a code, so that a day fits behind it

Line = Mapping[str, str]


def load_standards(session: Session, by: Author, at: datetime) -> int:
    """Add the shipped sets, rules and ladder rows whose codes are missing; returns how many. Inside `writing`.

    A set that is `based_on` another takes over each of its rows that it does not replace by one of its own. What is
    added to a set in use holds from a day on which no ticket was opened yet.
    """
    sets = _lines("standard_set.csv")
    added = _add(session, StandardSet, sets, {}, by, at)
    set_ids = {row.code: row.id for row in session.execute(select(StandardSet.code, StandardSet.id))}
    for model, file_name in _RULES:
        own = _lines(file_name)
        full = [line for each in sets for line in _complete(each, own)]
        added += _add(session, model, full, set_ids, by, at)
    return added


def succeed(
    session: Session,
    model: type[Base],
    row_id: int,
    values: Mapping[str, Any],
    valid_from: date,
    *,
    by: Author,
    at: datetime,
    version: int | None = None,
) -> int:
    """Let a row of the standards hold with other `values` from that local day on; returns the id of the new version.

    The row ends, and one like it with the values follows; a row that holds only from that day or later is changed
    itself. Tickets keep the version of the day they were opened on. Inside `writing`; raises Stale, or Refused where a
    ticket was opened on such a day already or the row ends before. Another figure under the same clause is our own.
    """
    row = _row_of(session, model, row_id, version)
    changed = {name: value for name, value in values.items() if name != "valid_from"}
    if "is_ours" in row and "source" not in changed and _figures(model, row, changed):
        changed.setdefault("is_ours", True)
    if valid_from <= row["valid_from"]:
        write(session, [Update(model, row_id, {**changed, "valid_from": valid_from}, version)], by=by, at=at)
        return row_id
    if row["valid_to"] is not None and row["valid_to"] <= valid_from:
        sentence = N_("It ends on %(day)s: give an earlier day, or add a new one")
        raise Refused(model, {"valid_from": Fault(sentence, day=row["valid_to"])})
    successor = {name: value for name, value in row.items() if name not in ("id", "version")} | changed
    if "code" in row:
        successor["code"] = _next_code(row["code"], valid_from)
    ended = Update(model, row_id, {"valid_to": valid_from}, row["version"])
    return write(session, [Insert(model, {**successor, "valid_from": valid_from}), ended], by=by, at=at)[0]


def _row_of(session: Session, model: type[Base], row_id: int, version: int | None) -> dict[str, Any]:
    table = model.__table__
    row = session.execute(select(table).where(table.c.id == row_id)).mappings().one_or_none()
    if row is None or version not in {None, row["version"]}:
        raise Stale(model, [row_id])
    return dict(row)


def _figures(model: type[Base], row: Mapping[str, Any], changed: Mapping[str, Any]) -> list[str]:
    """What of the change is more than words about the row."""
    return [name for name in changed if name not in promises.KEPT[model].words and changed[name] != row[name]]


def _next_code(code: str, valid_from: date) -> str:
    """The code of the version that follows: `default/minor-1`, `default/minor-1#20261201`."""
    return f"{code.partition('#')[0][:_LONGEST_BASE]}#{valid_from:%Y%m%d}"


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
    for index in promises.reaching_back(session, model, enumerate(rows)):
        rows[index]["valid_from"] = promises.first_free_day(session, model, rows[index], at)
    return len(write(session, [Insert(model, row) for row in rows], by=by, at=at))


def _row(model: type[Base], line: Line, set_ids: Mapping[str, int]) -> dict[str, Any]:
    columns = model.__table__.columns
    row = {name: parse(columns[name].type, text).value for name, text in line.items() if name in columns}
    return row | ({"standard_set_id": set_ids[line["standard_set"]]} if "standard_set" in line else {})
