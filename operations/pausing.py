"""Pausing a ticket: the wait and its reason, the proof that the owner was told, the approval, the end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.faults import Fault
from models.milestone import Milestone, MilestoneKind
from models.notification import NotificationKind
from models.pause import Pause
from models.standard import StandardSet
from models.ticket import TicketState
from models.ticket_event import EventKind
from operations.cases import pauses_kept, running, to_decide
from operations.pauses import bounds_of, wait_of
from operations.recording import plain
from operations.telling import Occasion, tell
from operations.ticket_events import event_of
from operations.write import Author, Change, Insert, Update
from rules.pausing import Proof, heals, needs_approval, proof_fault
from rules.transitions import Action

AnyRow = Mapping[str, Any]
_PROOF = ("told_at", "told_channel", "expected_until")


def pause_fault(
    session: Session, ticket: AnyRow, pauses: Sequence[Pause], action: Action, said: AnyRow, at: datetime
) -> Fault | None:
    """What is missing or wrong in what is said of a wait; None for any other action."""
    if action is Action.WAIT and said.get("pause_reason") is None:
        return Fault(N_("Choose why the ticket waits"))
    if action not in {Action.WAIT, Action.TELL_OWNER}:
        return None
    if said.get("told_at") is None and said.get("told_channel") is None:
        is_wait = action is Action.WAIT
        return None if is_wait else Fault(N_("Say when and how the owner was told: the clock stops from then"))
    if said.get("told_at") is None or said.get("told_channel") is None:
        return Fault(N_("Say when and how the owner was told, or neither"))
    last_ended_at = max((each.ended_at for each in pauses if each.ended_at), default=None)
    looks_back = timedelta(hours=_hours(session, ticket).late_entry_hours)
    expected_until = said.get("expected_until")
    return proof_fault(Proof(said["told_at"], expected_until, at, ticket["opened_at"], last_ended_at, looks_back))


def hangs_on_pauses(ticket: AnyRow, action: Action) -> bool:
    """Whether the pauses of the ticket have to be known for the action."""
    return action in _OF_PAUSES or ticket["state"] is TicketState.WAITING


def pause_changes(
    session: Session,
    ticket: AnyRow,
    pauses: Sequence[Pause],
    action: Action,
    state: TicketState,
    said: AnyRow,
    text: str | None,
    by: Author,
    at: datetime,
) -> list[Change]:
    """What the action, by which the ticket comes into that state, does to its pauses; `text` is the note or reason."""
    match action:
        case Action.WAIT:
            return _begun(session, ticket, pauses, said, text, by, at)
        case Action.TELL_OWNER:
            told = _told(session, ticket, pauses, said, by, at)
            return [Update(Pause, pause.id, told) for pause in pauses if pause is running(pauses)]
        case Action.ALLOW_PAUSE | Action.REFUSE_PAUSE:
            decision = "allowed_at" if action is Action.ALLOW_PAUSE else "refused_at"
            decided = {decision: at, "decided_by_id": by.account_id, "remark": text}
            return [Update(Pause, pause.id, decided) for pause in pauses if pause is to_decide(pauses)]
    if state is TicketState.WAITING:
        return []
    ended = (pause for pause in pauses if pause.ended_at is None)
    return [Update(Pause, pause.id, {"ended_at": max(at, pause.starts_at or at)}) for pause in ended]


_OF_PAUSES = frozenset({Action.WAIT, Action.TELL_OWNER, Action.ALLOW_PAUSE, Action.REFUSE_PAUSE})


def pause_data(said: AnyRow) -> dict[str, Any]:
    """What the event of a wait or of its proof keeps of what was said."""
    return {name: plain(said[name]) for name in ("pause_reason", *_PROOF) if said.get(name) is not None}


def ask_for_approval(session: Session, ticket_id: int, by: Author, at: datetime) -> None:
    """Tell the supervisors and managers of a pause that waits for one of them. Inside `writing`."""
    pause = to_decide(pauses_kept(session, [ticket_id]).get(ticket_id, ()))
    if pause is None or not pause.needs_approval:
        return
    data = {"reason": pause.reason.value, "until": plain(pause.expected_until), "pause": pause.id}
    occasion = Occasion(
        key=f"pause/{pause.id}",
        kind=NotificationKind.PAUSE_TO_ALLOW,
        estate_id=pause.estate_id,
        ticket_id=ticket_id,
        roles=(Role.SUPERVISOR, Role.MANAGER),
        data=data,
    )
    tell(session, [occasion], by, at)


def _begun(
    session: Session,
    ticket: AnyRow,
    pauses: Sequence[Pause],
    said: AnyRow,
    text: str | None,
    by: Author,
    at: datetime,
) -> list[Change]:
    values = {
        "estate_id": ticket["estate_id"],
        "ticket_id": ticket["id"],
        "reason": said["pause_reason"],
        "note": text,
        "assignee_id": ticket["assignee_id"],
        "requested_at": at,
        "requested_by_id": by.account_id,
        "expected_until": said.get("expected_until"),
    }
    if said.get("told_at") is None:
        return [Insert(Pause, values)]
    told = _told(session, ticket, pauses, said, by, at)
    return [Insert(Pause, {**values, **told}), event_of(ticket, EventKind.OWNER_TOLD, by, at, data=pause_data(said))]


def _told(
    session: Session, ticket: AnyRow, pauses: Sequence[Pause], said: AnyRow, by: Author, at: datetime
) -> dict[str, Any]:
    """The proof, from which the clock stops, and whether somebody has to allow it."""
    told_at, expected_until = said["told_at"], said["expected_until"]
    earlier = [wait_of(each) for each in pauses if each.ended_at is not None]
    is_long = needs_approval(earlier, told_at, expected_until, bounds_of(_hours(session, ticket)))
    return {
        **{name: said[name] for name in _PROOF},
        "told_by_id": by.account_id,
        "starts_at": told_at,
        "needs_approval": is_long or heals(_due_between(session, ticket["id"], told_at, at), told_at, at),
    }


def _due_between(session: Session, ticket_id: int, first: datetime, last: datetime) -> Sequence[datetime]:
    """The due times of the ticket in between that a pause would move (the first response is not moved)."""
    statement = select(Milestone.due_at).where(
        Milestone.ticket_id == ticket_id,
        Milestone.kind != MilestoneKind.FIRST_RESPONSE,
        Milestone.due_at.between(first, last),
    )
    return [due_at for due_at in session.scalars(statement) if due_at is not None]


class _Hours(NamedTuple):
    """How long what concerns pauses may be, in hours, under a standard set."""

    late_entry_hours: int
    pause_approval_hours: int
    pause_cap_hours: int


def _hours(session: Session, ticket: AnyRow) -> _Hours:
    """Those of the ticket's standards; a ticket under none goes by what a new set says."""
    columns = [StandardSet.__table__.columns[name] for name in _Hours._fields]
    found = session.execute(select(*columns).where(StandardSet.id == ticket["standard_set_id"])).one_or_none()
    return _Hours(*(found or (column.default.arg for column in columns)))
