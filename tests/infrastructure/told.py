"""People to tell: the accounts of an estate's ladder, and what stands in their inboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import Base
from models.notification import Delivery, DeliveryChannel, Notification
from models.ticket_event import EventKind, TicketEvent
from operations.accounts import create_account
from operations.telling import CHANNELS
from operations.write import Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast


@dataclass(frozen=True)
class Crew:
    """Accounts by id: the butler's and the engineer's, who have staff numbers, and one for each level above."""

    butler: int
    engineer: int
    supervisor: int
    manager: int
    hq: int
    stranger: int  # supervisor of another estate


def crew(session: Session, cast: Cast, other_estate_id: int) -> Crew:
    """The accounts, committed."""
    own, other = {cast.estate_id}, {other_estate_id}
    with writing(session):
        _account(session, Role.ADMINISTRATOR, "administrator", set())
        return Crew(
            butler=_account(session, Role.BUTLER, "butler", own, {cast.building_id}, cast.butler_id),
            engineer=_account(session, Role.ENGINEER, "engineer", own, staff_id=cast.engineer_id),
            supervisor=_account(session, Role.SUPERVISOR, "supervisor", own),
            manager=_account(session, Role.MANAGER, "manager", own),
            hq=_account(session, Role.HQ, "hq", set()),
            stranger=_account(session, Role.SUPERVISOR, "stranger", other),
        )


def _account(
    session: Session,
    role: Role,
    name: str,
    estates: set[int],
    buildings: set[int] = frozenset(),  # type: ignore[assignment]  # never changed
    staff_id: int | None = None,
) -> int:
    values = {"email": f"{name}@example.test", "name": name, "staff_id": staff_id}
    grants: dict[str, Any] = {"roles": [role], "estates": estates, "buildings": buildings}
    return create_account(session, values, "no password opens this", **grants, by=BY, at=OPENED)


def leave(session: Session, *account_ids: int) -> None:
    """The accounts become inactive."""
    with writing(session):
        write(session, [Update(Account, each, {"active": False}) for each in account_ids], by=BY, at=OPENED)


def notifications(session: Session, account_id: int | None = None) -> Sequence[Notification]:
    """What stands in the inbox of the account, or of all, the oldest first."""
    statement = select(Notification).order_by(Notification.id)
    return _all(session, statement if account_id is None else statement.where(Notification.account_id == account_id))


def deliveries(session: Session) -> Sequence[Delivery]:
    """What was to be sent, in the order of its making."""
    return _all(session, select(Delivery).order_by(Delivery.id))


def events(session: Session, kind: EventKind) -> Sequence[TicketEvent]:
    """The events of that kind, in the order of their making."""
    return _all(session, select(TicketEvent).where(TicketEvent.kind == kind).order_by(TicketEvent.id))


def told_names(event: TicketEvent) -> list[str]:
    """Who was told, as the event says."""
    return [person["name"] for person in (event.data or {})["told"]]


def open_ways(session: Session, *channels: DeliveryChannel) -> None:
    """Let the application's engine know these ways out of the panel, as the configuration would."""
    session.get_bind().engine.update_execution_options(**{CHANNELS: frozenset(channels)})


def _all(session: Session, statement: Any) -> Sequence[Any]:
    session.rollback()
    found: Sequence[Base] = session.scalars(statement).all()
    return found
