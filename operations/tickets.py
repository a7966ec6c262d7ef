"""Working a ticket: every step is an event on its timeline, written with the change it makes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.faults import Fault
from models.notification import NotificationKind
from models.pause import Pause
from models.staff import Staff
from models.ticket import Ticket, Validity
from models.ticket_event import EventKind
from operations.acknowledging import settle
from operations.cases import cases, pauses_kept
from operations.complaints import (
    ask_for_decision,
    complaint_changes,
    complaint_data,
    complaint_fault,
    complaint_values,
)
from operations.intake import open_ticket
from operations.pausing import ask_for_approval, hangs_on_pauses, pause_changes, pause_data, pause_fault
from operations.reclassifying import reclassified
from operations.ticket_edits import edit_on, edit_ticket, too_late
from operations.ticket_events import event_of
from operations.ticket_rows import Outcome, gone, locked
from operations.write import Author, Change, Refused, Stale, Update, write
from rules.hindrances import BEFORE_HARM_STOPS, Case, hindrance
from rules.transitions import Action, Transition, step

__all__ = ["Outcome", "act", "act_on", "edit_on", "edit_ticket", "open_ticket", "reopening", "too_late", "undoing"]

AnyRow = Mapping[str, Any]
# What changes no column of the ticket, yet what a page showed of it: a stale one is to be told.
_TOUCHING = frozenset(
    {
        *(Action.TELL_OWNER, Action.ALLOW_PAUSE, Action.REFUSE_PAUSE, Action.JUDGE),
        *(Action.DRAFT_PLAN, Action.APPROVE_PLAN, Action.RETURN_PLAN, Action.KEEP_RECORD),
    }
)
_UNHINDERED = BEFORE_HARM_STOPS - {Action.STOP_HARM}


@dataclass(frozen=True, slots=True)
class _Assignee:
    """A member of staff; those of headquarters belong to no estate and may work in any."""

    id: int
    estate_id: int | None


@dataclass(frozen=True, slots=True)
class _Deed:
    action: Action
    by: Author
    at: datetime
    note: str | None
    reason: str | None
    assignee: _Assignee | None
    internal: bool
    said: AnyRow = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside the rows of the tickets in hand, by ticket."""

    cases: Mapping[int, Case]
    pauses: Mapping[int, Sequence[Pause]]


def act(
    session: Session,
    ticket_id: int,
    action: Action,
    by: Author,
    roles: Collection[Role],
    at: datetime,
    note: str | None = None,
    reason: str | None = None,
    assignee_id: int | None = None,
    version: int | None = None,
    internal: bool = False,
    said: AnyRow | None = None,
) -> None:
    """Do the action on one ticket: the change and its event. Raises Stale or Refused. Inside `writing`.

    `said` is what else the action takes, by name: of a wait `pause_reason`, `told_at`, `told_channel` and
    `expected_until`; `apology`; `validity` and `passed_on_to`; `plan`; the columns of the complaint record.
    """
    tickets = locked(session, [ticket_id])
    if ticket_id not in tickets or version not in {None, tickets[ticket_id]["version"]}:
        raise Stale(Ticket, [ticket_id])
    deed = _Deed(action, by, at, note, reason, _assignee(session, assignee_id), internal, said or {})
    known = _known(session, tickets, action)
    verdict = _verdict(session, tickets[ticket_id], known, deed, roles)
    if isinstance(verdict, Fault):
        raise Refused(Ticket, {"": verdict})
    write(session, _changes(session, tickets[ticket_id], known, deed, verdict), by=by, at=at)
    _ask(session, ticket_id, deed)


def act_on(
    session: Session,
    ticket_ids: Collection[int],
    action: Action,
    by: Author,
    roles: Collection[Role],
    at: datetime,
    note: str | None = None,
    reason: str | None = None,
    assignee_id: int | None = None,
    internal: bool = False,
) -> Outcome:
    """Do the action on each ticket of a set where it may be done, in one write. Inside `writing`."""
    deed = _Deed(action, by, at, note, reason, _assignee(session, assignee_id), internal)
    tickets = locked(session, ticket_ids)
    known = _known(session, tickets, action)
    verdicts = {row_id: _verdict(session, ticket, known, deed, roles) for row_id, ticket in tickets.items()}
    allowed = {ticket_id: verdict for ticket_id, verdict in verdicts.items() if isinstance(verdict, Transition)}
    same = [ticket_id for ticket_id, verdict in allowed.items() if _is_same(tickets[ticket_id], deed, verdict)]
    done = [ticket_id for ticket_id in allowed if ticket_id not in set(same)]
    changes = [each for row_id in done for each in _changes(session, tickets[row_id], known, deed, allowed[row_id])]
    write(session, changes, by=by, at=at)
    refused = [(ticket_id, verdict) for ticket_id, verdict in verdicts.items() if isinstance(verdict, Fault)]
    return Outcome(done, refused + [(row_id, gone()) for row_id in sorted(set(ticket_ids) - tickets.keys())], same)


def undoing(ticket_id: int, estate_id: int, events: Sequence[int], by: Author, at: datetime) -> Change:
    """The event that says that what these events tell is taken back; they stay, and nothing hangs on them any more."""
    ticket = {"id": ticket_id, "estate_id": estate_id}
    return event_of(ticket, EventKind.UNDONE, by, at, data={"events": list(events)})


def reopening(
    ticket: AnyRow,
    by: Author,
    at: datetime,
    note: str | None = None,
    data: AnyRow | None = None,
) -> list[Change]:
    """The changes that reopen a ticket without anybody asking for it, with what led to it in `data`."""
    verdict = step(ticket["state"], Action.REOPEN, list(Role))
    if isinstance(verdict, Fault):
        raise Refused(Ticket, {"": verdict})
    values = _values(ticket, _Deed(Action.REOPEN, by, at, note, None, None, False), verdict)
    event = event_of(ticket, verdict.event, by, at, note=note, data=data)
    return [Update(Ticket, ticket["id"], values), event, *reclassified(ticket, values, by, at)]


def _is_same(ticket: AnyRow, deed: _Deed, verdict: Transition) -> bool:
    """Whether it would assign the ticket to whom it is assigned already and say nothing: no event tells of that."""
    if deed.action is not Action.ASSIGN or deed.note or verdict.state is not ticket["state"]:
        return False
    return all(ticket[name] == value for name, value in _assigned(deed).items())


def _assignee(session: Session, staff_id: int | None) -> _Assignee | None:
    statement = select(Staff.id, Staff.estate_id).where(Staff.id == staff_id, Staff.is_active)
    found = session.execute(statement).one_or_none()
    return None if found is None else _Assignee(found.id, found.estate_id)


def _assigned(deed: _Deed) -> dict[str, int | None]:
    return {"assignee_id": None if deed.assignee is None else deed.assignee.id}


def _known(session: Session, tickets: Mapping[int, AnyRow], action: Action) -> _Known:
    found = {} if action in _UNHINDERED else cases(session, tickets)
    return _Known(
        found, pauses_kept(session, [each["id"] for each in tickets.values() if hangs_on_pauses(each, action)])
    )


def _verdict(
    session: Session, ticket: AnyRow, known: _Known, deed: _Deed, roles: Collection[Role]
) -> Transition | Fault:
    if deed.action is Action.ASSIGN and deed.assignee is None:
        return Fault(N_("Choose whom to assign the ticket to: somebody who works here"))
    if deed.assignee is not None and deed.assignee.estate_id not in {None, ticket["estate_id"]}:
        return Fault(N_("Choose somebody of the ticket's own estate"))
    verdict = step(ticket["state"], deed.action, roles, deed.reason)
    if isinstance(verdict, Fault) or deed.action in _UNHINDERED:
        return verdict
    return (
        hindrance(known.cases[ticket["id"]], deed.action, roles, deed.by.account_id)
        or complaint_fault(ticket, deed.action, deed.said, deed.reason, roles, deed.at)
        or pause_fault(session, ticket, known.pauses.get(ticket["id"], ()), deed.action, deed.said, deed.at)
        or verdict
    )


def _changes(session: Session, ticket: AnyRow, known: _Known, deed: _Deed, verdict: Transition) -> list[Change]:
    values = _values(ticket, deed, verdict)
    kind = EventKind.PASSED_ON if values.get("validity") is Validity.OUTSIDE_REMIT else verdict.event
    event = event_of(ticket, kind, deed.by, deed.at, deed.note, deed.internal, _data(ticket, deed))
    touch = deed.action in _TOUCHING
    update = [Update(Ticket, ticket["id"], values, touch=touch)] if values or touch else []
    text, pauses = deed.note or deed.reason, known.pauses.get(ticket["id"], ())
    return [
        event,
        *update,
        *reclassified(ticket, values, deed.by, deed.at),
        *complaint_changes(session, ticket, deed.action, deed.said, text, deed.by, deed.at),
        *pause_changes(session, ticket, pauses, deed.action, verdict.state, deed.said, text, deed.by, deed.at),
    ]


def _values(ticket: AnyRow, deed: _Deed, verdict: Transition) -> dict[str, Any]:
    """The columns of the ticket that the action sets."""
    state = {} if verdict.state is ticket["state"] else {"state": verdict.state}
    match deed.action:
        case Action.ASSIGN:
            return {**state, **_assigned(deed)}
        case Action.STOP_HARM:
            return {"is_harm_ongoing": False}
        case Action.RESOLVE:
            return {**state, "resolved_at": deed.at}
        case Action.CLOSE:
            return {**state, "closed_at": deed.at}
        case Action.CLOSE_UNRESOLVED | Action.VOID:
            return {**state, "resolved_at": None, "closed_at": deed.at, "close_reason": deed.reason}
        case Action.REOPEN:
            count = ticket["reopen_count"] + 1
            ended = {"resolved_at": None, "closed_at": None, "close_reason": None}
            return {**state, **ended, "reopen_count": count}
    return {**state, **complaint_values(deed.action, deed.said)}


def _data(ticket: AnyRow, deed: _Deed) -> dict[str, Any] | None:
    """What the event keeps of what was said."""
    if deed.action is Action.ASSIGN:
        return {"from": ticket["assignee_id"], "to": _assigned(deed)["assignee_id"]}
    said = complaint_data(ticket, deed.action, deed.said) | pause_data(deed.said)
    return {**said, **({"reason": deed.reason} if deed.reason else {})} or None


# Actions after which nobody need decide on a pause or a plan any more.
_ENDS = frozenset({Action.CLOSE, Action.CLOSE_UNRESOLVED, Action.VOID})
_SETTLED: Mapping[NotificationKind, frozenset[Action]] = {
    NotificationKind.PAUSE_TO_ALLOW: _ENDS | {Action.ALLOW_PAUSE, Action.REFUSE_PAUSE},
    NotificationKind.PLAN_TO_DECIDE: _ENDS | {Action.APPROVE_PLAN, Action.RETURN_PLAN},
}


def _ask(session: Session, ticket_id: int, deed: _Deed) -> None:
    """Tell whoever has to decide on what was done; once one has decided, nobody else is asked."""
    settled = [kind for kind, actions in _SETTLED.items() if deed.action in actions]
    if settled:
        settle(session, ticket_id, settled, deed.at)
    if deed.action in {Action.WAIT, Action.TELL_OWNER}:
        ask_for_approval(session, ticket_id, deed.by, deed.at)
    if deed.action is Action.DRAFT_PLAN:
        ask_for_decision(session, ticket_id, deed.by, deed.at)
