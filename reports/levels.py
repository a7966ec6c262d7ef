"""At which level of the ladder a ticket stands, in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, func, select

from models.milestone import LadderStep
from models.ticket import Ticket


def level_by(now: datetime | BindParameter[datetime], ticket_id: Any = Ticket.id) -> ScalarSelect[int]:
    """Of a query on tickets: the highest step due by now, recorded or not, as `rules.ladder.level_at` has it."""
    return (
        select(func.coalesce(func.max(LadderStep.level), 0))
        .where(LadderStep.ticket_id == ticket_id, LadderStep.due_at <= now)
        .scalar_subquery()
    )
