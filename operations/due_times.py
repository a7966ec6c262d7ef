"""Due times: milestones, ladder steps and `next_due_at`, derived from tickets and their events."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Session

from models.base import Base
from models.milestone import NEVER, EarlyWarning, LadderStep, Milestone
from models.pause import Pause
from models.ticket import IS_OPEN_SQL, Ticket
from models.ticket_event import TicketEvent
from operations import ticket_facts
from operations.chunks import chunks
from operations.recording import Written
from operations.ticket_facts import Known
from rules.deadlines import Due, dues
from rules.facts import TicketFacts
from rules.ladder import DueWarning, Step, steps, warnings

_MILESTONE_COLUMNS = (
    *("kind", "round", "started_at", "due_at", "done_at", "is_open"),
    *("limit_value", "limit_unit", "rule_id", "clock", "paused_seconds", "is_provisional", "is_in_time"),
)
_STEP_COLUMNS = ("level", "due_at", "is_open", "rule_id")
_WARNING_COLUMNS = ("rule_id", "milestone", "round", "due_at")
_NO_SPAN = {"until_at": None, "open_since": None}

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one ticket."""

    dues: Sequence[Due]
    steps: Sequence[Step]
    warnings: Sequence[DueWarning] = ()

    @property
    def next_due_at(self) -> datetime | None:
        """The earliest moment still owed, None if nothing is."""
        return min((due.due_at for due in self.dues if due.is_open and due.due_at), default=None)


def derive(session: Session, written: Sequence[Written]) -> Sequence[Written]:
    """Bring the due times of the tickets that were written, or whose events were, in line with the rules."""
    touched = {
        (change.after or change.before or {})[_TICKET_KEYS[change.model]] for change in written if _moves_dates(change)
    }
    stepped = {(change.after or change.before or {})["ticket_id"] for change in written if change.model is LadderStep}
    derived = recompute(session, touched)
    if stepped - touched:
        set_spans(session, stepped - touched)
    return derived


_TICKET_KEYS: Mapping[type[Base], str] = {Ticket: "id", TicketEvent: "ticket_id", Pause: "ticket_id"}
HANGS_ON: frozenset[type[Base]] = frozenset({*_TICKET_KEYS, LadderStep})


def _moves_dates(change: Written) -> bool:
    """Whether dates of a ticket may hang on what was written: not on its subject, nor on a note."""
    if change.model is Ticket:
        before, after = change.before, change.after
        return before is None or after is None or any(before[name] != after[name] for name in ticket_facts.DECIDING)
    if change.model is TicketEvent:
        return (change.after or change.before or {})["kind"] in ticket_facts.TELLING
    return change.model is Pause


def recompute(session: Session, ticket_ids: Collection[int]) -> Sequence[Written]:
    """Bring what is derived from those tickets in line with the rules; the clock has no say in it.

    Derived rows leave no history and bump no version. A ladder step that was recorded stays as it is, but for
    whether it is open. Returns the milestones and steps that changed.
    """
    return [change for chunk in chunks(sorted(ticket_ids)) for change in _recompute_chunk(session, chunk)]


def withdraw(session: Session, model: type[Base], row_ids: Collection[int]) -> list[Written]:
    """Remove what was derived from tickets that are about to go; nothing for rows of other models."""
    gone: list[Written] = []
    for derived in (Milestone, LadderStep, EarlyWarning) if model is Ticket else ():
        for some in chunks(sorted(row_ids)):
            stored = _stored(session, derived, some, ("id",))
            gone += _bring_in_line(session, derived, stored, {})
    return [change for change in gone if change.model is not EarlyWarning]  # nothing else hangs on these


def set_spans(session: Session, ticket_ids: Collection[int] | None = None) -> None:
    """Derive from when to when each step stands for an open ticket; of all tickets where none are named."""
    higher, step, ticket = _table(LadderStep).alias("higher"), _table(LadderStep), _table(Ticket)
    is_open: ColumnElement[bool] = literal_column(f"ticket.{IS_OPEN_SQL}")
    next_due = select(func.coalesce(func.min(higher.c.due_at), NEVER)).where(
        higher.c.ticket_id == step.c.ticket_id, higher.c.level > step.c.level
    )
    of_open = select(ticket.c.id).where(is_open)
    opening = select(ticket.c.opened_at).where(ticket.c.id == step.c.ticket_id)
    spans = {"until_at": next_due.scalar_subquery(), "open_since": opening.scalar_subquery()}
    bounds = [] if ticket_ids is None else [step.c.ticket_id.in_(sorted(ticket_ids))]
    if ticket_ids is None or ticket_ids:
        session.execute(update(step).where(step.c.ticket_id.in_(of_open), *bounds).values(spans))
        ended = update(step).where(step.c.until_at.is_not(None), step.c.ticket_id.not_in(of_open), *bounds)
        session.execute(ended.values(dict.fromkeys(spans)))


def judge(session: Session, known: Mapping[int, Known]) -> dict[int, Verdict]:
    """What the rules say of each of those tickets, under the standard set it was opened with."""
    set_ids = {each.standard_set_id for each in known.values() if each.standard_set_id is not None}
    sets = ticket_facts.standards(session, set_ids)
    found = {}
    for ticket_id, each in known.items():
        standard = sets.get(each.standard_set_id or 0, ticket_facts.Standard())
        found[ticket_id] = verdict(each.facts, standard)
    return found


def verdict(facts: TicketFacts, standard: ticket_facts.Standard) -> Verdict:
    """What those rules say of a ticket."""
    owed = dues(facts, standard.deadlines)
    if facts.source is not None:  # it climbs where it was promised, not here
        return Verdict(owed, ())
    return Verdict(owed, steps(facts, standard.ladder, owed), warnings(facts, standard.ladder, owed))


def _recompute_chunk(session: Session, ticket_ids: Sequence[int]) -> Sequence[Written]:
    known = ticket_facts.load(session, ticket_ids, lock=True)
    verdicts = judge(session, known)
    milestones = dict(_milestones(known, verdicts))
    ladder = dict(_ladder_steps(known, verdicts))
    stored_milestones = _stored(session, Milestone, ticket_ids, ("ticket_id", "kind", "round"))
    stored_steps = _stored(session, LadderStep, ticket_ids, ("ticket_id", "level"))
    stored_warnings = _stored(session, EarlyWarning, ticket_ids, ("ticket_id", "rule_id", "round"))
    ladder = _spanned(known, ladder | _recorded(stored_steps, ladder, _STEP_COLUMNS))
    early = dict(_warnings(known, verdicts))
    early |= _recorded(stored_warnings, early, _WARNING_COLUMNS)
    _bring_in_line(session, EarlyWarning, stored_warnings, early)  # nothing else hangs on them
    _set_next_due(session, known, verdicts)
    return [
        *_bring_in_line(session, Milestone, stored_milestones, milestones),
        *_bring_in_line(session, LadderStep, stored_steps, ladder),
    ]


def _milestones(
    known: Mapping[int, Known], verdicts: Mapping[int, Verdict]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ticket_id, verdict in verdicts.items():
        for due in verdict.dues:
            row = {"ticket_id": ticket_id, "estate_id": known[ticket_id].estate_id, "done_by_id": due.done_by}
            yield (ticket_id, due.kind, due.round), row | _columns(due, _MILESTONE_COLUMNS)


def _ladder_steps(
    known: Mapping[int, Known], verdicts: Mapping[int, Verdict]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ticket_id, verdict in verdicts.items():
        for step in verdict.steps:
            row = {"ticket_id": ticket_id, "estate_id": known[ticket_id].estate_id}
            yield (ticket_id, step.level), row | _columns(step, _STEP_COLUMNS)


def _warnings(
    known: Mapping[int, Known], verdicts: Mapping[int, Verdict]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for ticket_id, verdict in verdicts.items():
        for each in verdict.warnings:
            row = {"ticket_id": ticket_id, "estate_id": known[ticket_id].estate_id, "is_open": True}
            yield (ticket_id, each.rule_id, each.round), row | _columns(each, _WARNING_COLUMNS)


def _columns(verdict: Due | Step | DueWarning, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(verdict, name) for name in names}


def _recorded(
    stored: Mapping[Key, Mapping[str, Any]], wanted: Mapping[Key, Mapping[str, Any]], names: Iterable[str]
) -> dict[Key, dict[str, Any]]:
    """The rows that were recorded, as they were; they are open if the rules still have them and say so."""
    return {
        key: {
            **{name: row[name] for name in ("ticket_id", "estate_id", *names)},
            "is_open": key in wanted and wanted[key]["is_open"],
        }
        for key, row in stored.items()
        if row["recorded_at"] is not None
    }


def _spanned(
    known: Mapping[int, Known], rows: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The steps with the span in which each stands while its ticket is open, as `set_spans` derives it in SQL."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    next_due: dict[int, datetime] = {}
    for (ticket_id, level), row in sorted(rows.items(), key=lambda item: item[0], reverse=True):
        facts, until = known[ticket_id].facts, next_due.get(ticket_id, NEVER)
        span = {"until_at": until, "open_since": facts.opened_at} if facts.is_open else _NO_SPAN
        found[ticket_id, level] = {**row, **span}
        next_due[ticket_id] = min(until, row["due_at"])
    return found


def _stored(
    session: Session, model: type[Base], ticket_ids: Sequence[int], key: tuple[str, ...]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    table = _table(model)
    names = table.columns.keys()
    rows = session.connection().execute(_of_tickets(table), {"ticket_ids": list(ticket_ids)})
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return {tuple(row[name] for name in key): row for row in found}


@cache
def _of_tickets(table: Table) -> Select[Any]:
    return select(table).where(table.c.ticket_id.in_(bindparam("ticket_ids", expanding=True)))


def _bring_in_line(
    session: Session,
    model: type[Base],
    stored: Mapping[Key, Mapping[str, Any]],
    wanted: Mapping[Key, Mapping[str, Any]],
) -> list[Written]:
    table, connection = _table(model), session.connection()
    new = [dict(row) for key, row in wanted.items() if key not in stored]
    new_ids: Sequence[int] = []
    if new:
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        new_ids = connection.execute(statement, new).scalars().all()
    gone = [row for key, row in stored.items() if key not in wanted]
    for some in chunks(row["id"] for row in gone):
        connection.execute(delete(table).where(table.c.id.in_(some)))
    moved = [
        (stored[key], row)
        for key, row in wanted.items()
        if key in stored and any(stored[key][name] != value for name, value in row.items())
    ]
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for before, row in moved:  # no more columns than move: each that is set may cost an index
        names = tuple(name for name, value in row.items() if before[name] != value)
        by_columns[names].append({**{f"new_{name}": row[name] for name in names}, "row_id": before["id"]})
    for names, changed in by_columns.items():
        connection.execute(_setting(table, names), changed)
    return [
        *(Written(model, row_id, None, row) for row_id, row in zip(new_ids, new, strict=True)),
        *(Written(model, row["id"], row, None) for row in gone),
        *(Written(model, before["id"], before, {**before, **row}) for before, row in moved),
    ]


def _set_next_due(session: Session, known: Mapping[int, Known], verdicts: Mapping[int, Verdict]) -> None:
    changed = [
        {"row_id": ticket_id, "new_next_due_at": verdict.next_due_at}
        for ticket_id, verdict in verdicts.items()
        if verdict.next_due_at != known[ticket_id].next_due_at
    ]
    if changed:
        session.connection().execute(_setting(_table(Ticket), ("next_due_at",)), changed)


@cache
def _setting(table: Table, names: tuple[str, ...]) -> Update:
    """Sets these columns to the values named `new_…` on the row named by `row_id`."""
    settings: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("row_id")).values(settings)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)  # a mapped class has a Table
