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
from models.ticket import Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.write import Author, Insert, Refused, write


def open_ticket(
    session: Session, facts: Mapping[str, Any], by: Author, at: datetime, opened_at: datetime | None = None
) -> int:
    """Open a ticket with the columns in `facts` and return its id; `opened_at` is when the report came.

    The building's butler is proposed, and for a repair the engineer paired with him (S0 一帮一). A unit, a
    building or an estate is needed. Raises Refused. Inside `writing`.
    """
    opened_at = opened_at or at
    if opened_at > at:
        raise Refused(Ticket, {"opened_at": Fault(N_("A report cannot have come later than now"))})
    facts = {name: value for name, value in facts.items() if value is not None}
    place = _place(session, facts)
    estate = _locked_estate(session, place["estate_id"])
    values = {
        **_proposed(session, place["building_id"], facts),
        **facts,
        **place,
        "code": _next_code(session, estate, opened_at),
        "state": TicketState.NEW,
        "opened_at": opened_at,
        "standard_set_id": estate.standard_set_id,
    }
    ticket_id = write(session, [Insert(Ticket, values)], by=by, at=at)[0]
    event = {
        "estate_id": estate.id,
        "ticket_id": ticket_id,
        "kind": EventKind.OPENED,
        "at": opened_at,
        "account_id": by.account_id,
    }
    write(session, [Insert(TicketEvent, event)], by=by, at=at)
    return ticket_id


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
    statement = select(*columns).where(Estate.id == estate_id)
    return session.execute(statement.with_for_update(key_share=True)).one()


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
