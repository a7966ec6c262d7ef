"""Due times: milestones, ladder steps and `next_due_at`, derived from tickets and their events."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from models.base import Base
from models.milestone import LadderStep, Milestone
from models.ticket import Ticket
from operations import ticket_facts
from operations.chunks import chunks
from operations.ticket_facts import Known
from rules.deadlines import Due, dues
from rules.ladder import Step, steps

_MILESTONE_COLUMNS = (
    *("kind", "round", "started_at", "due_at", "done_at", "is_open"),
    *("limit_value", "limit_unit", "rule_id"),
)
_STEP_COLUMNS = ("level", "due_at", "is_open", "rule_id")

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one ticket."""

    dues: Sequence[Due]
    steps: Sequence[Step]

    @property
    def next_due_at(self) -> datetime | None:
        """The earliest moment still owed, None if nothing is."""
        return min((due.due_at for due in self.dues if due.is_open and due.due_at), default=None)


def recompute(session: Session, ticket_ids: Collection[int]) -> None:
    """Bring what is derived from those tickets in line with the rules; the clock has no say in it.

    Derived rows leave no history and bump no version. A ladder step that was recorded stays as it is, but for
    whether it is open.
    """
    for chunk in chunks(sorted(ticket_ids)):
        _recompute_chunk(session, chunk)


def judge(session: Session, known: Mapping[int, Known]) -> dict[int, Verdict]:
    """What the rules say of each of those tickets, under the standard set it was opened with."""
    set_ids = {each.standard_set_id for each in known.values() if each.standard_set_id is not None}
    sets = ticket_facts.standards(session, set_ids)
    found = {}
    for ticket_id, each in known.items():
        standard = sets.get(each.standard_set_id or 0, ticket_facts.Standard())
        found[ticket_id] = Verdict(dues(each.facts, standard.deadlines), steps(each.facts, standard.ladder))
    return found


def _recompute_chunk(session: Session, ticket_ids: Sequence[int]) -> None:
    known = ticket_facts.load(session, ticket_ids, lock=True)
    verdicts = judge(session, known)
    milestones = dict(_milestones(known, verdicts))
    ladder = dict(_ladder_steps(known, verdicts))
    stored_milestones = _stored(session, Milestone, ticket_ids, ("ticket_id", "kind", "round"))
    stored_steps = _stored(session, LadderStep, ticket_ids, ("ticket_id", "level"))
    _bring_in_line(session, Milestone, stored_milestones, milestones)
    _bring_in_line(session, LadderStep, stored_steps, ladder | _recorded(stored_steps, ladder))
    _set_next_due(session, known, verdicts)


def _milestones(
    known: Mapping[int, Known], verdicts: Mapping[int, Verdict]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ticket_id, verdict in verdicts.items():
        for due in verdict.dues:
            row = {"ticket_id": ticket_id, "estate_id": known[ticket_id].estate_id}
            yield (ticket_id, due.kind, due.round), row | _columns(due, _MILESTONE_COLUMNS)


def _ladder_steps(
    known: Mapping[int, Known], verdicts: Mapping[int, Verdict]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ticket_id, verdict in verdicts.items():
        for step in verdict.steps:
            row = {"ticket_id": ticket_id, "estate_id": known[ticket_id].estate_id}
            yield (ticket_id, step.level), row | _columns(step, _STEP_COLUMNS)


def _columns(verdict: Due | Step, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(verdict, name) for name in names}


def _recorded(
    stored: Mapping[Key, Mapping[str, Any]], wanted: Mapping[Key, Mapping[str, Any]]
) -> dict[Key, dict[str, Any]]:
    """The steps that were recorded, as they were; they are open if the rules still have them and say so."""
    return {
        key: {
            **{name: row[name] for name in ("ticket_id", "estate_id", *_STEP_COLUMNS)},
            "is_open": key in wanted and wanted[key]["is_open"],
        }
        for key, row in stored.items()
        if row["recorded_at"] is not None
    }


def _stored(
    session: Session, model: type[Base], ticket_ids: Sequence[int], key: tuple[str, ...]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    table = _table(model)
    rows = session.execute(select(table).where(table.c.ticket_id.in_(ticket_ids))).mappings()
    return {tuple(row[name] for name in key): dict(row) for row in rows}


def _bring_in_line(
    session: Session,
    model: type[Base],
    stored: Mapping[Key, Mapping[str, Any]],
    wanted: Mapping[Key, Mapping[str, Any]],
) -> None:
    table, connection = _table(model), session.connection()
    if new := [dict(row) for key, row in wanted.items() if key not in stored]:
        connection.execute(insert(table), new)
    for gone in chunks(row["id"] for key, row in stored.items() if key not in wanted):
        connection.execute(delete(table).where(table.c.id.in_(gone)))
    changed = [
        {**{f"new_{name}": row[name] for name in row}, "row_id": stored[key]["id"]}
        for key, row in wanted.items()
        if key in stored and any(stored[key][name] != value for name, value in row.items())
    ]
    _update(session, table, changed)


def _set_next_due(session: Session, known: Mapping[int, Known], verdicts: Mapping[int, Verdict]) -> None:
    changed = [
        {"row_id": ticket_id, "new_next_due_at": verdict.next_due_at}
        for ticket_id, verdict in verdicts.items()
        if verdict.next_due_at != known[ticket_id].next_due_at
    ]
    _update(session, _table(Ticket), changed)


def _update(session: Session, table: Table, changed: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns named `new_…`, the same ones everywhere, on the rows named by `row_id`."""
    if changed:
        names = [name for name in changed[0] if name != "row_id"]
        settings: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in names}
        statement = update(table).where(table.c.id == bindparam("row_id")).values(settings)
        session.connection().execute(statement, changed)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)  # a mapped class has a Table
