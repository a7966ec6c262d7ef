"""Telling people: who hears of an occasion, in their inbox and by the ways out of the panel.

Notifications and deliveries leave no history: they are the record of who was told, and who was told of a ticket
stands on its timeline.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Insert as SqlInsert
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.account import Role
from models.estate import Estate
from models.notification import Delivery, DeliveryChannel, DeliveryState, Notification, NotificationKind
from models.standard import StandardSet
from models.ticket import Ticket
from operations import recipients
from operations.chunks import chunks
from operations.recipients import AnyRow, Ladder, Level, Person
from operations.write import Author
from rules.quiet_hours import is_urgent, quiet_until

INBOX = "inbox"
CHANNELS = "channels"  # the execution option of an engine that names the ways out which the configuration opens


@dataclass(frozen=True, slots=True)
class Occasion:
    """What somebody is to be told of; `key` is unique to it, so that telling it twice adds nothing.

    Told are the people of the ladder's `level` for the ticket; without a level everybody of one of the `roles` who
    serves the estate (HQ, quality officers and administrators serve all); and the `accounts`, in any case.
    `asks` for an acknowledgement within the time of the level. `data` is what the sentence says, as JSON; the code,
    kind and severity of the ticket are added.
    """

    key: str
    kind: NotificationKind
    estate_id: int | None
    ticket_id: int | None = None
    level: int | None = None
    roles: Collection[Role] = ()
    accounts: Collection[int] = ()
    asks: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told: `level` is that of the ladder whose people they are, above the one asked for where `nobody_at`
    says so; None where there is nobody up to the top, or no level was asked for.
    """

    level: int | None
    people: Sequence[Mapping[str, Any]]  # {"account": id, "name", "channels": ["inbox", "email", …]}
    nobody_at: Sequence[int]

    def as_data(self) -> dict[str, Any]:
        """What an event keeps of it."""
        found: dict[str, Any] = {"told": [dict(person) for person in self.people]}
        return found | ({"nobody_at": list(self.nobody_at), "told_level": self.level} if self.nobody_at else {})


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides who is told of some occasions and when, by id."""

    tickets: Mapping[int | None, AnyRow]
    estates: Mapping[int | None, AnyRow]
    quiet: Mapping[int | None, AnyRow]
    ladders: Mapping[int | None, Ladder]
    by_role: Mapping[tuple[Role, int | None], list[Person]]
    by_staff: Mapping[int | None, list[Person]]
    by_account: Mapping[int, Person]


@dataclass(frozen=True, slots=True)
class _Audience:
    """The people of an occasion, each once, and the level they are told at."""

    people: Sequence[Person]
    level: Level | None
    nobody_at: Sequence[int]


def tell(session: Session, occasions: Sequence[Occasion], by: Author, at: datetime) -> dict[str, Told]:
    """Note in the inbox of each person what there is to know, and what is to be sent; by key, who was told.

    Nobody to tell at a level: the next one up is told. During quiet hours what is neither urgent nor major is held
    back outside the panel, and the time to answer begins at their end. Inside `writing`; who was told of the occasion
    before is not told again.
    """
    if not occasions:
        return {}
    known = _known(session, occasions)
    channels = _channels(session)
    found: dict[str, Told] = {}
    rows: list[dict[str, Any]] = []
    emails: dict[str, str] = {}
    for occasion in occasions:
        audience = _audience(known, occasion)
        told = [{"account": each.id, "name": each.name, "channels": [INBOX, *channels]} for each in audience.people]
        found[occasion.key] = Told(audience.level.level if audience.level else None, told, audience.nobody_at)
        for person in audience.people:
            rows.append(_row(known, occasion, audience.level, person, at))
            emails[rows[-1]["key"]] = person.email
    _send_out(session, _keep(session, rows), emails, channels)
    return found


def channels_of(engine_options: Mapping[str, Any]) -> Sequence[str]:
    """The ways out of the panel that the configuration has opened, by value."""
    return [channel.value for channel in DeliveryChannel if channel in engine_options.get(CHANNELS, ())]


def _channels(session: Session) -> Sequence[str]:
    return channels_of(session.connection().get_execution_options())


def _known(session: Session, occasions: Sequence[Occasion]) -> _Known:
    tickets = _by_id(session, _TICKET, {occasion.ticket_id for occasion in occasions})
    estate_ids = {occasion.estate_id for occasion in occasions}
    estates = _by_id(session, (Estate.id, Estate.time_zone, Estate.standard_set_id), estate_ids)
    set_ids = {row.standard_set_id for row in (*tickets.values(), *estates.values())}
    ladders = recipients.ladders(session, set_ids)
    climbing = {level.role for ladder in ladders.values() for level in ladder if level.role is not None}
    has_levels = any(occasion.level is not None for occasion in occasions)
    roles = {role for occasion in occasions for role in occasion.roles} | (climbing if has_levels else set())
    staff = {staff_id for ticket in tickets.values() for staff_id in (ticket.assignee_id, ticket.butler_id)}
    return _Known(
        tickets=tickets,
        estates=estates,
        quiet=_by_id(session, (StandardSet.id, StandardSet.quiet_from, StandardSet.quiet_until), set_ids),
        ladders=ladders,
        by_role=recipients.of_roles(session, roles, estate_ids),
        by_staff=recipients.of_staff(session, staff),
        by_account=recipients.of_accounts(session, [each for occasion in occasions for each in occasion.accounts]),
    )


_TICKET = (
    *(Ticket.id, Ticket.code, Ticket.kind, Ticket.severity, Ticket.standard_set_id),
    *(Ticket.assignee_id, Ticket.butler_id),
)


def _by_id(session: Session, columns: Sequence[Any], wanted: Collection[int | None]) -> dict[int | None, AnyRow]:
    found: dict[int | None, AnyRow] = {}
    for chunk in chunks(sorted(each for each in wanted if each is not None)):
        found |= {row.id: row for row in session.execute(select(*columns).where(columns[0].in_(chunk)))}
    return found


def _audience(known: _Known, occasion: Occasion) -> _Audience:
    named = [known.by_account[each] for each in occasion.accounts if each in known.by_account]
    if occasion.level is None:
        of_role = [each for role in occasion.roles for each in known.by_role.get((role, occasion.estate_id), ())]
        return _Audience(_once([*of_role, *named]), None, [])
    nobody_at: list[int] = []
    for level in _ladder(known, occasion):
        if level.level >= occasion.level:
            if people := _people_at(known, occasion, level):
                return _Audience(_once([*people, *named]), level, nobody_at)
            nobody_at.append(level.level)
    return _Audience(_once(named), None, nobody_at)


def _ladder(known: _Known, occasion: Occasion) -> Ladder:
    ticket = known.tickets.get(occasion.ticket_id)
    return known.ladders[ticket.standard_set_id if ticket is not None else None]


def _people_at(known: _Known, occasion: Occasion, level: Level) -> Sequence[Person]:
    """At level 0 the assignee, else the butler; above it everybody of the role who serves the estate."""
    if level.role is not None:
        return known.by_role.get((level.role, occasion.estate_id), [])
    ticket = known.tickets.get(occasion.ticket_id)
    if ticket is None:
        return []
    return known.by_staff.get(ticket.assignee_id) or known.by_staff.get(ticket.butler_id) or []


def _once(people: Sequence[Person]) -> list[Person]:
    return list({person.id: person for person in people}.values())


def _row(known: _Known, occasion: Occasion, level: Level | None, person: Person, at: datetime) -> dict[str, Any]:
    ticket = known.tickets.get(occasion.ticket_id)
    held_until = _held_until(known, occasion, at)
    minutes = level.acknowledge_minutes if level is not None and occasion.asks else None
    return {
        "key": str(uuid4()),
        "occasion": occasion.key,
        "account_id": person.id,
        "estate_id": occasion.estate_id,
        "ticket_id": occasion.ticket_id,
        "kind": occasion.kind,
        "level": level.level if level is not None else None,
        "created_at": at,
        "held_until": held_until,
        "acknowledge_by": None if minutes is None else (held_until or at) + timedelta(minutes=minutes),
        "data": {**occasion.data, **(_of_ticket(ticket) if ticket is not None else {})},
    }


def _of_ticket(ticket: AnyRow) -> dict[str, Any]:
    severity = ticket.severity.value if ticket.severity is not None else None
    return {"code": ticket.code, "ticket_kind": ticket.kind.value, "severity": severity}


def _held_until(known: _Known, occasion: Occasion, at: datetime) -> datetime | None:
    ticket, estate = known.tickets.get(occasion.ticket_id), known.estates.get(occasion.estate_id)
    if estate is None or (ticket is not None and is_urgent(ticket.kind, ticket.severity)):
        return None
    hours = known.quiet.get((ticket or estate).standard_set_id)
    return None if hours is None else quiet_until(at, ZoneInfo(estate.time_zone), hours.quiet_from, hours.quiet_until)


def _keep(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the notifications down and return those that were not there, with their ids."""
    if not rows:
        return []
    table = _table(Notification)
    statement: Any = _new(session, table).on_conflict_do_nothing(index_elements=["account_id", "occasion"])
    ids = {row.key: row.id for row in session.execute(statement.returning(table.c.id, table.c.key), rows)}
    return [{**row, "id": ids[row["key"]]} for row in rows if row["key"] in ids]


def _new(session: Session, table: Table) -> Any:
    return (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def _send_out(
    session: Session, kept: Sequence[Mapping[str, Any]], emails: Mapping[str, str], channels: Sequence[str]
) -> None:
    rows = [
        {
            "notification_id": row["id"],
            "estate_id": row["estate_id"],
            "created_at": row["created_at"],
            "key": row["key"],
            "channel": DeliveryChannel(channel),
            "address": emails[row["key"]] if channel == DeliveryChannel.EMAIL else None,
            "state": DeliveryState.WAITING,
            "attempts": 0,
            "next_attempt_at": row["held_until"] or row["created_at"],
            "version": 1,
        }
        for row in kept
        for channel in channels
    ]
    if rows:
        statement: SqlInsert = insert(_table(Delivery))
        session.execute(statement, rows)


def _table(model: type[Notification | Delivery]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
