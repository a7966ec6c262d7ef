"""Adopting a draft of standards from a day on, and moving the dates of open tickets to it where that was chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import N_, Base
from models.calendar import CalendarDay, ServiceWindow, Weekday
from models.draft import DraftState, StandardDraft
from models.estate import Estate
from models.faults import Fault
from models.milestone import Clock, LimitUnit
from models.standard import StandardSet
from models.ticket import OPEN_STATES, Ticket
from models.ticket_event import EventKind, TicketEvent
from operations import due_times, ticket_facts
from operations.calendars import Key, calendar_of
from operations.draft_changes import RULES, new_row, plain
from operations.drafts import open_draft
from operations.standards import succeed
from operations.ticket_facts import Known
from operations.what_if import NowCall, demand_current
from operations.write import Author, Change, Delete, Insert, Update, write, writing
from rules.what_if import Changed, Judged, goes_over, moves

MOVED_AT_ONCE = 100  # tickets in one transaction
_NEW = {"rules": "new-rules", "ladder-rules": "new-ladder-rules"}
_LATEST = date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Adoption:
    """From when a draft holds, by whom and when that was said."""

    valid_from: date
    by: Author
    at: datetime


def first_day(session: Session, set_id: int, now: datetime) -> date:
    """The first day from which a draft of the set can hold: tomorrow, in every zone in which it is worked by."""
    zones = session.scalars(select(Estate.time_zone).where(Estate.standard_set_id == set_id).distinct()).all()
    today = max((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=now.date())
    return date.fromordinal(today.toordinal() + 1)


def adopt(
    session: Session, draft_id: int, version: int, valid_from: date, *, moves_dates: bool, by: Author, at: datetime
) -> None:
    """Make the draft the standard from that local day on. Inside `writing`.

    What was promised stays; with `moves_dates` the dates of open tickets are moved afterwards, by `move_dates`.
    Raises Stale, or Fault for a day too early, a draft that changes nothing or whose base changed.
    """
    draft = open_draft(session, draft_id, version)
    first = first_day(session, draft.standard_set_id, at)
    if not first <= valid_from <= _LATEST:
        raise Fault(N_("Standards change from %(first)s at the earliest: give that day or a later one"), first=first)
    demand_current(session, draft)
    adoption, changes = Adoption(valid_from, by, at), draft.changes
    values = {"state": DraftState.ADOPTED, "valid_from": valid_from, "adopted_at": at, "moves_dates": moves_dates}
    for part, model in RULES.items():
        _adopt_rules(session, model, draft, changes.get(part, {}), adoption)
    added = [Insert(RULES[part], row) for part in RULES for row in _added(session, draft, part, valid_from)]
    hours = [
        *(
            each
            for key, kept in changes.get("windows", {}).items()
            for each in _windows(session, int(key), kept, valid_from)
        ),
        *(each for key, kept in changes.get("days", {}).items() for each in _days(session, int(key), kept, valid_from)),
    ]
    settled = Update(StandardDraft, draft_id, {**values, "adopted_by_id": by.account_id}, version)
    gone = [each for each in hours if not isinstance(each, Insert)]  # first: what comes may take the place of it
    write(session, gone, by=by, at=at)
    write(session, [*added, *(each for each in hours if isinstance(each, Insert)), settled], by=by, at=at)


def _adopt_rules(
    session: Session, model: type[Base], draft: StandardDraft, changed: Mapping[str, Any], adoption: Adoption
) -> None:
    """Follow each changed rule by its new version; one that ends gets its end."""
    columns = model.__table__.columns
    rows = select(columns["id"], columns["code"], columns["valid_from"]).where(columns["id"].in_(map(int, changed)))
    known = {row.id: row for row in session.execute(rows)}
    if begun_later := [row.code for row in known.values() if row.valid_from > adoption.valid_from]:
        sentence = N_("%(rules)s: holds only from a later day than %(day)s: give a later one")
        raise Fault(sentence, rules=", ".join(begun_later), day=adoption.valid_from)
    ends = [known[int(key)] for key, kept in changed.items() if kept["limit"] is None]
    write(session, [_ended(model, row, adoption.valid_from) for row in ends], by=adoption.by, at=adoption.at)
    for key, kept in changed.items():
        if (limit := kept["limit"]) is not None:
            values = {**_basis(draft), **limit, "unit": LimitUnit(limit["unit"]), "clock": Clock(limit["clock"])}
            succeed(session, model, int(key), values, adoption.valid_from, by=adoption.by, at=adoption.at)


def _basis(draft: StandardDraft) -> dict[str, Any]:
    """Under which clause a changed figure stands: the draft's, or else as our own; the old text says another figure."""
    text = draft.note or draft.name
    return (
        {"text": text, "is_ours": True}
        if draft.source is None
        else {"text": text, "source": draft.source, "is_ours": False}
    )


def _added(session: Session, draft: StandardDraft, part: str, valid_from: date) -> Iterator[dict[str, Any]]:
    code = session.scalars(select(StandardSet.code).where(StandardSet.id == draft.standard_set_id)).one()
    for number, kept in enumerate(draft.changes.get(_NEW[part], []), 1):
        place = {"standard_set_id": draft.standard_set_id, "valid_from": valid_from, "valid_to": None}
        name = "ladder-" if part == "ladder-rules" else ""
        basis = {"source": draft.name, **_basis(draft)}
        yield {**basis, **new_row(RULES[part], kept), **place, "code": f"{code}-{name}draft{draft.id}-{number}"}


def _windows(session: Session, hours_id: int, kept: Mapping[str, Any], valid_from: date) -> Iterator[Change]:
    """The windows that go end, those that come begin; one that had not begun is taken back."""
    wanted = {tuple(each) for each in kept["windows"]}
    rows = session.execute(
        select(*ServiceWindow.__table__.columns).where(
            ServiceWindow.service_hours_id == hours_id, ServiceWindow.valid_to.is_(None)
        )
    ).all()
    for row in rows:
        if (row.weekday.value, row.opens, row.closes) not in wanted:
            yield _ended(ServiceWindow, row, valid_from)
    for weekday, opens, closes in sorted(wanted - {(row.weekday.value, row.opens, row.closes) for row in rows}):
        values = {"weekday": Weekday(weekday), "opens": opens, "closes": closes, "valid_from": valid_from}
        yield Insert(ServiceWindow, {"service_hours_id": hours_id, **values})


def _days(session: Session, calendar_id: int, kept: Mapping[str, Any], valid_from: date) -> Iterator[Change]:
    wanted = {date.fromisoformat(day): each["day"] for day, each in kept.items()}
    of_days = select(*CalendarDay.__table__.columns).where(
        CalendarDay.calendar_id == calendar_id, CalendarDay.day.in_(wanted), CalendarDay.valid_to.is_(None)
    )
    for row in session.execute(of_days):
        yield _ended(CalendarDay, row, valid_from)
    for day, said in wanted.items():
        if said is not None:
            weekday = None if said["as_weekday"] is None else Weekday(said["as_weekday"])
            values = {"is_working": said["is_working"], "as_weekday": weekday, "name": said["name"]}
            yield Insert(CalendarDay, {"calendar_id": calendar_id, "day": day, **values, "valid_from": valid_from})


def _ended(model: type[Base], row: Any, valid_from: date) -> Change:
    if row.valid_from >= valid_from:
        return Delete(model, row.id)
    return Update(model, row.id, {"valid_to": valid_from})


def moving(session: Session) -> list[int]:
    """The adopted drafts whose open tickets wait for their dates to be moved."""
    asked = select(StandardDraft.id).where(
        StandardDraft.state == DraftState.ADOPTED, StandardDraft.moves_dates, StandardDraft.moved_at.is_(None)
    )
    return list(session.scalars(asked.order_by(StandardDraft.id)))


def move_dates(session: Session, draft_id: int, now: NowCall, until: datetime | None = None) -> bool:
    """Let the tickets that were open at the adoption go over to the draft, each moved date an event; whether all have.

    Whoever does the work, it is the deed of who adopted the draft. Goes on where it was left, until then at the latest;
    any number may do so at once.
    """
    while True:
        with writing(session):
            draft = _moving(session, draft_id)
            is_done = draft is None or _move_some(session, draft, now())
        if is_done or (until is not None and now() >= until):
            return is_done


def _moving(session: Session, draft_id: int) -> StandardDraft | None:
    """The draft, locked, if dates wait to be moved to it."""
    asked = select(StandardDraft).where(StandardDraft.id == draft_id, StandardDraft.moved_at.is_(None))
    found = session.scalars(asked.with_for_update().execution_options(populate_existing=True)).first()
    return found if found is not None and found.moves_dates else None


def _move_some(session: Session, draft: StandardDraft, now: datetime) -> bool:
    """Move the next tickets by id; whether none is left."""
    assert draft.valid_from is not None, "an adopted draft says from when"
    draft_id, set_id, day, by = draft.id, draft.standard_set_id, draft.valid_from, Author(draft.adopted_by_id)
    asked = select(Ticket.id).where(
        Ticket.standard_set_id == set_id,
        Ticket.state.in_(sorted(OPEN_STATES)),
        Ticket.opened_at <= draft.adopted_at,
        Ticket.id > (draft.moved_through or 0),
    )
    ids = list(session.scalars(asked.order_by(Ticket.id).limit(MOVED_AT_ONCE)))
    is_done = len(ids) < MOVED_AT_ONCE
    _go_over(session, ids, draft_id, day, by, now)
    progress = {"moved_through": ids[-1] if ids else draft.moved_through, "moved_at": now if is_done else None}
    session.execute(update(StandardDraft).where(StandardDraft.id == draft_id).values(progress))
    return is_done


def _go_over(session: Session, ids: Sequence[int], draft_id: int, day: date, by: Author, now: datetime) -> None:
    """Those of the tickets of which a date moves keep the standards of that day from now on, and get an event."""
    known = ticket_facts.load(session, ids, lock=True)
    before, after = due_times.judge(session, known), due_times.judge(session, _on_day(session, known, day))
    changes: list[Change] = []
    for ticket_id, each in known.items():
        today, then = (Judged(verdict.dues, verdict.steps) for verdict in (before[ticket_id], after[ticket_id]))
        moved = [_told(change, after[ticket_id]) for change in moves(today, then, now)]
        if moved:
            place = {"estate_id": each.estate_id, "ticket_id": ticket_id, "at": now, "account_id": by.account_id}
            data = {"draft": draft_id, "day": day.isoformat(), "was": plain(each.facts.standards_on), "moved": moved}
            event = {**place, "kind": EventKind.DATES_MOVED, "data": data}
            changes += [Update(Ticket, ticket_id, {"standards_on": day}), Insert(TicketEvent, event)]
    write(session, changes, by=by, at=now)


def _on_day(session: Session, known: Mapping[int, Known], day: date) -> dict[int, Known]:
    """The tickets as if they kept the standards and calendars of that day."""
    columns = (Ticket.id, Ticket.calendar_id, Ticket.service_hours_id)
    rows = session.execute(select(*columns).where(Ticket.id.in_(known)))
    keys = {row.id: Key(row.calendar_id, row.service_hours_id, known[row.id].facts.zone, day) for row in rows}
    calendars = calendar_of(session, set(keys.values()))
    return {
        row_id: replace(known[row_id], facts=goes_over(known[row_id].facts, day, calendars[key]))
        for row_id, key in keys.items()
    }


def _told(change: Changed, after: due_times.Verdict) -> dict[str, Any]:
    """A moved date as the event keeps it: of what, from, to, and by which rule."""
    rules = [due.rule_id for due in after.dues if due.kind is change.milestone and due.is_open]
    rules += [step.rule_id for step in after.steps if step.level == change.level]
    return {
        "milestone": change.milestone.value if change.milestone else None,
        "level": change.level,
        "from": change.from_at.isoformat() if change.from_at else None,
        "to": change.to_at.isoformat() if change.to_at else None,
        "rule": rules[0] if rules else None,
    }
