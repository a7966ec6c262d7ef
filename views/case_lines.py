"""What the events of pauses, agreements and complaints say, line by line."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from models.base import N_, Labelled, words
from models.pause import PauseReason, TellingChannel
from models.ticket import Ticket, Validity
from models.ticket_event import EventKind, TicketEvent
from rules.ladder import MajorCause
from views.language import translate

AnyData = Mapping[str, Any]


def case_lines(event: TicketEvent, zone: tzinfo) -> list[str]:
    """The lines of the event beside its label and note, of those kinds that CASES names."""
    return [line for line in CASES[event.kind](event.data or {}, zone) if line]


def turned_lines(data: AnyData) -> list[str]:
    """Of a reclassification what turned the complaint major, where something did."""
    cause = _label(MajorCause, data.get("cause"))
    return [f"{cause} ({data.get('clause', '')})"] if cause else []


def _opened(data: AnyData, zone: tzinfo) -> list[str]:
    if source := data.get("source"):
        return [_said(N_("Taken in elsewhere: %(source)s"), source=source)]
    return [_said(N_("Entered later, at %(at)s"), at=_local(data["entered_at"], zone))] if "entered_at" in data else []


def _waiting(data: AnyData, zone: tzinfo) -> list[str]:
    until = data.get("expected_until")
    return [
        _label(PauseReason, data.get("pause_reason")),
        _said(N_("Expected until %(at)s"), at=_local(until, zone)) if until else "",
    ]


def _told(data: AnyData, zone: tzinfo) -> list[str]:
    told_at, until = data.get("told_at"), data.get("expected_until")
    channel = _label(TellingChannel, data.get("told_channel"))
    return [
        f"{_local(told_at, zone)} · {channel}" if told_at else channel,
        _said(N_("Told that it takes until %(at)s"), at=_local(until, zone)) if until else "",
    ]


def _agreed(data: AnyData, zone: tzinfo) -> list[str]:
    column = Ticket.__table__.columns.get(data.get("field", ""))
    declared = words(column) if column is not None else None
    first, last = (_local(data[name], zone) if data.get(name) else "—" for name in ("from", "to"))
    whom = data.get("with")
    return [
        f"{translate(declared.label) if declared else ''}: {first} → {last}",
        _said(N_("With %(whom)s"), whom=whom) if whom else "",
    ]


def _judged(data: AnyData, zone: tzinfo) -> list[str]:
    passed_on_to = data.get("passed_on_to")
    return [
        f"→ {_label(Validity, data.get('to'))}",
        _said(N_("Passed on to: %(whom)s"), whom=passed_on_to) if passed_on_to else "",
        data.get("reason") or "",
    ]


CASES: Mapping[EventKind, Callable[[AnyData, tzinfo], list[str]]] = {
    EventKind.OPENED: _opened,
    EventKind.WAITING: _waiting,
    EventKind.OWNER_TOLD: _told,
    EventKind.AGREED: _agreed,
    EventKind.VALIDITY_JUDGED: _judged,
    EventKind.PASSED_ON: _judged,
    EventKind.HARM_STOPPED: lambda data, zone: [data.get("apology", "")],
    EventKind.PLAN_DRAFTED: lambda data, zone: [data.get("plan", "")],
}


def _label(choices: type[Labelled], value: Any) -> str:
    return translate(choices(value).label) if value in {each.value for each in choices} else ""


def _local(text: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _said(sentence: str, **places: str) -> str:
    return translate(sentence) % places
