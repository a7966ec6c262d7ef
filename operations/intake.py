"""Taking a report in: the ticket's place, people, standards and running code (S3 第6篇 4.2)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.base import N_
from models.building import Building
from models.estate import Estate
from models.faults import Fault
from models.standard import StandardSet
from models.ticket import Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.agreements import agreements
from operations.calendars import opening_calendars
from operations.write import Author, Insert, Refused, write

LATE_ENTRY_HOURS = 24  # of an estate without a standard set, as the sets ship (ours)


def open_ticket(
    session: Session, facts: Mapping[str, Any], by: Author, at: datetime, came_at: datetime | None = None
) -> int:
    """Open a ticket with the columns in `facts` and return its id; `came_at` is when the report came, if not now.

    One that came earlier is opened as of then and says when it was entered; how long ago that may be, its standard
    set says. The building's butler is proposed, and for a repair the engineer paired with him (S0 一帮一). A unit, a
    building or an estate is needed. Raises Refused. Inside `writing`.
    """
    opened_at = came_at or at
    facts = {name: value for name, value in facts.items() if value is not None}
    place = _place(session, facts)
    estate = _locked_estate(session, place["estate_id"])
    if fault := _late_fault(opened_at, at, estate.late_entry_hours):
        raise Refused(Ticket, {"came_at": fault})
    entered_at = at if opened_at < at else None
    calendar_id, service_hours_id = opening_calendars(session, estate.id)
    values = {
        **_proposed(session, place["building_id"], facts),
        **facts,
        **place,
        "code": _next_code(session, estate, opened_at),
        "state": TicketState.NEW,
        "opened_at": opened_at,
        "entered_at": entered_at,
        "standard_set_id": estate.standard_set_id,
        "calendar_id": calendar_id,
        "service_hours_id": service_hours_id,
    }
    ticket_id = write(session, [Insert(Ticket, values)], by=by, at=at)[0]
    event = {
        "estate_id": estate.id,
        "ticket_id": ticket_id,
        "kind": EventKind.OPENED,
        "at": opened_at,
        "account_id": by.account_id,
        "data": None if entered_at is None else {"entered_at": entered_at.isoformat()},
    }
    opened = {"id": ticket_id, "estate_id": estate.id, "owner_id": facts.get("owner_id")}
    agreed = agreements(session, {ticket_id: opened}, facts, by, at)
    write(session, [Insert(TicketEvent, event), *agreed], by=by, at=at)
    return ticket_id


def _late_fault(came_at: datetime, at: datetime, hours: int | None) -> Fault | None:
    """What is wrong with the moment at which a report is said to have come, None if nothing is."""
    if came_at > at:
        return Fault(N_("A report cannot have come later than now"))
    limit = LATE_ENTRY_HOURS if hours is None else hours
    if at - came_at > timedelta(hours=limit):
        return Fault(
            N_("A report may be entered up to %(hours)s hours after it came: give a later moment"), hours=limit
        )
    return None


def _place(session: Session, facts: Mapping[str, Any]) -> dict[str, int | None]:
    """The estate and building: the unit's, else the building's, else the estate as given."""
    place = select(Unit.estate_id, Unit.building_id).where(Unit.id == facts.get("unit_id"))
    if "unit_id" not in facts:
        place = select(Building.estate_id, Building.id).where(Building.id == facts.get("building_id"))
    found = session.execute(place).first()
    estate_id = found[0] if found else facts.get("estate_id")
    if estate_id is None:
        raise Refused(Ticket, {"unit_id": Fault(N_("Choose the unit or building that the report is about"))})
    return {"estate_id": estate_id, "building_id": found[1] if found else None}


def _locked_estate(session: Session, estate_id: int | None) -> Row[*tuple[Any, ...]]:
    """The estate. Whoever else opens a ticket in it waits, so that no two take the same number."""
    columns = (Estate.id, Estate.code, Estate.time_zone, Estate.standard_set_id)
    statement = (
        select(*columns, StandardSet.late_entry_hours)
        .outerjoin(StandardSet, StandardSet.id == Estate.standard_set_id)
        .where(Estate.id == estate_id)
    )
    return session.execute(statement.with_for_update(of=Estate, key_share=True)).one()


def _proposed(session: Session, building_id: int | None, facts: Mapping[str, Any]) -> dict[str, int | None]:
    pair = select(Building.butler_id, Building.engineer_id).where(Building.id == building_id)
    building = session.execute(pair).one_or_none()
    if building is None:
        return {}
    is_repair = facts.get("kind") is TicketKind.REPAIR
    return {"butler_id": building.butler_id, "assignee_id": building.engineer_id if is_repair else None}


def _next_code(session: Session, estate: Row[*tuple[Any, ...]], opened_at: datetime) -> str:
    """Estate, local date and running number, such as E1-261122-0001."""
    prefix = f"{estate.code}-{opened_at.astimezone(ZoneInfo(estate.time_zone)):%y%m%d}-"
    # The codes of a day are found by the index on the time of opening; two days cover every time zone.
    taken = session.scalars(
        select(Ticket.code).where(
            Ticket.estate_id == estate.id,
            Ticket.opened_at.between(opened_at - timedelta(days=2), opened_at + timedelta(days=2)),
            Ticket.code.startswith(prefix, autoescape=True),
        )
    )
    numbers = [int(code.removeprefix(prefix)) for code in taken if code.removeprefix(prefix).isdecimal()]
    return f"{prefix}{max(numbers, default=0) + 1:04}"
