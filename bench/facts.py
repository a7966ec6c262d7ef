"""What of the built company the pages are asked for: its newest rows, a row in the middle, ten thousand of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from models.callback import Callback
from models.owner import Owner
from models.ticket import OPEN_STATES, Severity, Ticket, TicketKind

PAGE, ROWS = 5000, 50
EXPORTED = 10_000
WORD, RARE_WORD = "漏水", "白蚁"


@dataclass(frozen=True)
class Facts:
    """Where the pages start from."""

    estate_id: int
    contact_phone: str
    owner_phone: str
    code: str
    cursor: tuple[datetime, int]
    first: datetime
    last: datetime
    edited: list[int]
    callbacks_since: datetime


def facts(url: str, saves: int) -> Facts:
    """Of the database at that address; `edited` are as many open repairs as there will be saves."""
    with Session(create_engine(url)) as session:
        number = session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(1)).one()
        middle = session.get_one(Ticket, max(number - PAGE * ROWS, number // 2))
        phone = select(Ticket.contact_phone).where(Ticket.contact_phone.is_not(None)).order_by(Ticket.id.desc())
        wanted = (Ticket.kind == TicketKind.REPAIR, Ticket.severity == Severity.ORDINARY, Ticket.state.in_(OPEN_STATES))
        edited = select(Ticket.id).where(*wanted).order_by(Ticket.opened_at.desc()).limit(saves)
        return Facts(
            estate_id=3,
            contact_phone=session.scalars(phone.limit(1)).one() or "",
            owner_phone=session.get_one(Owner, number // 10).phone or "",
            code=middle.code,
            cursor=(middle.opened_at, middle.id),
            first=session.get_one(Ticket, number - EXPORTED + 1).opened_at,
            last=session.get_one(Ticket, number).opened_at,
            edited=list(session.scalars(edited)),
            callbacks_since=_year_before(session),
        )


def _year_before(session: Session) -> datetime:
    last = session.scalars(select(Callback.called_at).order_by(Callback.called_at.desc()).limit(1)).one()
    return last - timedelta(days=365)


def utc(moment: datetime) -> str:
    """As an address or hand-written SQL takes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}.000000"
