"""The pauses of tickets as the rules see them, loaded in sets."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import BindParameter, Table, bindparam, select
from sqlalchemy.orm import Session

from models.pause import Pause as Kept
from models.standard import StandardSet
from models.ticket import Ticket
from operations.chunks import chunks
from rules.clocks import Pause
from rules.pausing import Bounds, Wait, clipped

_ids: BindParameter[int] = bindparam("ids", expanding=True)
_pause, _ticket, _set = (cast(Table, model.__table__) for model in (Kept, Ticket, StandardSet))
_PAUSES = (
    select(
        *(_pause.c.ticket_id, _pause.c.starts_at, _pause.c.ended_at),
        *(_pause.c.needs_approval, _pause.c.allowed_at, _pause.c.refused_at),
        *(_set.c.pause_cap_hours, _set.c.pause_approval_hours),
    )
    .join_from(_pause, _ticket, _ticket.c.id == _pause.c.ticket_id)
    .join(_set, _set.c.id == _ticket.c.standard_set_id)
    .where(_pause.c.ticket_id.in_(_ids), _pause.c.starts_at.is_not(None))
    .order_by(_pause.c.starts_at, _pause.c.id)
)


def pauses_of(session: Session, ticket_ids: Collection[int]) -> Mapping[int, Sequence[Pause]]:
    """By ticket the pauses that stop its clocks, in time order, each with its end; tickets without any left out."""
    found: dict[int, list[Any]] = defaultdict(list)
    for chunk in chunks(sorted(ticket_ids)):
        for row in session.connection().execute(_PAUSES, {"ids": chunk}):
            found[row.ticket_id].append(row)
    return {ticket_id: clipped(map(wait_of, rows), bounds_of(rows[0])) for ticket_id, rows in found.items()}


def wait_of(row: Any) -> Wait:
    """The row of a pause as the rules see it."""
    return Wait(row.starts_at, row.ended_at, row.needs_approval, row.allowed_at is not None, row.refused_at is not None)


def bounds_of(row: Any) -> Bounds:
    """How long pauses may be under the standard set of that row."""
    return Bounds(timedelta(hours=row.pause_cap_hours), timedelta(hours=row.pause_approval_hours))
