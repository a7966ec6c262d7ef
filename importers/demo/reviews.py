"""Reviews that supervisor and manager signed off, one of them late, and what they still owe (S3 第6篇 4.3, 4.9)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from importers.demo.accounts import Doer
from importers.demo.dice import dice, minutes
from importers.demo.register import Site
from importers.demo.reports import first_day
from importers.demo.texts import phrase
from models.account import Role
from models.milestone import Milestone
from models.review import Review, ReviewKind
from models.ticket import Ticket, TicketKind
from operations.write import Author, Insert, write
from rules.reviews import SIGNERS, Period, periods

_STILL_OWED = {ReviewKind.DAILY: (1, 4), ReviewKind.WEEKLY: (1,)}  # counted from the last period back
_LATE = 9  # so many periods ago one was signed too late


def write_reviews(
    session: Session,
    sites: Sequence[Site],
    doers: Mapping[tuple[int, Role], Doer],
    today: date,
    by: Author,
    at: datetime,
) -> int:
    """Write what the accounts of each estate have signed; returns how many. Inside `writing`."""
    found = [
        Insert(Review, _review(session, site, asked, number, signer, today))
        for site in sites
        for kind in ReviewKind
        if (signer := doers.get((site.id, SIGNERS[kind])))
        for number, asked in _signed(site, kind, today, at)
    ]
    return len(write(session, found, by=by, at=at))


def _signed(site: Site, kind: ReviewKind, today: date, at: datetime) -> Iterator[tuple[int, Period]]:
    """The periods that were signed, each with its number from the last one back."""
    owed = list(periods(kind, first_day(today), at, site.zone))
    for number, asked in zip(range(len(owed), 0, -1), owed, strict=True):
        if number not in _STILL_OWED[kind] and asked.due_at + timedelta(hours=6) < at:
            yield number, asked


def _review(session: Session, site: Site, asked: Period, number: int, signer: Doer, today: date) -> dict[str, object]:
    random = dice(today, site.code, "review", asked.kind, asked.on)
    after = asked.due_at if number == _LATE else asked.ends_at + timedelta(hours=8)
    signed_at = after + minutes(random, 20, 150)
    remark = phrase(random, "review", asked.kind.value)
    return {
        **_figures(session, site.id, asked, signed_at),
        "estate_id": site.id,
        "kind": asked.kind,
        "period_on": asked.on,
        "due_at": asked.due_at,
        "signed_at": signed_at,
        "signed_by_id": signer.account_id,
        "is_late": signed_at > asked.due_at,
        "remark": remark,
    }


def _figures(session: Session, estate_id: int, asked: Period, at: datetime) -> dict[str, int]:
    """As they stood when it was signed."""
    was_open = (
        Ticket.opened_at <= at,
        or_(Ticket.resolved_at.is_(None), Ticket.resolved_at > at),
        or_(Ticket.closed_at.is_(None), Ticket.closed_at > at),
    )
    was_late = select(Milestone.ticket_id).where(
        Milestone.estate_id == estate_id,
        Milestone.due_at < at,
        or_(Milestone.done_at > at, Milestone.is_open),
    )
    asked_for = {
        "taken_in": (Ticket.opened_at >= asked.starts_at, Ticket.opened_at < asked.ends_at),
        "resolved": (Ticket.resolved_at >= asked.starts_at, Ticket.resolved_at < asked.ends_at),
        "open_complaints": (*was_open, Ticket.kind == TicketKind.COMPLAINT),
        "overdue": (*was_open, Ticket.id.in_(was_late)),
    }
    numbers = [
        select(func.count()).select_from(Ticket).where(Ticket.estate_id == estate_id, *where).scalar_subquery()
        for where in asked_for.values()
    ]
    return dict(zip(asked_for, session.execute(select(*numbers)).one(), strict=True))
