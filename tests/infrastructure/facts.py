"""A ticket as the rules see it, with everything that a test does not care about left at its plainest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.ticket import Category, Severity, TicketKind, TicketState
from models.ticket_event import EventKind
from rules.clocks import Calendar
from rules.facts import Round, TicketClass, TicketFacts

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALWAYS_OPEN = Calendar(SHANGHAI)
OPENED = datetime(2026, 3, 4, 9, 0, 0, tzinfo=SHANGHAI)


def ticket_facts(
    kind: TicketKind = TicketKind.COMPLAINT,
    severity: Severity | None = None,
    category: Category | None = None,
    *,
    state: TicketState = TicketState.NEW,
    classes: Sequence[TicketClass] = (),
    rounds: Sequence[Round] = (Round(0, OPENED),),
    done: Mapping[EventKind, Sequence[datetime]] | None = None,
    calendar: Calendar = ALWAYS_OPEN,
    **others: Any,
) -> TicketFacts:
    return TicketFacts(
        calendar=calendar,
        state=state,
        classes=classes or [TicketClass(OPENED, kind, category, severity)],
        rounds=rounds,
        done=done or {},
        **others,
    )
