"""What the forms of a ticket's actions ask for beside note, reason and assignee: fields made of declared columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import Column, String, Text

from models.base import N_, ColumnWords, Labelled, UtcDateTime, now, words
from models.complaint import ComplaintRecord, HandlingPlan
from models.faults import Fault
from models.fields import parse
from models.pause import Pause
from models.ticket import Ticket
from operations.cases import RECORDED, latest_plans, record_of, running
from operations.cases import pauses_kept as kept
from rules.transitions import Action
from views.access import zone_of
from views.database import db
from views.language import translate

LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an action asks for: the name it has in the form and in `said`, the column by which it is read, how it is
    called, and how the control says that nothing is chosen.
    """

    name: str
    column: Any
    is_needed: bool = False
    help: str = ""
    nothing: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as the form shows it."""

    name: str
    label: str
    control: str
    text: str
    is_needed: bool
    help: str
    options: Sequence[tuple[str, str]]


def _words(label: str) -> dict[str, Any]:
    return {"words": ColumnWords(label)}


_pause, _record = Pause.__table__.columns, ComplaintRecord.__table__.columns
_apology = Column("apology", Text(), info=_words(N_("Apology, in its words")))
_passed_on_to = Column("passed_on_to", String(80), info=_words(N_("Passed on to")))
_PROOF_HELP = N_("The clock stops only from the moment the owner was told.")
_UNTIL_HELP = N_("As the owner was told. A long wait counts once a supervisor or manager has allowed it.")
_RECORD_HELP = {
    "unsigned_reason": N_("Only if the owner refuses to sign or cannot: it takes the place of the signature")
}

WANTED: Mapping[Action, tuple[Wanted, ...]] = {
    Action.WAIT: (
        Wanted("pause_reason", _pause["reason"], is_needed=True),
        Wanted("told_channel", _pause["told_channel"], help=_PROOF_HELP, nothing=N_("Not told yet: the clock runs on")),
        Wanted("told_at", _pause["told_at"]),
        Wanted("expected_until", _pause["expected_until"], help=_UNTIL_HELP),
    ),
    Action.TELL_OWNER: (
        Wanted("told_channel", _pause["told_channel"], is_needed=True, help=_PROOF_HELP),
        Wanted("told_at", _pause["told_at"], is_needed=True),
        Wanted("expected_until", _pause["expected_until"], is_needed=True, help=_UNTIL_HELP),
    ),
    Action.STOP_HARM: (Wanted("apology", _apology, is_needed=True),),
    Action.JUDGE: (
        Wanted("validity", Ticket.__table__.columns["validity"], is_needed=True),
        Wanted("passed_on_to", _passed_on_to, help=N_("Of a complaint outside the remit")),
    ),
    Action.DRAFT_PLAN: (
        Wanted(
            "plan",
            HandlingPlan.__table__.columns["text"],
            is_needed=True,
            help=N_("What is done, by whom, until when, and what the owner is told"),
        ),
    ),
    Action.KEEP_RECORD: tuple(Wanted(name, _record[name], help=_RECORD_HELP.get(name, "")) for name in RECORDED),
}
# Actions whose reason is asked for, though the table of moves lets some of their answers do without.
REASONED = frozenset({Action.JUDGE})


def fields(ticket: Ticket, action: Action, staff: Sequence[tuple[int, str]]) -> list[Asked]:
    """The fields of the action as the form begins."""
    wanted = WANTED.get(action, ())
    known = _known(ticket, action) if wanted else {}
    return [_asked(ticket, each, known.get(each.name), staff) for each in wanted]


def said(ticket: Ticket, action: Action, staff: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """What the posted form says, by name. Raises Fault."""
    zone = zone_of(ticket.estate_id)
    texts = {each: request.form.get(each.name, "") for each in WANTED.get(action, ())}
    found = {each.name: parse(each.column.type, text, zone).value for each, text in texts.items()}
    responsible = found.get("responsible_staff_id")
    if responsible is not None and responsible not in dict(staff):
        raise Fault(N_("There is no such record in this estate: choose another"))
    if action is Action.WAIT and found["told_channel"] is None:
        found["told_at"] = None  # filled in beforehand: says nothing unless the owner was told
    return found


def _known(ticket: Ticket, action: Action) -> dict[str, Any]:
    """What the form begins with."""
    match action:
        case Action.WAIT:
            return {"told_at": now()}
        case Action.TELL_OWNER:
            pause = running(kept(db.session, [ticket.id]).get(ticket.id, ()))
            return {"told_at": now(), "expected_until": pause.expected_until if pause else None}
        case Action.DRAFT_PLAN:
            plan = latest_plans(db.session, [ticket.id]).get(ticket.id)
            return {"plan": plan.text if plan else None}
        case Action.KEEP_RECORD:
            record = record_of(db.session, ticket.id)
            return {name: getattr(record, name) for name in RECORDED} if record else {}
        case Action.JUDGE:
            return {"validity": ticket.validity}
    return {}


def _asked(ticket: Ticket, wanted: Wanted, value: Any, staff: Sequence[tuple[int, str]]) -> Asked:
    declared = words(wanted.column)
    assert declared is not None
    options = _options(wanted, staff)
    kind = "select" if options else _control(wanted.column, declared)
    label = translate(wanted.label or declared.label)
    return Asked(wanted.name, label, kind, _text(ticket, value), wanted.is_needed, _help(wanted), options)


def _help(wanted: Wanted) -> str:
    return translate(wanted.help) if wanted.help else ""


def _options(wanted: Wanted, staff: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    nothing = [("", translate(wanted.nothing) if wanted.nothing else "")]
    if wanted.name == "responsible_staff_id":
        return [*nothing, *((str(row_id), name) for row_id, name in staff)]
    members: Sequence[Labelled] = list(getattr(wanted.column.type, "enum_class", None) or ())
    return [*nothing, *((member.value, translate(member.label)) for member in members)] if members else []


def _control(column: Any, declared: ColumnWords) -> str:
    if isinstance(column.type, UtcDateTime):
        return "datetime-local"
    return "textarea" if declared.long or isinstance(column.type, Text) else "text"


def _text(ticket: Ticket, value: Any) -> str:
    match value:
        case None:
            return ""
        case Labelled():
            return value.value
        case datetime():
            return value.astimezone(zone_of(ticket.estate_id)).strftime(LOCAL)
    return str(value)
