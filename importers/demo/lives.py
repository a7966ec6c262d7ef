"""The life of a ticket: its deeds played through the transition table until now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from importers.demo.calls import Call
from importers.demo.courses import Deed, assignee
from importers.demo.reports import Report
from models.account import Role
from models.base import Row
from models.faults import Fault
from models.ticket import Severity, TicketKind, TicketState
from models.ticket_event import EventKind
from rules.transitions import Action, step

# The role of whoever does it; what is not named is done at the front desk.
_AT_WORK = {Action.ARRIVE, Action.START, Action.WAIT, Action.RESUME, Action.RESOLVE}
_DOERS = {
    Action.REPLY: Role.BUTLER,
    Action.HAND_IN_RECORD: Role.BUTLER,
    Action.ANSWER: Role.SUPERVISOR,
    Action.REPORT_HQ: Role.SUPERVISOR,
    Action.HAND_TO_MANAGER: Role.SUPERVISOR,
    Action.URGE: Role.SUPERVISOR,
    Action.VOID: Role.SUPERVISOR,
    Action.CLOSE_UNRESOLVED: Role.MANAGER,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the timeline; `call` is the number of the callback that led to it."""

    kind: EventKind
    at: datetime
    doer: Role
    note: str | None = None
    is_internal: bool = False
    data: dict[str, Any] | None = None
    call: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that hangs on a ticket, without its ticket and estate; `doers` says whose account a column holds."""

    model: type[Row]
    values: dict[str, Any]
    doers: Mapping[str, Role] = field(default_factory=dict)


@dataclass(slots=True)
class Life:
    """A ticket as it stands: the columns of its row but for the code, its timeline, its callbacks, what hangs on it."""

    report: Report
    values: dict[str, Any]
    happenings: list[Happening] = field(default_factory=list)
    calls: Sequence[Call] = ()
    kept: Sequence[Kept] = ()


def lived(report: Report, deeds: Iterable[Deed], calls: Sequence[Call], now: datetime) -> Life:
    """What became of the report by now."""
    life = Life(report, _opened(report), [Happening(EventKind.OPENED, report.opened_at, Role.CLERK)])
    if report.reclassified_at is not None:
        life.happenings.append(_reclassified(report, report.reclassified_at))
    for deed in sorted(deeds, key=lambda deed: deed.at):
        if deed.at <= now:
            _do(life, deed)
    life.happenings.sort(key=lambda happening: happening.at)
    life.calls = [call for call in calls if call.called_at <= now]
    return life


def _opened(report: Report) -> dict[str, Any]:
    home, matter = report.home, report.matter
    is_repair = matter.kind is TicketKind.REPAIR
    return {
        "estate_id": report.site.id,
        "standard_set_id": report.site.standard_set_id,
        "calendar_id": report.site.calendar_id,
        "service_hours_id": report.site.service_hours_id,
        "subject": report.subject,
        "description": report.description,
        "unit_id": home.unit_id if matter.is_of_unit else None,
        "building_id": home.block.id,
        "owner_id": home.owner_id if report.has_owner else None,
        "contact_phone": home.phone if report.has_owner else None,
        "kind": matter.kind,
        "severity": matter.severity,
        "category": matter.category,
        "validity": report.validity,
        "channel": report.channel,
        "state": TicketState.NEW,
        "assignee_id": home.block.engineer_id if is_repair else None,
        "butler_id": home.block.butler_id,
        "opened_at": report.opened_at,
        "appointment_at": report.appointment_at,
        "owner_deadline_at": report.owner_deadline_at,
        "promised_reply_at": report.promised_reply_at,
        "is_under_warranty": report.is_under_warranty,
        "is_harm_ongoing": report.has_harm,
        "resolved_at": None,
        "closed_at": None,
        "close_reason": None,
        "reopen_count": 0,
    }


def _reclassified(report: Report, at: datetime) -> Happening:
    def values(severity: Severity | None) -> dict[str, str | None]:
        named = severity.value if severity is not None else None
        return {"kind": report.matter.kind.value, "category": report.matter.category.value, "severity": named}

    change = {"from": values(report.first_severity), "to": values(report.matter.severity)}
    return Happening(EventKind.RECLASSIFIED, at, Role.SUPERVISOR, data=change)


def _do(life: Life, deed: Deed) -> None:
    verdict = step(life.values["state"], deed.action, list(Role), deed.reason)
    if isinstance(verdict, Fault):
        raise ValueError(f"{life.report.subject} at {deed.at}: {verdict}")
    life.happenings.append(
        Happening(
            verdict.event,
            deed.at,
            _doer(life, deed.action),
            deed.note,
            deed.action is Action.NOTE,
            _data(life, deed),
            deed.call,
        )
    )
    life.values |= {"state": verdict.state, **_changed(life, deed)}


def _doer(life: Life, action: Action) -> Role:
    if action in _AT_WORK:
        return Role.ENGINEER if life.report.matter.kind is TicketKind.REPAIR else Role.BUTLER
    return _DOERS.get(action, Role.CLERK)


def _data(life: Life, deed: Deed) -> dict[str, Any] | None:
    if deed.action is Action.ASSIGN:
        return {"from": life.values["assignee_id"], "to": assignee(life.report)}
    return {"reason": deed.reason} if deed.reason else None


def _changed(life: Life, deed: Deed) -> dict[str, Any]:
    match deed.action:
        case Action.ASSIGN:
            return {"assignee_id": assignee(life.report)}
        case Action.STOP_HARM:
            return {"is_harm_ongoing": False}
        case Action.RESOLVE:
            return {"resolved_at": deed.at}
        case Action.CLOSE:
            return {"closed_at": deed.at}
        case Action.CLOSE_UNRESOLVED | Action.VOID:
            return {"closed_at": deed.at, "close_reason": deed.reason}
        case Action.REOPEN:
            count = life.values["reopen_count"] + 1
            return {"resolved_at": None, "closed_at": None, "close_reason": None, "reopen_count": count}
    return {}
