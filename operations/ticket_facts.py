"""Tickets and standards as the rules see them, loaded in sets."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Row, Select, Table, bindparam, select
from sqlalchemy.orm import Session

from models.base import Base
from models.estate import Estate
from models.standard import LadderRule, StandardRule
from models.ticket import Category, Severity, Ticket, TicketKind
from models.ticket_event import EventKind, TicketEvent
from operations.calendars import Key, calendar_of
from operations.pauses import pauses_of
from rules.clocks import Calendar, Pause
from rules.deadlines import DeadlineRule
from rules.facts import DOING, Earlier, SourceWord, TicketClass, TicketFacts, class_history, rounds
from rules.fitting import Rulebook
from rules.ladder import LevelRule

_TURNS = frozenset({EventKind.RESOLVED, EventKind.CLOSED_UNRESOLVED, EventKind.REOPENED})
# The events on which dates hang; a ticket that never waited has no pauses.
TELLING = _TURNS.union(
    {EventKind.RECLASSIFIED, EventKind.UNDONE, EventKind.WAITING, EventKind.DATES_MOVED}, *DOING.values()
)
# The columns of a ticket on which its dates hang.
DECIDING = (
    *("estate_id", "state", "kind", "category", "severity", "validity", "is_harm_ongoing"),
    *("appointment_at", "owner_deadline_at", "promised_reply_at", "opened_at", "resolved_at", "closed_at"),
    *("standard_set_id", "standards_on", "calendar_id", "service_hours_id"),
    *("source_system", "source_due_at", "source_closed_at", "source_is_on_time"),
)
_KINDS = {kind.value: kind for kind in TicketKind}
_CATEGORIES: dict[str | None, Category] = {category.value: category for category in Category}
_SEVERITIES: dict[str | None, Severity] = {severity.value: severity for severity in Severity}

# Statements made once: every save of a ticket asks them.
_ids: BindParameter[int] = bindparam("ids", expanding=True)
_ticket, _event = cast(Table, Ticket.__table__), cast(Table, TicketEvent.__table__)  # a mapped class has a Table
_TICKETS = (
    select(_ticket.c.id, _ticket.c.next_due_at, *(_ticket.c[name] for name in DECIDING), Estate.__table__.c.time_zone)
    .join_from(_ticket, Estate.__table__, Estate.__table__.c.id == _ticket.c.estate_id)
    .where(_ticket.c.id.in_(_ids))
)
_LOCKED_TICKETS = _TICKETS.order_by(_ticket.c.id).with_for_update(of=_ticket, key_share=True)
_EVENTS = (
    select(_event.c.id, _event.c.ticket_id, _event.c.kind, _event.c.at, _event.c.account_id, _event.c.data)
    .where(_event.c.ticket_id.in_(_ids), _event.c.kind.in_(TELLING))
    .order_by(_event.c.at, _event.c.id)
)

_DEADLINE_NAMES = tuple(each.name for each in fields(DeadlineRule) if each.name in StandardRule.__table__.columns)
_LEVEL_NAMES = tuple(each.name for each in fields(LevelRule) if each.name in LadderRule.__table__.columns)

AnyRow = Row[*tuple[Any, ...]]
Values = tuple[tuple[Any, ...], ...]


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

    deadlines: Rulebook[DeadlineRule] = field(default_factory=Rulebook)
    ladder: Rulebook[LevelRule] = field(default_factory=Rulebook)


def load(session: Session, ticket_ids: Collection[int], *, lock: bool = False) -> dict[int, Known]:
    """The facts of those tickets, by id. `lock` makes who else derives from them wait."""
    statement = _LOCKED_TICKETS if lock else _TICKETS
    tickets = session.connection().execute(statement, {"ids": list(ticket_ids)}).all()
    events = _events(session, ticket_ids)
    keys = {ticket.id: _calendar_key(ticket) for ticket in tickets}
    kept = {ticket.id: _kept_before(ticket, events[ticket.id]) for ticket in tickets if ticket.standards_on}
    calendars = calendar_of(session, {*keys.values(), *(key for each in kept.values() for _, _, key in each)})
    earlier = {row_id: [Earlier(at, day, calendars[key]) for at, day, key in each] for row_id, each in kept.items()}
    waited = [ticket_id for ticket_id, found in events.items() if any(each.kind is EventKind.WAITING for each in found)]
    pauses = pauses_of(session, waited) if waited else {}
    return {
        ticket.id: Known(
            ticket.estate_id,
            ticket.standard_set_id,
            ticket.next_due_at,
            _facts(
                ticket,
                events[ticket.id],
                calendars[keys[ticket.id]],
                pauses.get(ticket.id, ()),
                earlier.get(ticket.id, ()),
            ),
        )
        for ticket in tickets
    }


def standards(session: Session, set_ids: Collection[int]) -> dict[int, Standard]:
    """The rules of those standard sets, by id of the set."""
    deadlines = _rules(session, StandardRule, _DEADLINE_NAMES, set_ids)
    ladder = _rules(session, LadderRule, _LEVEL_NAMES, set_ids)
    return {set_id: _standard(tuple(deadlines[set_id]), tuple(ladder[set_id])) for set_id in set_ids}


@lru_cache(maxsize=64)
def _standard(deadlines: Values, ladder: Values) -> Standard:
    """The rules with these values: a book that has found its deciding rules once serves until a row changes."""
    return Standard(
        Rulebook([DeadlineRule(**dict(zip(_DEADLINE_NAMES, each, strict=True))) for each in deadlines]),
        Rulebook([LevelRule(**dict(zip(_LEVEL_NAMES, each, strict=True))) for each in ladder]),
    )


def class_values(row: Mapping[str, Any]) -> dict[str, str | None]:
    """What a ticket counts as, by value: what a reclassification keeps of before and after."""
    return {name: None if row[name] is None else row[name].value for name in ("kind", "category", "severity")}


def _class(values: Mapping[str, Any], since: datetime) -> TicketClass:
    category, severity = _CATEGORIES.get(values.get("category")), _SEVERITIES.get(values.get("severity"))
    return TicketClass(since, _KINDS[values["kind"]], category, severity)


def _rules(
    session: Session, model: type[Base], names: tuple[str, ...], set_ids: Collection[int]
) -> Mapping[int, list[tuple[Any, ...]]]:
    """The values of those columns of a table of rules, by standard set."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for set_id, *values in session.connection().execute(_rule_statement(model, names), {"ids": list(set_ids)}):
        found[set_id].append(tuple(values))
    return found


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


def _calendar_key(ticket: AnyRow) -> Key:
    """What decides about the calendar of a ticket: its own as of the day whose standards it keeps."""
    return _key_on(ticket, ticket.standards_on)


def _key_on(ticket: AnyRow, day: date | None) -> Key:
    zone = ZoneInfo(ticket.time_zone)
    kept_on = day or ticket.opened_at.astimezone(zone).date()
    return Key(ticket.calendar_id, ticket.service_hours_id, zone, kept_on)


def _kept_before(ticket: AnyRow, events: Sequence[AnyRow]) -> list[tuple[datetime, date | None, Key]]:
    """Until when the ticket kept the standards of which day, as the events tell that moved its dates."""
    moved = [(event.at, event.data["was"]) for event in events if event.kind is EventKind.DATES_MOVED]
    days = [(at, None if was is None else date.fromisoformat(was)) for at, was in moved]
    return [(at, day, _key_on(ticket, day)) for at, day in days]


def _facts(
    ticket: AnyRow,
    events: Sequence[AnyRow],
    calendar: Calendar,
    pauses: Sequence[Pause],
    earlier: Sequence[Earlier],
) -> TicketFacts:
    done: dict[EventKind, list[datetime]] = defaultdict(list)
    for event in events:
        done[event.kind].append(event.at)
    left_behind = [
        (_since(event), _class(event.data["from"], event.at))
        for event in events
        if event.kind is EventKind.RECLASSIFIED and "from" in (event.data or {})
    ]
    turns = [(event.kind, event.at) for event in events if event.kind in _TURNS]
    present = TicketClass(ticket.opened_at, ticket.kind, ticket.category, ticket.severity)
    return TicketFacts(
        calendar=calendar,
        state=ticket.state,
        classes=class_history(ticket.opened_at, present, left_behind),
        rounds=rounds(ticket.opened_at, turns, ticket.state, ticket.resolved_at, ticket.closed_at),
        done=done,
        validity=ticket.validity,
        appointment_at=ticket.appointment_at,
        owner_deadline_at=ticket.owner_deadline_at,
        promised_reply_at=ticket.promised_reply_at,
        is_harm_ongoing=ticket.is_harm_ongoing,
        pauses=pauses,
        doers={(event.kind, event.at): event.account_id for event in events},
        standards_on=ticket.standards_on,
        earlier=earlier,
        source=_source_word(ticket),
    )


def _source_word(ticket: AnyRow) -> SourceWord | None:
    if ticket.source_system is None:
        return None
    said = (ticket.source_due_at, ticket.source_closed_at, ticket.source_is_on_time)
    return SourceWord(ticket.source_system, *said)


def _since(event: AnyRow) -> datetime:
    """From when a reclassification counts: one that time brought about, from when it did, not from its recording."""
    since = event.data.get("since")
    return event.at if since is None else datetime.fromisoformat(since)
