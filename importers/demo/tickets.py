"""Lives of tickets into rows: tickets, callbacks and timelines in large sets through the write path."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from importers.demo.accounts import Doer
from importers.demo.lives import Happening, Life
from models.account import Role
from models.callback import Callback
from models.ticket import Ticket
from models.ticket_event import TicketEvent
from operations.write import Author, Change, Insert, write

SET = 1000  # tickets written at once

Doers = Mapping[tuple[int, Role], Doer]

# Butlers and engineers are several in an estate: an account did only what fell to its own member of staff.
_OWN = {Role.BUTLER: "butler_id", Role.ENGINEER: "assignee_id"}


def write_lives(session: Session, lives: Sequence[Life], doers: Doers, by: Author, at: datetime) -> Counter[str]:
    """Write them all; returns how many rows of each kind. `doers`: accounts by estate and role. Inside `writing`."""
    counted: Counter[str] = Counter()
    codes = list(_codes(lives))
    for start in range(0, len(lives), SET):
        part = slice(start, start + SET)
        counted += _write_set(session, lives[part], codes[part], doers, by, at)
    return counted


def _codes(lives: Iterable[Life]) -> Iterator[str]:
    """Estate, local date and running number, such as E1-261122-0001, for tickets in the order of opening."""
    running: Counter[str] = Counter()
    for life in lives:
        site = life.report.site
        prefix = f"{site.code}-{life.report.opened_at.astimezone(site.zone):%y%m%d}"
        running[prefix] += 1
        yield f"{prefix}-{running[prefix]:04}"


def _write_set(
    session: Session, lives: Sequence[Life], codes: Sequence[str], doers: Doers, by: Author, at: datetime
) -> Counter[str]:
    tickets = [Insert(Ticket, {**life.values, "code": code}) for life, code in zip(lives, codes, strict=True)]
    ticket_ids = write(session, tickets, by=by, at=at)
    calls = [row for life, ticket_id in zip(lives, ticket_ids, strict=True) for row in _calls(life, ticket_id)]
    call_ids = iter(write(session, calls, by=by, at=at))
    numbered = [[next(call_ids) for _ in life.calls] for life in lives]
    kept = [row for life, ticket_id in zip(lives, ticket_ids, strict=True) for row in _kept(life, ticket_id, doers)]
    write(session, kept, by=by, at=at)
    events = [
        _event(life, happening, ticket_id, call_ids, doers)
        for life, ticket_id, call_ids in zip(lives, ticket_ids, numbered, strict=True)
        for happening in life.happenings
    ]
    write(session, events, by=by, at=at)
    return Counter(tickets=len(tickets), callbacks=len(calls), events=len(events), cases=len(kept))


def _calls(life: Life, ticket_id: int) -> list[Change]:
    return [
        Insert(
            Callback,
            {
                "estate_id": life.report.site.id,
                "ticket_id": ticket_id,
                "called_at": call.called_at,
                "form": call.form,
                "caller_id": call.caller_id,
                "outcome": call.outcome,
                "satisfaction": call.satisfaction,
                **call.said,
            },
        )
        for call in life.calls
    ]


def _kept(life: Life, ticket_id: int, doers: Doers) -> list[Change]:
    place = {"estate_id": life.report.site.id, "ticket_id": ticket_id}
    return [
        Insert(
            each.model,
            {**place, **each.values, **{name: _account(life, role, doers) for name, role in each.doers.items()}},
        )
        for each in life.kept
    ]


def _event(life: Life, happening: Happening, ticket_id: int, call_ids: Sequence[int], doers: Doers) -> Insert:
    data: dict[str, Any] | None = happening.data
    if happening.call is not None:
        data = {**(data or {}), "callback_id": call_ids[happening.call]}
    values = {
        "estate_id": life.report.site.id,
        "ticket_id": ticket_id,
        "kind": happening.kind,
        "at": happening.at,
        "account_id": _account(life, happening.doer, doers),
        "note": happening.note,
        "is_internal": happening.is_internal,
        "data": data,
    }
    return Insert(TicketEvent, values)


def _account(life: Life, role: Role, doers: Doers) -> int | None:
    doer = doers.get((life.report.site.id, role))
    if doer is None or (role in _OWN and life.values[_OWN[role]] != doer.staff_id):
        return None
    return doer.account_id
