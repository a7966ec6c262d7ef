"""What was agreed, moved, told and waited for on a ticket, with who did it: the receipts behind its dates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.account import Account
from models.pause import Pause, PauseReason, TellingChannel
from models.ticket_event import EventKind, TicketEvent
from rules.clocks import Pause as Stopped
from rules.facts import TicketFacts

AnyRow = Row[*tuple[Any, ...]]

_READ = (EventKind.AGREED, EventKind.DATES_MOVED, EventKind.ESCALATED, EventKind.WARNED, EventKind.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An event that a date rests on: when it was written, by whom (None: automatically), and what it says."""

    kind: EventKind
    at: datetime
    who: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A date that both sides agreed on: which one, with whom, who wrote it down and when."""

    date: datetime
    with_whom: str | None
    who: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told of a step, and how."""

    name: str
    channels: Sequence[str]


@dataclass(frozen=True, slots=True)
class WaitReason:
    """A wait of the ticket. The clock stopped from `counts_from` to `counts_until`, None where it did not stop.

    `counts_until` of one that goes on is the latest moment to which it can stop the clock; `is_capped`: the wait went
    on after the time that pauses may take was used up.
    """

    reason: PauseReason
    note: str | None
    requested_at: datetime
    ended_at: datetime | None
    told_at: datetime | None
    told_channel: TellingChannel | None
    told_by: str | None
    needs_approval: bool
    allowed_at: datetime | None
    refused_at: datetime | None
    decided_by: str | None
    counts_from: datetime | None = None
    counts_until: datetime | None = None
    is_capped: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether the clock still stands still for it."""
        return self.counts_until is not None and self.ended_at is None and not self.is_capped


@dataclass(frozen=True, slots=True)
class Receipts:
    """All of a ticket, each list in time order."""

    events: Sequence[Receipt]
    waits: Sequence[WaitReason]

    def agreement(self, field: str) -> Agreement | None:
        """The latest agreement on that date of the ticket."""
        found = [each for each in self.of(EventKind.AGREED) if each.data.get("field") == field and each.data.get("to")]
        if not found:
            return None
        last = found[-1]
        return Agreement(datetime.fromisoformat(last.data["to"]), last.data.get("with"), last.who, last.at)

    def told(self, kind: EventKind, rule: str, due_at: datetime) -> Sequence[Told]:
        """Who was told of the step or warning of that rule which came due then."""
        event = self._event(kind, rule, due_at)
        people = event.data.get("told", ()) if event is not None else ()
        return [Told(person["name"], tuple(person.get("channels", ()))) for person in people]

    def answers(self, rule: str, due_at: datetime) -> Sequence[Receipt]:
        """Who acknowledged the step of that rule which came due then."""
        event = self._event(EventKind.ESCALATED, rule, due_at)
        if event is None:
            return []
        asked = {"told_at": event.at.isoformat(), "kind": event.kind.value}
        levels = {event.data.get("told_level"), event.data.get("to")}
        return [
            each
            for each in self.of(EventKind.ACKNOWLEDGED)
            if {name: each.data.get(name) for name in asked} == asked and each.data.get("level") in levels
        ]

    def _event(self, kind: EventKind, rule: str, due_at: datetime) -> Receipt | None:
        is_meant = {"rule": rule, "due_at": due_at.isoformat()}
        found = (each for each in self.of(kind) if {name: each.data.get(name) for name in is_meant} == is_meant)
        return next(found, None)

    def of(self, kind: EventKind) -> Iterator[Receipt]:
        """The events of that kind."""
        return (each for each in self.events if each.kind is kind)


def receipts(session: Session, ticket_id: int, facts: TicketFacts, now: datetime) -> Receipts:
    """The receipts of a ticket; one that never waited has no pauses to look for."""
    has_waited = EventKind.WAITING in facts.done
    waits = _waits(session, ticket_id, facts.pauses, now) if has_waited else ()
    return Receipts(list(_events(session, ticket_id)), list(waits))


def _events(session: Session, ticket_id: int) -> Iterator[Receipt]:
    statement = (
        select(TicketEvent.kind, TicketEvent.at, TicketEvent.data, Account.name)
        .outerjoin(Account, Account.id == TicketEvent.account_id)
        .where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind.in_(_READ))
        .order_by(TicketEvent.at, TicketEvent.id)
    )
    return (Receipt(row.kind, row.at, row.name, row.data or {}) for row in session.execute(statement))


def _waits(session: Session, ticket_id: int, pauses: Sequence[Stopped], now: datetime) -> Iterator[WaitReason]:
    stopped = {each.start: each.end for each in pauses}
    for row in _pauses(session, ticket_id):
        until = stopped.get(row.starts_at) if row.refused_at is None else None
        yield WaitReason(
            *(row.reason, row.note, row.requested_at, row.ended_at, row.told_at, row.told_channel, row.teller),
            *(row.needs_approval, row.allowed_at, row.refused_at, row.decider),
            counts_from=None if until is None else row.starts_at,
            counts_until=until,
            is_capped=until is not None and (row.ended_at or now) > until,
        )


def _pauses(session: Session, ticket_id: int) -> Sequence[AnyRow]:
    teller, decider = (Account.__table__.alias(name) for name in ("teller", "decider"))
    statement = (
        select(*Pause.__table__.columns, teller.c.name.label("teller"), decider.c.name.label("decider"))
        .outerjoin(teller, teller.c.id == Pause.told_by_id)
        .outerjoin(decider, decider.c.id == Pause.decided_by_id)
        .where(Pause.ticket_id == ticket_id)
        .order_by(Pause.requested_at, Pause.id)
    )
    return session.execute(statement).all()
