"""What the closer rules need to know of tickets beyond their row: plan, record and pause, loaded in sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import words
from models.complaint import ComplaintRecord, HandlingPlan
from models.pause import Pause
from models.ticket import TicketKind
from operations.chunks import chunks
from rules.hindrances import Case, Waiting

# What a complete record says (S2 程序 五); in place of the signature it may say why there is none.
SIGNATURE = ("owner_signed_name", "owner_signed_at")
RECORDED = (
    *("responsible_department", "responsible_staff_id", "root_cause", "training"),
    *(*SIGNATURE, "unsigned_reason"),
)
_LABELS = {name: words(ComplaintRecord.__table__.columns[name]) for name in RECORDED}

Tickets = Mapping[int, Mapping[str, Any]]
Model = TypeVar("Model", Pause, HandlingPlan, ComplaintRecord)


def cases(session: Session, tickets: Tickets) -> dict[int, Case]:
    """The cases of those tickets, of which id, kind, severity, validity and is_harm_ongoing are asked."""
    complaints = [row_id for row_id, ticket in tickets.items() if ticket["kind"] is TicketKind.COMPLAINT]
    plans = latest_plans(session, complaints)
    records = {record.ticket_id: record for record in _rows(session, ComplaintRecord, complaints)}
    pauses = pauses_kept(session, tickets)
    return {
        row_id: Case(
            *(ticket["kind"], ticket["severity"], ticket["validity"], ticket["is_harm_ongoing"]),
            plan=plans[row_id].state if row_id in plans else None,
            plan_by_id=plans[row_id].drafted_by_id if row_id in plans else None,
            missing=missing(records.get(row_id)) if ticket["kind"] is TicketKind.COMPLAINT else (),
            waiting=_waiting(pauses.get(row_id, ())),
        )
        for row_id, ticket in tickets.items()
    }


def latest_plans(session: Session, ticket_ids: Collection[int]) -> dict[int, HandlingPlan]:
    """By ticket its latest handling plan, the one that counts."""
    return {plan.ticket_id: plan for plan in _rows(session, HandlingPlan, ticket_ids)}


def record_of(session: Session, ticket_id: int) -> ComplaintRecord | None:
    """The record of the complaint, if one was begun."""
    return session.scalar(select(ComplaintRecord).where(ComplaintRecord.ticket_id == ticket_id))


def pauses_kept(session: Session, ticket_ids: Iterable[int]) -> Mapping[int, Sequence[Pause]]:
    """By ticket its pauses as they are kept, in the order they were asked for."""
    found: dict[int, list[Pause]] = defaultdict(list)
    for pause in _rows(session, Pause, list(ticket_ids)):
        found[pause.ticket_id].append(pause)
    return found


def running(pauses: Iterable[Pause]) -> Pause | None:
    """The pause that has not ended."""
    return next((pause for pause in pauses if pause.ended_at is None), None)


def to_decide(pauses: Sequence[Pause]) -> Pause | None:
    """The first pause that needs an approval and has none; else the running one, which may be allowed beforehand."""
    undecided = [each for each in pauses if each.told_at and not each.allowed_at and not each.refused_at]
    needed = [each for each in undecided if each.needs_approval or each.ended_at is None]
    return next(iter(needed), None)


def missing(record: ComplaintRecord | None) -> tuple[str, ...]:
    """The labels of what the record still lacks."""
    is_unsigned = bool(record and record.unsigned_reason)
    settled = {"unsigned_reason", *(SIGNATURE if is_unsigned else ())}
    lacking = (name for name in RECORDED if name not in settled and not getattr(record, name, None))
    return tuple(found.label for name in lacking if (found := _LABELS[name]))


def _waiting(pauses: Sequence[Pause]) -> Waiting | None:
    if not pauses:
        return None
    now_running, undecided = running(pauses), to_decide(pauses)
    return Waiting(
        is_running=now_running is not None,
        is_told=now_running is not None and now_running.told_at is not None,
        is_undecided=undecided is not None,
        is_needed=undecided is not None and undecided.needs_approval,
        by_ids=frozenset({undecided.requested_by_id, undecided.told_by_id} if undecided else ()),
    )


def _rows(session: Session, model: type[Model], ticket_ids: Collection[int]) -> Iterable[Model]:
    for chunk in chunks(sorted(ticket_ids)):
        yield from session.scalars(select(model).where(model.ticket_id.in_(chunk)).order_by(model.id))
