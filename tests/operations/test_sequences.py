"""Whatever is done with tickets in whatever order, what is derived is what the rules say of the rows as they stand."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction
from models.milestone import Clock, EarlyWarning, LadderStep, Milestone
from models.pause import Pause, PauseReason, TellingChannel
from models.standard import LadderRule, StandardRule
from models.ticket import Severity, Ticket, TicketKind, Validity
from operations import due_times, rollups, search_index
from operations.bulk import Order, carry_out
from operations.sweep import sweep
from operations.tickets import act, edit_ticket
from operations.undo import undo_bulk
from operations.write import Refused, writing
from rules.permissions import EVERYTHING
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle
from tests.infrastructure.hours import keep_hours

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVERYBODY = tuple(Role)
CLASSES: tuple[dict[str, Any], ...] = (
    {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR},
    {"kind": TicketKind.COMPLAINT, "severity": Severity.IMPORTANT},
    {"kind": TicketKind.REPAIR, "severity": Severity.URGENT},
    {"kind": TicketKind.CONSULTATION, "severity": None},
)
OFTEN = (Action.WAIT, Action.TELL_OWNER, Action.ALLOW_PAUSE, Action.RESUME, Action.RESOLVE, Action.REOPEN)
DERIVED = {
    Milestone: (
        "ticket_id",
        "kind",
        "round",
        "started_at",
        "due_at",
        "done_at",
        "is_open",
        "rule_id",
        "paused_seconds",
    ),
    LadderStep: ("ticket_id", "level", "due_at", "is_open", "rule_id", "until_at", "open_since"),
    EarlyWarning: ("ticket_id", "rule_id", "round", "due_at", "is_open"),
    Ticket: ("id", "next_due_at"),
}


def said(random: Random, cast: Cast, at: datetime) -> dict[str, Any]:
    """Something for whatever an action asks; of a wait the proof more often than not."""
    told = {"told_at": at - random.choice((0, 30, 600)) * MINUTE, "told_channel": TellingChannel.PHONE}
    record = {"responsible_staff_id": cast.engineer_id, "owner_signed_name": "陈静", "owner_signed_at": at}
    words = dict.fromkeys(("apology", "plan", "passed_on_to", "responsible_department", "root_cause", "training"), "…")
    reasons = {"pause_reason": random.choice(list(PauseReason)), "validity": random.choice(list(Validity))}
    until = {"expected_until": at + random.choice((1, 10, 400)) * HOUR}
    return {**words, **record, **reasons, **random.choice(({}, {**told, **until}, {**told, **until}))}


def edit(random: Random, at: datetime) -> dict[str, Any]:
    dates = ("owner_deadline_at", "appointment_at", "promised_reply_at")
    moved = {random.choice(dates): random.choice((None, at + 50 * HOUR))}
    return dict(random.choice((*CLASSES, moved, {"is_harm_ongoing": True}, {"has_caused_harm": True})))


def resolved_and_undone(session: Session, ticket_ids: list[int], at: datetime) -> None:
    order = Order(Ticket, BulkAction.RESOLVE)
    with writing(session):
        rows = dict.fromkeys(ticket_ids)
        done = carry_out(session, order, rows, EVERYTHING, by=BY, roles=EVERYBODY, at=at)
    with writing(session):
        _ = done.bulk_id and undo_bulk(session, done.bulk_id, BY, at + MINUTE)


def live(session: Session, cast: Cast, random: Random, ticket_ids: list[int], steps: int) -> datetime:
    """Do this and that with the tickets, as far as it may be done; returns when the last of it was."""
    at = OPENED
    deeds = (*Action, *OFTEN, *OFTEN, "edit", "edit", "sweep", "undone")
    for _ in range(steps):
        at += random.choice((0, 7, 60, 300, 1440)) * MINUTE
        deed, ticket_id = random.choice(deeds), random.choice(ticket_ids)
        if deed == "sweep":
            sweep(session, at, BY)
            continue
        if deed == "undone":
            resolved_and_undone(session, ticket_ids, at)
            continue
        with suppress(Refused), writing(session):
            if isinstance(deed, Action):
                others: dict[str, Any] = {"assignee_id": cast.engineer_id} if deed is Action.ASSIGN else {}
                words: dict[str, Any] = {"note": "…", "reason": "…", "said": said(random, cast, at)}
                act(session, ticket_id, deed, BY, EVERYBODY, at, **words, **others)
            else:
                edit_ticket(session, ticket_id, edit(random, at), None, BY, at)
    return at


def derived(session: Session) -> dict[str, list[str]]:
    session.rollback()
    return {model.__tablename__: sorted(map(repr, _rows(session, model))) for model in DERIVED}


def _rows(session: Session, model: type[Any]) -> Iterator[Any]:
    yield from session.execute(select(*(getattr(model, name) for name in DERIVED[model])))


def derive_anew(session: Session, ticket_ids: list[int]) -> None:
    """Forget all that no sweep has recorded, and derive it again."""
    with writing(session):
        session.execute(delete(Milestone))
        session.execute(delete(LadderStep).where(LadderStep.recorded_at.is_(None)))
        session.execute(delete(EarlyWarning).where(EarlyWarning.recorded_at.is_(None)))
        session.execute(update(Ticket).values(next_due_at=None))
        due_times.recompute(session, ticket_ids)


def overlapping(session: Session) -> list[int]:
    """The pauses that begin before one before them ended."""
    found: dict[int, datetime | None] = {}
    wrong = []
    for pause in session.scalars(select(Pause).where(Pause.starts_at.is_not(None)).order_by(Pause.starts_at)):
        last = found.get(pause.ticket_id, OPENED)
        wrong += [pause.id] if last is None or (pause.starts_at and pause.starts_at < last) else []
        found[pause.ticket_id] = pause.ended_at
    return wrong


@pytest.mark.parametrize("seed", range(3))
def test_what_is_stored_is_what_the_rules_say_after_whatever_was_done(session: Session, seed: int) -> None:
    cast, random = settle(session), Random(seed)
    keep_hours(session, cast.estate_id)
    session.execute(update(StandardRule).where(StandardRule.id % 2 == 0).values(clock=Clock.SERVICE))
    session.execute(update(LadderRule).where(LadderRule.id % 2 == 0).values(clock=Clock.SERVICE))
    session.commit()
    ticket_ids = [report(session, cast, **each) for each in CLASSES]
    live(session, cast, random, ticket_ids, 90)
    assert (rollups.check(session), dict(search_index.check(session)), overlapping(session)) == ([], {}, [])
    stored = derived(session)
    derive_anew(session, ticket_ids)
    assert derived(session) == stored
