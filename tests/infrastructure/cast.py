"""A fixed cast: one estate with a building, a unit, an owner, her butler and engineer, and the shipped standards."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.building import Building
from models.estate import Estate
from models.owner import Owner
from models.staff import Staff, StaffRole
from models.standard import StandardSet
from models.ticket import Ticket, TicketKind
from models.unit import Unit
from operations.standards import load_standards
from operations.tickets import open_ticket
from operations.write import Author, Insert, write, writing

BY = Author(None, "test")
OPENED = datetime(2026, 3, 4, 1, 0, 0, tzinfo=UTC)  # 09:00 in the estate


@dataclass(frozen=True)
class Cast:
    estate_id: int
    building_id: int
    unit_id: int
    owner_id: int
    butler_id: int
    engineer_id: int
    stranger_id: int


def settle(session: Session, code: str = "E1") -> Cast:
    """An estate under the default standards; the stranger is an engineer of another estate."""
    with writing(session):
        load_standards(session, BY, OPENED)
        set_id = session.scalar(select(StandardSet.id).where(StandardSet.code == "default"))
        names = {"name": "翠湖", "standard_set_id": set_id}
        estate_id = _add(session, Estate, code=code, **names)
        other_id = _add(session, Estate, code=f"{code}X", **names)
        butler_id = _add_staff(session, estate_id, f"{code}-B", "王管家", StaffRole.BUTLER)
        engineer_id = _add_staff(session, estate_id, f"{code}-E", "李工", StaffRole.ENGINEER)
        stranger_id = _add_staff(session, other_id, f"{code}X-E", "赵工", StaffRole.ENGINEER)
        pair = {"butler_id": butler_id, "engineer_id": engineer_id}
        building_id = _add(session, Building, estate_id=estate_id, code="3", **pair)
        unit_id = _add(session, Unit, estate_id=estate_id, building_id=building_id, code="3-2-1501")
        owner_id = _add(session, Owner, estate_id=estate_id, number=f"{code}-1", name="陈静")
    return Cast(estate_id, building_id, unit_id, owner_id, butler_id, engineer_id, stranger_id)


def report(session: Session, cast: Cast, at: datetime = OPENED, **facts: Any) -> int:
    """A ticket taken in at that moment: a consultation of the owner about her unit, unless said otherwise."""
    values = {"unit_id": cast.unit_id, "owner_id": cast.owner_id, "subject": "咨询", "kind": TicketKind.CONSULTATION}
    with writing(session):
        return open_ticket(session, {**values, **facts}, BY, at)


def ticket(session: Session, ticket_id: int) -> Ticket:
    """The ticket as it stands in the database."""
    session.expire_all()
    return session.get_one(Ticket, ticket_id)


def _add_staff(session: Session, estate_id: int, number: str, name: str, role: StaffRole) -> int:
    return _add(session, Staff, estate_id=estate_id, number=number, name=name, role=role)


def _add(session: Session, model: Any, **values: Any) -> int:
    return write(session, [Insert(model, values)], by=BY, at=OPENED)[0]
