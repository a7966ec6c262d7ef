"""Tickets and standards as the rules see them, loaded in sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Row, Select, Table, bindparam, select
from sqlalchemy.orm import Session

from models.base import Base
from models.estate import Estate
from models.standard import LadderRule, StandardRule
from models.ticket import Category, Severity, Ticket, TicketKind
from models.ticket_event import EventKind, TicketEvent
from rules.deadlines import DeadlineRule
from rules.facts import DOING, TicketClass, TicketFacts, class_history, rounds
from rules.ladder import LevelRule

_TURNS = frozenset({EventKind.RESOLVED, EventKind.CLOSED_UNRESOLVED, EventKind.REOPENED})
_TELLING = _TURNS.union({EventKind.RECLASSIFIED, EventKind.UNDONE}, *DOING.values())
_KINDS = {kind.value: kind for kind in TicketKind}
_CATEGORIES: dict[str | None, Category] = {category.value: category for category in Category}
_SEVERITIES: dict[str | None, Severity] = {severity.value: severity for severity in Severity}
_COLUMNS = [
    column
    for name, column in Ticket.__table__.columns.items()
    if name not in {"description", "subject", "code", "contact_name", "contact_phone", "close_reason"}
]

# Statements made once: every save of a ticket asks them.
_ids: BindParameter[int] = bindparam("ids", expanding=True)
_ticket, _event = cast(Table, Ticket.__table__), cast(Table, TicketEvent.__table__)  # a mapped class has a Table
_TICKETS = (
    select(*_COLUMNS, Estate.__table__.c.time_zone)
    .join_from(_ticket, Estate.__table__, Estate.__table__.c.id == _ticket.c.estate_id)
    .where(_ticket.c.id.in_(_ids))
)
_LOCKED_TICKETS = _TICKETS.order_by(_ticket.c.id).with_for_update(of=_ticket, key_share=True)
_EVENTS = (
    select(_event.c.id, _event.c.ticket_id, _event.c.kind, _event.c.at, _event.c.data)
    .where(_event.c.ticket_id.in_(_ids), _event.c.kind.in_(_TELLING))
    .order_by(_event.c.at, _event.c.id)
)

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket's facts, and what else of its row hangs on them or decides about them."""

    estate_id: int
    standard_set_id: int | None
    next_due_at: datetime | None
    facts: TicketFacts


@dataclass(frozen=True, slots=True)
class Standard:
    """The rules of one standard set."""

    deadlines: list[DeadlineRule] = field(default_factory=list)
    ladder: list[LevelRule] = field(default_factory=list)


def load(session: Session, ticket_ids: Collection[int], *, lock: bool = False) -> dict[int, Known]:
    """The facts of those tickets, by id. `lock` makes who else derives from them wait."""
    statement = _LOCKED_TICKETS if lock else _TICKETS
    tickets = session.connection().execute(statement, {"ids": list(ticket_ids)}).all()
    events = _events(session, ticket_ids)
    return {ticket.id: _known(ticket, events[ticket.id]) for ticket in tickets}


def standards(session: Session, set_ids: Collection[int]) -> dict[int, Standard]:
    """The rules of those standard sets, by id of the set."""
    found = {set_id: Standard() for set_id in set_ids}
    for set_id, values in _rules(session, StandardRule, DeadlineRule, set_ids):
        found[set_id].deadlines.append(DeadlineRule(**values))
    for set_id, values in _rules(session, LadderRule, LevelRule, set_ids):
        found[set_id].ladder.append(LevelRule(**values))
    return found


def class_values(row: Mapping[str, Any]) -> dict[str, str | None]:
    """What a ticket counts as, by value: what a reclassification keeps of before and after."""
    return {name: None if row[name] is None else row[name].value for name in ("kind", "category", "severity")}


def _class(values: Mapping[str, Any], since: datetime) -> TicketClass:
    category, severity = _CATEGORIES.get(values.get("category")), _SEVERITIES.get(values.get("severity"))
    return TicketClass(since, _KINDS[values["kind"]], category, severity)


def _rules(
    session: Session, model: type[Base], mirror: type[Any], set_ids: Collection[int]
) -> Iterable[tuple[int, dict[str, Any]]]:
    """The rows of a table of rules with the columns that the mirroring dataclass has fields for."""
    names = tuple(each.name for each in fields(mirror) if each.name in model.__table__.columns)
    for set_id, *values in session.connection().execute(_rule_statement(model, names), {"ids": list(set_ids)}):
        yield set_id, dict(zip(names, values, strict=True))


@cache
def _rule_statement(model: type[Base], names: tuple[str, ...]) -> Select[Any]:
    columns = model.__table__.columns
    wanted = select(columns["standard_set_id"], *(columns[name] for name in names))
    return wanted.where(columns["standard_set_id"].in_(_ids))


def _events(session: Session, ticket_ids: Collection[int]) -> Mapping[int, Sequence[AnyRow]]:
    """What happened to those tickets, but for what was undone since."""
    found: dict[int, list[AnyRow]] = defaultdict(list)
    events = session.connection().execute(_EVENTS, {"ids": list(ticket_ids)}).all()
    undone = {each for event in events if event.kind is EventKind.UNDONE for each in (event.data or {})["events"]}
    for event in events:
        if event.id not in undone:
            found[event.ticket_id].append(event)
    return found


def _known(ticket: AnyRow, events: Sequence[AnyRow]) -> Known:
    return Known(ticket.estate_id, ticket.standard_set_id, ticket.next_due_at, _facts(ticket, events))


def _facts(ticket: AnyRow, events: Sequence[AnyRow]) -> TicketFacts:
    done: dict[EventKind, list[datetime]] = defaultdict(list)
    for event in events:
        done[event.kind].append(event.at)
    left_behind = [
        (event.at, _class(event.data["from"], event.at))
        for event in events
        if event.kind is EventKind.RECLASSIFIED and "from" in (event.data or {})
    ]
    turns = [(event.kind, event.at) for event in events if event.kind in _TURNS]
    present = TicketClass(ticket.opened_at, ticket.kind, ticket.category, ticket.severity)
    return TicketFacts(
        zone=ZoneInfo(ticket.time_zone),
        state=ticket.state,
        classes=class_history(ticket.opened_at, present, left_behind),
        rounds=rounds(ticket.opened_at, turns, ticket.state, ticket.resolved_at, ticket.closed_at),
        done=done,
        validity=ticket.validity,
        appointment_at=ticket.appointment_at,
        owner_deadline_at=ticket.owner_deadline_at,
        promised_reply_at=ticket.promised_reply_at,
        is_harm_ongoing=ticket.is_harm_ongoing,
    )
