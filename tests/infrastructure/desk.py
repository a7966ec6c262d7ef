"""The cast of `people` at work: its first estate under the default standards, with a butler, taking reports in."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import now
from models.building import Building
from models.estate import Estate
from models.staff import Staff, StaffRole
from models.standard import StandardSet
from models.ticket import Ticket, TicketKind
from operations.standards import load_standards
from operations.tickets import open_ticket
from operations.write import Insert, Update, write, writing
from tests.infrastructure.people import BY, OWN, Cast

AGO = {
    "minutes": timedelta(minutes=10),
    "day": timedelta(days=1),
    "days": timedelta(days=4),
    "weeks": timedelta(days=20),
}


def equip(session: Session, cast: Cast) -> int:
    """Give the estate its standards and the first building its pair; returns the butler's id."""
    with writing(session):
        load_standards(session, BY, now())
        set_id = session.scalar(select(StandardSet.id).where(StandardSet.code == "default"))
        butler = {"estate_id": cast.id_of("estates"), "number": "E1-8", "name": "王管家", "role": StaffRole.BUTLER}
        (butler_id,) = write(session, [Insert(Staff, butler)], by=BY, at=now())
        pair = {"butler_id": butler_id, "engineer_id": cast.id_of("staff")}
        estate = Update(Estate, cast.id_of("estates"), {"standard_set_id": set_id})
        write(session, [estate, Update(Building, cast.id_of("buildings"), pair)], by=BY, at=now())
    return butler_id


def report(session: Session, cast: Cast, ago: timedelta, place: str = OWN, **facts: Any) -> int:
    """A ticket taken in so long ago: a consultation about the unit of the place, unless said otherwise."""
    moment: datetime = now() - ago
    unit = {"unit_id": cast.id_of("units", place), "owner_id": cast.id_of("owners", place)}
    values = {"kind": TicketKind.CONSULTATION, "subject": "咨询物业费", **unit, **facts}
    with writing(session):
        return open_ticket(session, values, BY, moment)


def ticket(session: Session, ticket_id: int) -> Ticket:
    """The ticket as it stands in the database."""
    session.expire_all()
    return session.get_one(Ticket, ticket_id)


def latest(session: Session) -> Ticket:
    """The ticket that was taken in last."""
    session.rollback()
    return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
