"""The inbox: what the person was told, how many are unread, and the answers that are asked for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from sqlalchemy import bindparam, func, select

from models.account import Account
from models.base import now
from models.notification import Delivery, Notification, NotificationKind
from models.ticket import Ticket
from operations.acknowledging import acknowledge, asked_of, mark_read
from operations.notices import details, headline
from operations.scope import conditions
from operations.write import writing
from rules.permissions import Action
from views.access import account, author, may, model_scope, roles, zone_of
from views.database import db
from views.language import translate
from views.lists import record_id
from views.morning import READERS
from views.pages import turned_away
from views.public import safe_path

MOST_UNREAD = 99  # more is told as "99+": to count them all would cost every page
PAGE = 50

inbox = Blueprint("inbox", __name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A notification as its reader sees it, moments in the estate's time."""

    id: int
    title: str
    lines: list[str]
    subject: str
    ticket_id: int | None
    at: datetime
    is_unread: bool
    is_alarming: bool
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    passed_up_at: datetime | None


@inbox.get("/inbox/")
def index() -> Any:
    """The newest first, a page at a time; `show=unread` leaves out what was read."""
    person = account()
    if person is None:
        return turned_away()
    only_unread, before = request.args.get("show") == "unread", record_id(request.args.get("before", ""))
    found = _page(person.id, only_unread, before)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    sent_url = url_for("deliveries.index_view") if roles() & READERS and may(Delivery, Action.SEE) else None
    shown = {"only_unread": only_unread, "older": older, "newer": before, "sent_url": sent_url}
    return render_template("inbox.html", notes=_told(found[:PAGE]), **shown)


@inbox.post("/inbox/read")
def read() -> Any:
    """Take one notification as read, or all of them."""
    person = account()
    if person is None:
        return turned_away()
    person_id, one = person.id, record_id(request.form.get("id", ""))
    with writing(db.session):
        mark_read(db.session, person_id, now(), None if one is None else [one])
    return redirect(safe_path(request.form.get("back", url_for(".index"))))


@inbox.post("/inbox/acknowledge")
def answer() -> Any:
    """Acknowledge what the person was told of a ticket; who reaches it no longer answers for nobody."""
    person = account()
    if person is None:
        return turned_away()
    person_id, by, ticket_id = person.id, author(), record_id(request.form.get("ticket_id", ""))
    if ticket_id is not None and _subjects({ticket_id}):
        with writing(db.session):
            acknowledge(db.session, person_id, ticket_id, by, now())
    return redirect(safe_path(request.form.get("back", url_for(".index"))))


# Made once: every page asks it.
_UNREAD = select(func.count()).select_from(
    select(Notification.__table__.c.id)
    .where(Notification.__table__.c.account_id == bindparam("person"), Notification.__table__.c.read_at.is_(None))
    .limit(MOST_UNREAD + 1)
    .subquery()
)


def unread() -> int:
    """How many notifications of the person are unread, up to one more than MOST_UNREAD; once per request."""
    person = account()
    if person is None:
        return 0
    if "unread" not in g:
        g.unread = db.session.connection().execute(_UNREAD, {"person": person.id}).scalar()
    return int(g.unread)


def unread_text() -> str:
    """The number as it is shown; empty for none."""
    number = unread()
    return f"{MOST_UNREAD}+" if number > MOST_UNREAD else str(number or "")


def answers_asked(ticket_id: int) -> str:
    """What the person was told of the ticket and is asked to acknowledge, in a sentence each; empty for nothing."""
    person = account()
    asked = asked_of(db.session, person.id, ticket_id) if person is not None else []
    return " ".join(headline(each.kind, each.data, translate) for each in asked)


def _page(person_id: int, only_unread: bool, before: int | None) -> list[Any]:
    statement = (
        select(*(column for column in Notification.__table__.columns if column.name != "key"))
        .add_columns(Account.name.label("answered_by"))
        .outerjoin(Account, Account.id == Notification.acknowledged_by_id)
        .where(Notification.account_id == person_id)
        .order_by(Notification.id.desc())
        .limit(PAGE + 1)
    )
    if only_unread:
        statement = statement.where(Notification.read_at.is_(None))
    if before is not None:
        statement = statement.where(Notification.id < before)
    return list(db.session.execute(statement))


def _told(found: Collection[Any]) -> list[Told]:
    subjects = _subjects({row.ticket_id for row in found if row.ticket_id is not None})
    return [_as_told(row, subjects) for row in found]


def _as_told(row: Any, subjects: Mapping[int, str]) -> Told:
    zone = zone_of(row.estate_id)

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment is not None else None

    return Told(
        id=row.id,
        title=headline(row.kind, row.data, translate),
        lines=details(row.data, translate, zone),
        subject=subjects.get(row.ticket_id, ""),
        ticket_id=row.ticket_id if row.ticket_id in subjects else None,
        at=row.created_at.astimezone(zone),
        is_unread=row.read_at is None,
        is_alarming=row.kind is NotificationKind.NOT_ACKNOWLEDGED,
        acknowledge_by=local(row.acknowledge_by),
        acknowledged_at=local(row.acknowledged_at),
        acknowledged_by=row.answered_by or "",
        passed_up_at=local(row.passed_up_at),
    )


def _subjects(ticket_ids: Collection[int]) -> dict[int, str]:
    """What the tickets are about, as far as the person reaches them by now."""
    bounds = conditions(Ticket, model_scope(Ticket))
    rows = db.session.execute(select(Ticket.id, Ticket.subject).where(Ticket.id.in_(ticket_ids), *bounds))
    return {row.id: row.subject for row in rows}


def init_inbox(app: Flask) -> None:
    """Attach the page, and the number of unread notifications for every page."""
    app.register_blueprint(inbox)
    app.jinja_env.globals["unread_text"] = unread_text
