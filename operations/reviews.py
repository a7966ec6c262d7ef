"""Reviews signed off: once per estate and period, by whom the clause names, with the figures as they stood."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import N_
from models.estate import Estate
from models.faults import Fault
from models.notification import Notification, NotificationKind
from models.review import Review, ReviewKind
from models.ticket import Ticket
from operations.review_duties import OwedReview, Owing, figures, owed_reviews
from operations.telling import Occasion, tell
from operations.write import Author, Insert, write
from rules.permissions import EVERYTHING
from rules.reviews import SIGNERS, SOURCES, SUPERIORS, Period, may_sign, period, periods

TOLD_WITHIN = timedelta(days=1)  # what has been late for longer when the panel starts to look is no news


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the roles held and the estates served."""

    account_id: int
    roles: Collection[Role]
    estates: Collection[int]


def sign(session: Session, estate_id: int, asked: Period, remark: str | None, signer: Signer, at: datetime) -> int:
    """Record that the period was reviewed, with its figures as they stand, and return the id of the record.

    One that comes late is marked. Inside `writing`.

    Raises Fault for whom it is not to sign, for a period that is not owed, and where somebody signed before.
    """
    if not may_sign(asked.kind, signer.roles, signer.estates, estate_id):
        raise Fault(N_("This review is signed by the estate's %(role)s"), role=SIGNERS[asked.kind])
    zone = _locked_zone(session, estate_id)
    _demand_unsigned(session, estate_id, asked, zone)
    _demand_owed(session, estate_id, asked, at, zone)
    values = {
        **asdict(figures(session, estate_id, asked, at)),
        "estate_id": estate_id,
        "kind": asked.kind,
        "period_on": asked.on,
        "due_at": asked.due_at,
        "signed_at": at,
        "signed_by_id": signer.account_id,
        "is_late": at > asked.due_at,
        "remark": remark,
    }
    return write(session, [Insert(Review, values)], by=Author(signer.account_id), at=at)[0]


def tell_late(session: Session, now: datetime, by: Author, most: int) -> tuple[int, int]:
    """Tell those above whoever owes them of the reviews whose time ran out in the last day (ours), each once.

    For the sweep: returns that nothing more is due, and how many were told. Inside `writing`.
    """
    found = owed_reviews(session, now, EVERYTHING, owing=Owing.LATE)
    fresh = {_occasion(each): each for each in found if each.period.due_at > now - TOLD_WITHIN}
    known = select(Notification.occasion).where(Notification.occasion.in_(fresh)) if fresh else None
    before = set() if known is None else set(session.scalars(known))
    occasions = [_late(key, each) for key, each in fresh.items() if key not in before]
    told = tell(session, occasions[:most], by, now)
    return 0, sum(bool(each.people) for each in told.values())


def _occasion(owed: OwedReview) -> str:
    return f"review/{owed.estate_id}/{owed.period.kind}/{owed.period.on}"


def _late(key: str, owed: OwedReview) -> Occasion:
    kind, due_at = owed.period.kind, owed.period.due_at
    data = {"name": f"{owed.estate} {owed.period.on}", "clause": SOURCES[kind], "due_at": due_at.isoformat()}
    return Occasion(key, NotificationKind.REVIEW, owed.estate_id, roles=(SUPERIORS[kind],), data=data)


def period_of(session: Session, estate_id: int, kind: ReviewKind, on: date) -> Period | None:
    """The period of that name in the estate's own days; None where there is none."""
    zone = session.scalar(select(Estate.time_zone).where(Estate.id == estate_id))
    return None if zone is None else period(kind, on, ZoneInfo(zone))


def _locked_zone(session: Session, estate_id: int) -> ZoneInfo:
    """The zone of the estate, whose other signers wait: of two at once the second is told of the first."""
    statement = select(Estate.time_zone).where(Estate.id == estate_id).with_for_update(key_share=True)
    return ZoneInfo(session.execute(statement).scalar_one())


def _demand_unsigned(session: Session, estate_id: int, asked: Period, zone: ZoneInfo) -> None:
    statement = (
        select(Review.signed_at, Account.name)
        .join(Account, Account.id == Review.signed_by_id)
        .where(Review.estate_id == estate_id, Review.kind == asked.kind, Review.period_on == asked.on)
    )
    found = session.execute(statement).one_or_none()
    if found is not None:
        moment = found.signed_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        raise Fault(N_("%(name)s has signed this review already, on %(moment)s"), name=found.name, moment=moment)


def _demand_owed(session: Session, estate_id: int, asked: Period, at: datetime, zone: ZoneInfo) -> None:
    if asked.ends_at > at:
        moment = asked.ends_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        raise Fault(N_("The period is not over yet: it can be signed from %(moment)s on"), moment=moment)
    opened_at = session.scalar(select(func.min(Ticket.opened_at)).where(Ticket.estate_id == estate_id))
    first_on = None if opened_at is None else opened_at.astimezone(zone).date()
    if first_on is None or asked not in periods(asked.kind, first_on, at, zone):
        raise Fault(N_("No review is owed for this period any more, or none ever was"))
