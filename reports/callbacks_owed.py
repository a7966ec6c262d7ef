"""Tickets whose owners are to be called back and have not been since the work was done."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_

from models.base import N_, Labelled
from models.callback import Callback
from models.ticket import IS_CALLED_BACK_SQL, Ticket
from rules.callback_limits import OWED, REMEMBERED

_ticket = Ticket.__table__.c
# In the words of the partial index: SQLite does not see through bound values.
_IS_OWED_ONE: ColumnElement[bool] = literal_column(f"ticket.{IS_CALLED_BACK_SQL}")


class Owed(Labelled):
    """Whether the time for the callback has run out."""

    DUE = "due", N_("Within the limit")
    LATE = "late", N_("Past the limit")


def callbacks_owed(now: datetime, owed: Owed | None = None) -> tuple[ColumnElement[bool], ...]:
    """The conditions on tickets that leave those to be called back about; from two months ago on.

    Whoever promised a ticket elsewhere calls back from there (ours).
    """
    calls = Callback.__table__.c
    called = exists().where(calls.ticket_id == _ticket.id, calls.called_at >= _ticket.resolved_at)
    since, until = now - REMEMBERED, now
    limits = [limit.within for limit in OWED.values()]
    if owed is Owed.DUE:
        since = now - max(limits)
    if owed is Owed.LATE:
        until = now - min(limits)
    resolved = (_ticket.resolved_at >= since, _ticket.resolved_at <= until)
    found = [_IS_OWED_ONE, _ticket.source_system.is_(None), *resolved, ~called]
    if owed is not None:
        in_time = or_(
            *(and_(_ticket.kind == kind, _ticket.resolved_at > now - limit.within) for kind, limit in OWED.items())
        )
        found.append(in_time if owed is Owed.DUE else ~in_time)
    return tuple(found)
