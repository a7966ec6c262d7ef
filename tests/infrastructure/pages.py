"""Every kind of page, once: what the tests of looks, accessibility, content policy and languages walk through."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.callback import Callback, CallbackOutcome, Satisfaction
from models.history import History
from models.ticket import Severity, TicketKind
from tests.infrastructure.desk import AGO, equip, report
from tests.infrastructure.people import OWN, SHARED, Cast, add
from tests.infrastructure.uploads import previewed

ROLE = Role.ADMINISTRATOR  # sees every kind
VISITOR = {"sign-in": "/login"}
# By kind of page its address; {names} are those of entities, for the id of a row of the first estate.
KINDS = {
    "start": "/",
    "list": "/owners/",
    "list of tickets": "/tickets/",
    "list, filtered": "/tickets/?kind=consultation&opened_at.from=2026-01-01",
    "filters": "/tickets/filters",
    "columns": "/tickets/columns",
    "views": "/tickets/views",
    "list, nothing fits": "/units/?occupancy=let",
    "list, cannot be asked": "/owners/?sort=nonsense",
    "list, not for forms": "/history/",
    "list of bulk changes": "/bulk-changes/",
    "list of exports": "/exports/",
    "details": "/owners/{owners}/",
    "details of a change": "/history/{history}/",
    "details of a ticket": "/tickets/{tickets}/",
    "details of an account": "/accounts/{accounts}/",
    "new": "/owners/new",
    "new ticket": "/tickets/new",
    "new account": "/accounts/new",
    "form": "/units/{units}/edit",
    "form of a ticket": "/tickets/{tickets}/edit",
    "deletion": "/regions/{regions}/delete",
    "deletion, in the way": "/owners/{owners}/delete",
    "overdue": "/overdue/",
    "callbacks due": "/callbacks-due/",
    "overdue, nothing fits": "/overdue/?kind=emergency",
    "satisfaction": "/satisfaction/",
    "rows behind a figure": "/satisfaction/callbacks?answer=satisfied",
    "escalation": "/escalation/",
    "reviews owed": "/reviews-due/",
    "review": "/reviews-due/daily/{estates}/2026-03-04",
    "draft of standards": "/drafts/{drafts}/",
    "draft of standards, its rules": "/drafts/{drafts}/rules",
    "tickets behind a draft": "/drafts/{drafts}/tickets",
    "who gains by pausing": "/pausing/",
    "upload": "/load/",
    "preview": "/load/{run}/",
    "how a file is read": "/load/{run}/answer",
    "columns of a file": "/load/{run}/columns",
    "problems of a file": "/load/{run}/problems",
    "preview, records perhaps there": "/load/{run}/?show=offers",
    "what was loaded": "/load/{imports}/",
    "undoing an import": "/load/{imports}/undo",
    "files loaded": "/load/runs",
    "password": "/password",
    "inbox": "/inbox/",
    "no such page": "/nowhere",
}


def work(session: Session, cast: Cast) -> Mapping[str, int]:
    """Give the cast something to show: tickets late by more and less, callbacks; returns the ids that KINDS name."""
    equip(session, cast)
    harm: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MAJOR, "is_harm_ongoing": True}
    late = [report(session, cast, ago) for ago in AGO.values()]
    late.append(report(session, cast, AGO["days"], subject="电梯困人", description="轿厢停在两层之间。", **harm))
    for ticket_id, said in zip(late, Satisfaction, strict=False):
        add(session, Callback, **_of(cast, ticket_id), outcome=CallbackOutcome.REACHED, satisfaction=said)
    add(session, Callback, **_of(cast, late[-1]), outcome=CallbackOutcome.REFUSED)
    history = session.scalar(select(func.max(History.id)))
    made = {"tickets": late[-1], "history": history or 0, "run": previewed(session, cast)}
    return {**cast.rows[SHARED], **cast.rows[OWN], **made}


def _of(cast: Cast, ticket_id: int) -> dict[str, Any]:
    return {"estate_id": cast.id_of("estates"), "ticket_id": ticket_id, "called_at": now()}


def addresses(ids: Mapping[str, int]) -> dict[str, str]:
    """The kinds of page with the addresses of those rows."""
    return {kind: address.format_map(ids) for kind, address in KINDS.items()}
