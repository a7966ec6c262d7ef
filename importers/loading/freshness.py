"""What happened between preview and commit: lines that no longer meet what they met are conflicts, not loaded."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from sqlalchemy import Date, Enum, Numeric, select
from sqlalchemy.orm import Session

from importers.loading.staged import Record, fault_as_json, line_from, staged_line
from importers.matching import keyed_rows
from importers.matching.owner_rows import Owners
from models.base import N_, Base, UtcDateTime, entity, target
from models.estate import Estate
from models.faults import Fault
from models.history import History
from models.import_batch import RowVerdict
from models.owner import Owner
from operations import integrity, promises
from operations.chunks import among, spans
from operations.recording import entity_name, plain, restored

Conflicts = dict[int, Record]  # by line: what is kept of it, with the reason and what stands there now


@dataclass(slots=True)
class Staged:
    """A line that would change something: `values` of the columns' types, the rest as `staged.StagedLine` says."""

    record: Record
    number: int
    values: dict[str, Any]
    more: Mapping[str, Any]
    row: int | None
    version: int | None
    unit: Mapping[str, Any] | None


_NOTHING: Mapping[str, Any] = {}
_kept = History.__table__.c


def taken_in(model: type[Base], record: Record) -> Staged:
    """The record as commit works with it."""
    values = dict(record[2] or _NOTHING) if len(record) > 2 else {}
    for name, again in _unlike_json(model):
        if name in values:
            values[name] = again(values[name])
    more = record[4] or _NOTHING if len(record) > 4 else _NOTHING
    return Staged(record, record[0], values, more, more.get("row"), more.get("version"), more.get("unit"))


@cache
def _unlike_json(model: type[Base]) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    """The columns whose values JSON holds as something else, and what makes them again: of texts that repeat, once."""
    found = [each for each in model.__table__.columns if isinstance(each.type, Enum | UtcDateTime | Date | Numeric)]
    return [(each.name, lru_cache(maxsize=1_000)(partial(restored, each.type))) for each in found]


def found_ids(
    session: Session, model: type[Base], column: str, values: Iterable[str], estate_id: int | None
) -> dict[str, int]:
    """The ids of the estate's rows whose column has one of the values, by value."""
    table, found = model.__table__.columns, dict[str, int]()
    for condition in among(session, table[column], set(values)):
        statement = select(table[column], table["id"]).where(table["estate_id"] == estate_id, condition)
        rows = session.connection().execute(statement).all()
        found |= dict(rows)
    if found:
        integrity.see(session, model, dict.fromkeys(found.values(), estate_id))
    return found


def conflicts(
    session: Session,
    model: type[Base],
    batch_id: int,
    estate_id: int | None,
    staged: Sequence[Staged],
    units: Mapping[str, int],
    relinked: Iterable[int],
) -> Conflicts:
    """The staged lines that must not be loaded any more, each with the reason and with what stands there now; of the
    `relinked` ones somebody edited the ownership. Lines whose record an earlier line of the batch has written take over
    its version.
    """
    met = _met(session, model, {line.row for line in staged if line.row is not None})
    _take_over(session, model, batch_id, staged, met)
    found = _not_standing(session, model, estate_id, staged, met)
    edited = Fault(N_("The record was edited meanwhile: load the file again"))
    found |= {line.number: edited for line in staged if _was_edited(line, met)}
    found |= dict.fromkeys(relinked, edited)
    added = Fault(N_("The record was added meanwhile: load the file again"))
    found |= dict.fromkeys(_now_there(session, model, estate_id, staged), added)
    gone = Fault(N_("The unit or owner of this line was removed meanwhile: load the file again"))
    found |= dict.fromkeys(_without_partner(session, estate_id, staged, units), gone)
    return {line.number: _told(line, found[line.number], met) for line in staged if line.number in found}


def _told(line: Staged, fault: Fault, met: Mapping[int, Mapping[str, Any]]) -> Record:
    kept = staged_line(line.record, RowVerdict.CONFLICT)
    now = met.get(line.row or 0, _NOTHING)
    said = {"column": "", "value": "", **fault_as_json(fault)}
    olds = {name: plain(now.get(name)) for name in kept.values}
    problems = {**kept.problems, "faults": [*kept.problems["faults"], said]}
    return [kept.line, kept.cells, kept.values, olds, kept.more, problems]


def _met(session: Session, model: type[Base], ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The rows that the lines met, locked, by id."""
    table = model.__table__
    found: dict[int, dict[str, Any]] = {}
    for bounds in spans(table.columns["id"], ids):
        statement = select(*table.columns).where(bounds).order_by(table.columns["id"]).with_for_update()
        found |= {row["id"]: dict(row) for row in session.connection().execute(statement).mappings()}
    return found


def _take_over(
    session: Session,
    model: type[Base],
    batch_id: int,
    staged: Sequence[Staged],
    met: Mapping[int, Mapping[str, Any]],
) -> None:
    """Several lines may speak of one record, thousands of lines apart: what this batch wrote is no edit of others."""
    behind = [line for line in staged if "same_as" not in line.more and _was_edited(line, met) and line.row in met]
    own: Counter[int] = Counter()
    for rows in among(session, _kept.row_id, {line.row for line in behind}):
        by_us = (_kept.entity == entity_name(model), rows, _kept.batch_id == batch_id)
        own.update(session.scalars(select(_kept.row_id).where(*by_us)))
    for line in behind:
        version = met[line.row or 0]["version"]
        if line.version is not None and version - own[line.row or 0] == line.version:
            line.version = version


def _was_edited(line: Staged, met: Mapping[int, Mapping[str, Any]]) -> bool:
    """A line that adds to what another line made has no version: that line was not loaded when its row is not there."""
    if "same_as" in line.more:
        return line.row not in met
    return line.row is not None and met.get(line.row, _NOTHING).get("version") != line.version


def _not_standing(
    session: Session,
    model: type[Base],
    estate_id: int | None,
    staged: Sequence[Staged],
    met: Mapping[int, Mapping[str, Any]],
) -> dict[int, Fault]:
    """Lines that name a record which is not there any more, or rewrite what must stay, as `write` would refuse them."""
    if not _may_fall(model):
        return {}
    blank: dict[str, Any] = dict.fromkeys(model.__table__.columns.keys())
    fixed = {"estate_id": estate_id} if "estate_id" in blank else {}
    rows = {line.number: {**(met.get(line.row or 0) or blank | fixed), **_known_by_now(line)} for line in staged}
    lines = {row["id"]: number for number, row in rows.items() if row["id"] is not None}
    pairs = {row_id: (met[row_id], rows[number]) for row_id, number in lines.items()}
    kept = promises.broken(session, model, pairs)
    found = {lines[row_id]: fault for row_id, faults in kept.items() for fault in faults.values()}
    new = promises.reaching_back(session, model, ((key, row) for key, row in rows.items() if row["id"] is None))
    found |= {number: fault for number, faults in new.items() for fault in faults.values()}
    removed = Fault(N_("A record that this line names was removed meanwhile: load the file again"))
    return found | {number: removed for number, _ in integrity.strangers(session, model, list(rows.items()), met)}


@cache
def _may_fall(model: type[Base]) -> bool:
    """Whether rows of the model refer to more than their estate, or hold what was promised."""
    refers = any(target(column) is not None and column.name != "estate_id" for column in model.__table__.columns)
    return refers or model in promises.KEPT or model is Estate


def _known_by_now(line: Staged) -> dict[str, Any]:
    """The line's values without the building that is yet to be made for it."""
    unknown = {"building_id"} if line.more.get("building") is not None else set()
    return {name: value for name, value in line.values.items() if name not in unknown}


def _now_there(session: Session, model: type[Base], estate_id: int | None, staged: Sequence[Staged]) -> list[int]:
    new = [line for line in staged if line.row is None and "same_as" not in line.more]
    if model is Owner and estate_id is not None:
        numbered = {line.values["number"]: line.number for line in new if "number" in line.values}
        there = [numbered[number] for number in found_ids(session, Owner, "number", numbered, estate_id)]
        unnumbered = [line_from(model, staged_line(line.record, "")) for line in new if "number" not in line.values]
        owners = Owners(session, estate_id, unnumbered)
        return [*there, *(line.line for line in unnumbered if owners.meant_by(line))]
    lines = [line_from(model, staged_line(line.record, "")) for line in new]
    existing = keyed_rows.rows_by_key(session, model, estate_id, lines)
    names = entity(model).key
    return [line.line for line in lines if tuple(line.values.get(name) for name in names) in existing]


def _without_partner(
    session: Session, estate_id: int | None, staged: Sequence[Staged], units: Mapping[str, int]
) -> list[int]:
    """Lines whose unit, or whose owner, is there no more."""
    links = [(line, line.more["link"]["owner"]) for line in staged if "link" in line.more]
    numbers = {number for _, number in links if number is not None}
    here = found_ids(session, Owner, "number", numbers, estate_id)
    gone = [line.number for line, number in links if number is not None and number not in here]
    return gone + [
        line.number
        for line in staged
        if (unit := line.unit) is not None and not unit["is_new"] and unit["code"] not in units
    ]
