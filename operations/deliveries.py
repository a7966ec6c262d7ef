"""Deliveries: notifications on their way out, each tried until it is sent, by as many workers as there are.

What is to be sent is claimed in one short transaction and the outcome written down in another; while the network is
talked to, nothing is locked. A worker that dies in between has claimed for `LEASE` only: then another one sends, under
the same id, so that a message may arrive twice but never not at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.orm import Session

from models.account import Account
from models.base import N_, Clock
from models.estate import Estate
from models.notification import Delivery, DeliveryChannel, DeliveryState, Notification
from operations.notices import Translate, details, headline, local
from operations.parcels import Parcel, Way
from operations.write import writing
from rules.retrying import PATIENCE, next_attempt

BATCH = 20  # claimed at once by one worker
LEASE = timedelta(minutes=15)  # longer than a batch can take by its time limits
LONGEST_ERROR = 200

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wording:
    """How a message is worded: the languages, the one of who has chosen none, the panel's address and time zone."""

    translate: Callable[[str], Translate]  # by language
    language: str
    public_url: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many messages were sent, how many failed and are tried again, and how many were given up."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0


def deliver(session: Session, ways: Mapping[DeliveryChannel, Way], wording: Wording, clock: Clock) -> DeliveryReport:
    """Send what is due by the ways there are; runs its own transactions. Any number may deliver at once."""
    states: list[DeliveryState] = [DeliveryState.GIVEN_UP] * _give_up(session, ways, clock())
    for channel, way in ways.items():
        while claimed := _claim(session, channel, clock()):
            states += [_write_down(session, row, error, clock()) for row, error in _sent(claimed, way, wording)]
    return DeliveryReport(
        sent=states.count(DeliveryState.SENT),
        failed=states.count(DeliveryState.WAITING),
        given_up=states.count(DeliveryState.GIVEN_UP),
    )


def _claim(session: Session, channel: DeliveryChannel, now: datetime) -> Sequence[AnyRow]:
    """Some that are due, with all that their messages say; nobody else takes them before the lease is over."""
    due = (
        select(Delivery.id)
        .where(Delivery.state == DeliveryState.WAITING, Delivery.next_attempt_at <= now, Delivery.channel == channel)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    with writing(session):
        ids = session.scalars(due).all()
        claiming = {"next_attempt_at": now + LEASE, "attempts": Delivery.attempts + 1, "version": Delivery.version + 1}
        session.execute(_updated(ids, claiming))
        return session.execute(_contents(ids)).all()


def _updated(ids: Sequence[int], values: Mapping[str, Any]) -> Any:
    return (
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == DeliveryState.WAITING)
        .values(dict(values))
        .execution_options(synchronize_session=False)
    )


def _contents(ids: Sequence[int]) -> Select[Any]:
    return (
        select(Delivery.id, Delivery.key, Delivery.attempts, Delivery.address, Notification.kind, Notification.data)
        .add_columns(Notification.created_at, Notification.held_until, Notification.acknowledge_by)
        .add_columns(Notification.ticket_id, Estate.time_zone, Account.name, Account.email, Account.language)
        .add_columns(Account.active)
        .join(Notification, Notification.id == Delivery.notification_id)
        .join(Account, Account.id == Notification.account_id)
        .outerjoin(Estate, Estate.id == Notification.estate_id)
        .where(Delivery.id.in_(ids))
        .order_by(Delivery.id)
    )


def _sent(claimed: Sequence[AnyRow], way: Way, wording: Wording) -> Iterator[tuple[AnyRow, str | None]]:
    """Send each and say what went wrong with it; where there is no connection at all, nothing is tried further."""
    left = list(claimed)
    try:
        with way.opened() as send:
            while left:
                error = _try(send, left[0], wording)
                yield left.pop(0), error
    except OSError as fault:
        yield from ((row, _said(fault)) for row in left)


def _try(send: Callable[[Parcel], None], row: AnyRow, wording: Wording) -> str | None:
    if not row.active:
        return "the account is not active"
    try:
        send(parcel(row, wording))
    except Exception as fault:  # noqa: BLE001  # a message that cannot be made keeps none of the others waiting
        return _said(fault)
    return None


def _said(fault: Exception) -> str:
    """What is kept of a fault: its kind and code, and our own words; those of the other side may hold anything."""
    code = getattr(fault, "smtp_code", None)
    words = str(fault) if type(fault).__module__.startswith("operations.") else type(fault).__name__
    return (words if code is None else f"{words} {code}")[:LONGEST_ERROR]


def parcel(row: AnyRow, wording: Wording) -> Parcel:
    """The message in the language of its reader; it names the ticket by its code and nobody by name but colleagues."""
    language = row.language or wording.language
    translate, zone = wording.translate(language), ZoneInfo(row.time_zone or wording.time_zone)
    title = headline(row.kind, row.data, translate)
    asked = []
    if row.acknowledge_by is not None:
        sentence = translate(N_("Please acknowledge by %(moment)s: after that the next level is told"))
        asked = [sentence % {"moment": local(row.acknowledge_by, zone)}]
    path = f"tickets/{row.ticket_id}/" if row.ticket_id is not None else "inbox/"
    return Parcel(
        key=row.key,
        kind=row.kind.value,
        address=row.address or row.email,
        name=row.name,
        language=language,
        title=title,
        lines=(title, *details(row.data, translate, zone), *asked),
        url=f"{wording.public_url.rstrip('/')}/{path}" if wording.public_url else "",
        at=row.created_at,
        facts=row.data,
    )


def _write_down(session: Session, row: AnyRow, error: str | None, now: datetime) -> DeliveryState:
    """The outcome of an attempt, in a transaction of its own: what is sent is not sent again."""
    if error is None:
        state, values = DeliveryState.SENT, {"state": DeliveryState.SENT, "sent_at": now, "error": None}
    else:
        again = next_attempt(row.attempts, now, since=row.held_until or row.created_at) if row.active else None
        state = DeliveryState.WAITING if again is not None else DeliveryState.GIVEN_UP
        values = {"state": state, "error": error, **({"next_attempt_at": again} if again is not None else {})}
    with writing(session):
        session.execute(_updated([row.id], {**values, "version": Delivery.version + 1}))
    return state


def _give_up(session: Session, ways: Mapping[DeliveryChannel, Way], now: datetime) -> int:
    """What has waited a day for a way that the configuration no longer opens is not sent later, unexpected."""
    closed = [channel for channel in DeliveryChannel if channel not in ways]
    is_stale = [
        Delivery.state == DeliveryState.WAITING,
        Delivery.next_attempt_at <= now - PATIENCE,
        Delivery.channel.in_(closed),
    ]
    if not session.scalar(select(func.count()).select_from(Delivery).where(*is_stale)):
        return 0
    values = {"state": DeliveryState.GIVEN_UP, "error": "not configured any more", "version": Delivery.version + 1}
    with writing(session):
        given_up = update(Delivery).where(*is_stale).values(values).returning(Delivery.id)
        return len(session.scalars(given_up.execution_options(synchronize_session=False)).all())
