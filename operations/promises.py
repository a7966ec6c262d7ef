"""What tickets were promised by stays as it was: the rules, windows and days off that held when they were opened.

A change therefore makes a new row that begins on a day for which no ticket was opened yet (`operations.standards`).
Whoever changes the past on purpose does so inside `adopting`. Tickets whose dates are to move to newer standards get
the day of those as their `standards_on`; no rule has to reach back for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.base import N_, Base
from models.calendar import CalendarDay, CalendarYear, ServiceWindow
from models.estate import Estate
from models.faults import Fault
from models.standard import LadderRule, StandardRule
from models.ticket import Ticket
from operations.chunks import chunks
from rules.durations import day_start

AnyRow = Mapping[str, Any]
Pairs = Mapping[int, tuple[AnyRow, AnyRow]]  # by id: a row as it is and as it would be
Faults = dict[int, dict[str, Fault]]

_ADOPTING = "adopting"  # in Session.info
_EARLIEST = date(1900, 1, 1)  # no ticket is older


@dataclass(frozen=True, slots=True)
class _Kept:
    """Rows that hold from a day to another: `owner` names, in the row and in the ticket, what they belong to; `words`
    are what may still change once tickets were opened by them.
    """

    owner: str
    words: frozenset[str]


_BOOKKEEPING = {"id", "version", "valid_to"}
_RULE = _Kept("standard_set_id", frozenset({"code", "source", "text", "is_ours", *_BOOKKEEPING}))
KEPT: Mapping[type[Base], _Kept] = {
    StandardRule: _RULE,
    LadderRule: _RULE,
    ServiceWindow: _Kept("service_hours_id", frozenset(_BOOKKEEPING)),
    CalendarDay: _Kept("calendar_id", frozenset({"name", *_BOOKKEEPING})),
    CalendarYear: _Kept("calendar_id", frozenset({"source", *_BOOKKEEPING})),
}

_FIXED = N_("Tickets were promised by this rule: end it with 'valid to' and add a new one")


@contextmanager
def adopting(session: Session) -> Iterator[None]:
    """In here standards may change for days on which tickets were opened already."""
    before = session.info.get(_ADOPTING, False)
    session.info[_ADOPTING] = True
    try:
        yield
    finally:
        session.info[_ADOPTING] = before


def broken(session: Session, model: type[Base], pairs: Pairs) -> Faults:
    """A sentence for each column, by id of the row, that must stay as it is because of what was promised by it."""
    if not pairs or session.info.get(_ADOPTING):
        return {}
    if model is Estate:
        return _broken_estates(session, pairs)
    if model not in KEPT:
        return {}
    asked = _Asked(session, KEPT[model].owner)
    return {row_id: found for row_id, pair in pairs.items() if (found := _rewritten(asked, KEPT[model], *pair))}


def reaching_back(session: Session, model: type[Base], rows: Iterable[tuple[int, AnyRow]]) -> Faults:
    """A sentence, by index, for each new row that would hold on a day on which tickets were opened without it."""
    if model not in KEPT or session.info.get(_ADOPTING):
        return {}
    asked = _Asked(session, KEPT[model].owner)
    sentence = N_("Tickets of %(day)s were opened already: let it hold from a later day on")
    found: Faults = {}
    for index, row in rows:
        if row.get("valid_from") is None or row.get(asked.owner) is None:
            continue  # said by a sentence of its own
        day = asked.last_day(row, row["valid_from"], row.get("valid_to"))
        if day is not None:
            found[index] = {"valid_from": Fault(sentence, day=day)}
    return found


def blockers(session: Session, model: type[Base], rows: Mapping[int, AnyRow]) -> dict[int, dict[type[Base], int]]:
    """By id of the row how many tickets were opened while it held, each of which keeps it from going."""
    if model not in KEPT or session.info.get(_ADOPTING):
        return {}
    asked = _Asked(session, KEPT[model].owner)
    counted = {row_id: asked.count(row, row["valid_from"], row.get("valid_to")) for row_id, row in rows.items()}
    return {row_id: {Ticket: number} for row_id, number in counted.items() if number}


def is_used(session: Session, model: type[Base], row: AnyRow) -> bool:
    """Whether tickets were opened while the row held."""
    return _Asked(session, KEPT[model].owner).last_day(row, row["valid_from"], row.get("valid_to")) is not None


def first_free_day(session: Session, model: type[Base], row: AnyRow, at: datetime) -> date:
    """The first local day from which a change of the row touches no ticket: the next one, wherever it is latest."""
    asked = _Asked(session, KEPT[model].owner)
    today = max((at.astimezone(zone).date() for zone in asked.zones), default=at.date())
    last = asked.last_day(row, today, None)
    return max(filter(None, (today, last))) + timedelta(days=1)


def _rewritten(asked: "_Asked", kept: _Kept, before: AnyRow, after: AnyRow) -> dict[str, Fault]:
    """What of a change would touch tickets: other figures while it held, or days that it gains or loses."""
    judged = [name for name in after if name not in kept.words and after[name] != before[name]]
    is_used = judged and any(asked.last_day(row, row["valid_from"], row.get("valid_to")) for row in (before, after))
    found = dict.fromkeys(judged, Fault(_FIXED)) if is_used else {}
    ends = [row.get("valid_to") for row in (before, after)]
    if ends[0] != ends[1]:
        first, end = sorted(ends, key=lambda day: day or date.max)
        if first is not None and (day := asked.last_day(after, first, end)):
            sentence = N_("A ticket of %(day)s was promised by this rule: give a later day")
            if ends[0] is not None and ends[0] == first:
                sentence = N_("Tickets of %(day)s were opened already: let it hold from a later day on")
            found["valid_to"] = Fault(sentence, day=day)
    return found


def _broken_estates(session: Session, pairs: Pairs) -> Faults:
    moved = [row_id for row_id, (before, after) in pairs.items() if before["time_zone"] != after["time_zone"]]
    sentence = N_("The estate has tickets, whose dates were promised in %(zone)s: its time zone stays")
    found: Faults = {}
    for chunk in chunks(moved):
        for estate_id in session.scalars(select(Ticket.estate_id).where(Ticket.estate_id.in_(chunk)).distinct()):
            found[estate_id] = {"time_zone": Fault(sentence, zone=pairs[estate_id][0]["time_zone"])}
    return found


class _Asked:
    """On which local days tickets were opened by what a row belongs to; asked once for each stretch of days."""

    def __init__(self, session: Session, owner: str) -> None:
        self.session, self.owner = session, owner
        self.zones = [ZoneInfo(name) for name in session.scalars(select(Estate.time_zone).distinct())]
        self.known: dict[tuple[int, date, date | None], date | None] = {}

    def last_day(self, row: AnyRow, first: date, end: date | None) -> date | None:
        """The last day from `first` until before `end` on which tickets were opened, or to which they went over."""
        key = (row[self.owner], first, end)
        if key not in self.known:
            days = [day for zone in self.zones for day in (self._last_opened(key, zone), self._last_moved(key)) if day]
            self.known[key] = max(days, default=None)
        return self.known[key]

    def count(self, row: AnyRow, first: date, end: date | None) -> int:
        """How many tickets were opened on those days."""
        key = (row[self.owner], first, end)
        asked = (select(func.count()).select_from(Ticket).join(Estate).where(*self._opened(key, z)) for z in self.zones)
        return sum(self.session.scalar(each) or 0 for each in asked)

    def _opened(self, key: tuple[int, date, date | None], zone: ZoneInfo) -> list[ColumnElement[bool]]:
        owner_id, first, end = key
        bounds = [Ticket.opened_at >= day_start(max(first, _EARLIEST), zone)]
        bounds += [] if end is None else [Ticket.opened_at < day_start(max(end, _EARLIEST), zone)]
        owned = Ticket.__table__.columns[self.owner] == owner_id
        return [owned, Estate.time_zone == zone.key, *bounds]

    def _last_opened(self, key: tuple[int, date, date | None], zone: ZoneInfo) -> date | None:
        newest = select(Ticket.opened_at).join(Estate).where(*self._opened(key, zone)).order_by(Ticket.opened_at.desc())
        found = self.session.scalar(newest.limit(1))
        return None if found is None else found.astimezone(zone).date()

    def _last_moved(self, key: tuple[int, date, date | None]) -> date | None:
        owner_id, first, end = key
        moved = Ticket.standards_on
        bounds = [moved >= first, *([] if end is None else [moved < end])]
        owned = Ticket.__table__.columns[self.owner] == owner_id
        return self.session.scalar(select(func.max(moved)).where(moved.is_not(None), owned, *bounds))
