"""What the page of a ticket says of its pauses, of the dates agreed, and of the complaint it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from models.account import Account
from models.base import N_, words
from models.complaint import ComplaintRecord, HandlingPlan
from models.pause import Pause
from models.ticket import Ticket, TicketKind
from models.ticket_event import EventKind, TicketEvent
from operations.agreements import AGREED
from operations.cases import RECORDED, latest_plans, missing, pauses_kept, record_of
from operations.pauses import pauses_of
from rules import clocks
from rules.hindrances import DISMISSED
from views.database import db
from views.details import shown
from views.language import translate

Local = Callable[[datetime | None], str]


@dataclass(frozen=True, slots=True)
class PauseCard:
    """A pause as the page tells it; `standing` says whether and from when to when the clock stands still for it."""

    reason: str
    note: str | None
    requested: str
    told: str
    until: str
    ended: str
    standing: str
    is_counted: bool
    remark: str | None


@dataclass(frozen=True, slots=True)
class AgreedCard:
    """A date that was agreed: which one, who put it down and when, with whom."""

    label: str
    text: str
    said: str


@dataclass(frozen=True, slots=True)
class ComplaintCard:
    """The latest plan and the record of a complaint; `missing` is what closing still asks of the record."""

    plan: HandlingPlan | None
    drafted: str
    decided: str
    record: Sequence[tuple[str, str]]
    missing: Sequence[str]


def pause_cards(ticket: Ticket, local: Local) -> list[PauseCard]:
    """The pauses of the ticket, the latest first."""
    pauses = pauses_kept(db.session, [ticket.id]).get(ticket.id, ())
    counted = {each.start: each for each in pauses_of(db.session, [ticket.id]).get(ticket.id, ())} if pauses else {}
    accounts = _account_names({each for pause in pauses for each in (pause.requested_by_id, pause.decided_by_id)})
    return [
        _pause_card(pause, counted.get(pause.starts_at) if pause.starts_at else None, accounts, local)
        for pause in reversed(pauses)
    ]


def _pause_card(
    pause: Pause, stopped: clocks.Pause | None, accounts: Mapping[int | None, str], local: Local
) -> PauseCard:
    return PauseCard(
        reason=translate(pause.reason.label),
        note=pause.note,
        requested=_signed(pause.requested_by_id, pause.requested_at, accounts, local),
        told=f"{local(pause.told_at)} · {translate(pause.told_channel.label)}" if pause.told_channel else "",
        until=local(pause.expected_until),
        ended=local(pause.ended_at),
        standing=_standing(pause, stopped, accounts, local),
        is_counted=stopped is not None,
        remark=pause.remark,
    )


def _standing(pause: Pause, stopped: clocks.Pause | None, accounts: Mapping[int | None, str], local: Local) -> str:
    """Whether the clock stands still, in a sentence."""
    by = accounts.get(pause.decided_by_id, "")
    if pause.refused_at is not None:
        return translate(N_("Refused by %(name)s: the clock ran on")) % {"name": by}
    if pause.told_at is None:
        return translate(N_("The owner was not told: the clock runs on"))
    if pause.needs_approval and pause.allowed_at is None:
        return translate(
            N_("Not allowed yet: the clock runs on. Once allowed, it will have stood still since the owner was told")
        )
    if stopped is None:
        return translate(N_("The ticket's time for pauses is used up: the clock runs on"))
    places = {"start": local(stopped.start), "end": local(stopped.end), "name": by}
    if pause.ended_at is None and pause.allowed_at is None:
        sentence = N_("The clock stands still since %(start)s, without approval until %(end)s at the latest")
    elif pause.ended_at is None:
        sentence = N_("The clock stands still since %(start)s, until %(end)s at the latest; allowed by %(name)s")
    elif pause.allowed_at is not None:
        sentence = N_("The clock stood still from %(start)s to %(end)s; allowed by %(name)s")
    else:
        sentence = N_("The clock stood still from %(start)s to %(end)s")
    return translate(sentence) % places


def agreed_cards(ticket: Ticket, local: Local) -> list[AgreedCard]:
    """The dates of the ticket that both sides agreed on, each with its last agreement where one was put down."""
    last: dict[str, TicketEvent] = {}
    for event in _agreements(ticket):
        last[(event.data or {}).get("field", "")] = event
    accounts = _account_names({event.account_id for event in last.values()})
    return [
        AgreedCard(_label(name), local(getattr(ticket, name)), _agreed(last.get(name), accounts, local))
        for name in AGREED
        if getattr(ticket, name) is not None
    ]


def _agreements(ticket: Ticket) -> Sequence[TicketEvent]:
    """Those that were not undone, oldest first."""
    kinds = (EventKind.AGREED, EventKind.UNDONE)
    found = db.session.scalars(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind.in_(kinds))
        .order_by(TicketEvent.at, TicketEvent.id)
    ).all()
    undone = {each for event in found if event.kind is EventKind.UNDONE for each in (event.data or {})["events"]}
    return [event for event in found if event.kind is EventKind.AGREED and event.id not in undone]


def _agreed(event: TicketEvent | None, accounts: Mapping[int | None, str], local: Local) -> str:
    if event is None:
        return ""
    whom = (event.data or {}).get("with")
    sentence = (
        N_("agreed with %(whom)s, put down by %(name)s on %(at)s") if whom else N_("put down by %(name)s on %(at)s")
    )
    name = accounts.get(event.account_id) or translate(N_("Automatic"))
    return translate(sentence) % {"whom": whom, "name": name, "at": local(event.at)}


def complaint_card(ticket: Ticket, local: Local) -> ComplaintCard | None:
    """What the page says of the ticket as a complaint; None for one that is none, or has nothing to say yet."""
    if ticket.kind is not TicketKind.COMPLAINT:
        return None
    plan = latest_plans(db.session, [ticket.id]).get(ticket.id)
    record = record_of(db.session, ticket.id)
    accounts = _account_names({plan.drafted_by_id, plan.decided_by_id}) if plan else {}
    return ComplaintCard(
        plan,
        _signed(plan.drafted_by_id, plan.drafted_at, accounts, local) if plan else "",
        _signed(plan.decided_by_id, plan.decided_at, accounts, local) if plan and plan.decided_at else "",
        _recorded(record) if record else [],
        [] if ticket.validity in DISMISSED else [translate(label) for label in missing(record)],
    )


def _recorded(record: ComplaintRecord) -> list[tuple[str, str]]:
    cells = [shown(record, record.__table__.columns[name]) for name in RECORDED]
    return [(cell.label, cell.text) for cell in cells if cell.text]


def _signed(account_id: int | None, at: datetime | None, accounts: Mapping[int | None, str], local: Local) -> str:
    return " · ".join(part for part in (accounts.get(account_id), local(at)) if part)


def _label(name: str) -> str:
    declared = words(Ticket.__table__.columns[name])
    return translate(declared.label) if declared else name


def _account_names(ids: Collection[int | None]) -> Mapping[int | None, str]:
    wanted = [each for each in ids if each is not None]
    if not wanted:
        return {}
    rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {row.id: row.name for row in rows}
