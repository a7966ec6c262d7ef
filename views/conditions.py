"""One filter of an address, from its words to conditions on its column.

A column's name alone means "is one of", in as many values as are given: `kind=repair&kind=help`. A word after it:

| filter | means | for |
| --- | --- | --- |
| `kind.not=void` | none of the values, nor of those that follow | choices, references, codes, numbers |
| `area.from=80`, `area.to=120` | at least, at most; of a moment also a day, or `today` | numbers, days, moments |
| `opened_at.in=this_week` | a named period (`rules.relative_dates.PERIODS`) | days, moments |
| `opened_at.last=7d`, `due_on.next=3d` | that many days, today among them | days, moments |
| `opened_at.older=30d` | more than that many days ago | days, moments |
| `next_due_at.past=yes` | before now, `no`: from now on | days, moments |
| `code.starts=3-2-` | begins so | codes that an index serves |
| `assignee_id.empty=yes` | has no value, `no`: has one | every column |

`me` stands for the person's own staff row among references to staff. Relative words are read when the list is, in the
zone of the estate that the list is filtered to, else of the first estate served. Personal columns have no filter.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from sqlalchemy import Boolean, Date, Enum, Integer, Numeric, String

from models.base import N_, UtcDateTime, target, words
from models.faults import Fault
from models.fields import Domain, parse
from models.staff import Staff
from models.typed_texts import plain
from reports.listing import Condition
from rules.relative_dates import MOST_DAYS, Days, day, last_days, next_days, older_than, period
from views.kinds import names_a_kind

Kind = Literal["choices", "yes_no", "reference", "number", "days", "text", "presence"]

LAST_CHARACTER = "\U0010ffff"
_SET = frozenset({"", "not", "empty"})
_DAYS = frozenset({"", "from", "to", "in", "last", "next", "older", "past", "empty"})
OPERATORS: dict[Kind, frozenset[str]] = {
    "choices": _SET,
    "yes_no": _SET,
    "reference": _SET,
    "number": frozenset({"", "not", "from", "to", "empty"}),
    "days": _DAYS,
    "text": frozenset({"", "not", "starts", "empty"}),
    "presence": frozenset({"empty"}),
}


@dataclass(frozen=True, slots=True)
class Sense:
    """Against what relative words are read: the moment, the zone of the list, the person's staff row."""

    moment: datetime
    zone: tzinfo
    staff_id: int | None = None

    @property
    def today(self) -> date:
        return self.moment.astimezone(self.zone).date()


def kind_of(column: Any) -> Kind | None:
    """Which kind of filter the column has; None for one that has none, as personal and secret ones."""
    declared = words(column)
    if declared is None or declared.secret or declared.personal:
        return None
    parent = target(column)
    if parent is not None:
        return "reference" if parent.__entity__ is not None else None
    if isinstance(column.type, Enum) or names_a_kind(column):
        return "choices"
    for types, kind in _BY_TYPE:
        if isinstance(column.type, types):
            return kind
    if isinstance(column.type, String | Domain):
        if declared.search in ("exact", "prefix") or declared.filter:
            return "text"
        return "presence" if column.nullable else None
    return None


_BY_TYPE: tuple[tuple[Any, Kind], ...] = (
    (Boolean, "yes_no"),
    (UtcDateTime, "days"),
    (Date, "days"),
    (Integer | Numeric, "number"),
)


def record_id(text: str) -> int | None:
    """The id that a text says, or None for anything that can be no row's."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def conditions_of(column: Any, operator: str, texts: Collection[str], sense: Sense) -> list[Condition]:
    """What a filter of an address asks of the column. Raises Fault for a value that cannot be read."""
    values = [text.strip() for text in texts if text.strip()]
    name = str(column.name)
    match operator:
        case "empty":
            return [Condition(name, "empty" if _yes(values[0]) else "filled")]
        case "from" | "to":
            bound = _bound(column, operator, values[0], sense)
            return [Condition(name, "from" if operator == "from" else "to", (bound,))]
        case "starts":
            first = plain(values[0])
            return [Condition(name, "from", (first,)), Condition(name, "to", (first + LAST_CHARACTER,))]
        case "past":
            return [_past(column, _yes(values[0]), sense)]
        case "in" | "last" | "next" | "older":
            return _within(column, operator, _days(operator, values[0], sense.today), sense)
    if isinstance(column.type, UtcDateTime):
        the_day = parse(Date(), values[0]).value
        return _within(column, "in", Days(the_day, the_day), sense)
    found = tuple(_value(column, text, sense) for text in values)
    return [Condition(name, "not_in" if operator == "not" else "in", found)]


def _yes(text: str) -> bool:
    answer: bool | None = parse(Boolean(), text).value
    return answer is True


def _days(operator: str, text: str, today: date) -> Days:
    if operator == "in":
        found = period(text, today)
        if found is None:
            raise Fault(N_("%(value)s is not a period"), value=text[:40])
        return found
    said = re.fullmatch(r"([0-9]{1,5})d?", text)
    number = int(said[1]) if said else 0
    if not 1 <= number <= MOST_DAYS:
        raise Fault(N_("%(value)s is not a number of days from 1 to %(limit)s"), value=text[:40], limit=MOST_DAYS)
    return {"last": last_days, "next": next_days, "older": older_than}[operator](number, today)


def _within(column: Any, operator: str, days: Days, sense: Sense) -> list[Condition]:
    """The days as bounds; of a moment that is still to come, only what is left of today."""
    is_moment = isinstance(column.type, UtcDateTime)
    first: Any = days.first
    last: Any = days.last
    if is_moment and first is not None:
        first = sense.moment if operator == "next" else _midnight(first, sense.zone)
    if is_moment and last is not None:
        last = _midnight(last + timedelta(days=1), sense.zone) - timedelta(microseconds=1)
    found = []
    if first is not None:
        found.append(Condition(column.name, "from", (first,)))
    if last is not None:
        found.append(Condition(column.name, "to", (last,)))
    return found


def _past(column: Any, is_past: bool, sense: Sense) -> Condition:
    is_moment = isinstance(column.type, UtcDateTime)
    if is_past:
        last = sense.moment - timedelta(microseconds=1) if is_moment else sense.today - timedelta(days=1)
        return Condition(column.name, "to", (last,))
    return Condition(column.name, "from", (sense.moment if is_moment else sense.today,))


def _bound(column: Any, operator: str, text: str, sense: Sense) -> Any:
    said = day(text, sense.today) if isinstance(column.type, UtcDateTime | Date) else None
    value: Any = said if said is not None else _value(column, text, sense)
    if isinstance(column.type, UtcDateTime) and (said is not None or len(text) <= len("2026-11-01")):
        the_day = said if said is not None else value.astimezone(sense.zone).date()
        if operator == "from":
            return _midnight(the_day, sense.zone)
        return _midnight(the_day + timedelta(days=1), sense.zone) - timedelta(microseconds=1)
    return value


def _midnight(the_day: date, zone: tzinfo) -> datetime:
    return datetime.combine(the_day, time(), zone).astimezone(UTC)


def _value(column: Any, text: str, sense: Sense) -> Any:
    parent = target(column)
    if parent is Staff and text == "me":
        if sense.staff_id is None:
            raise Fault(N_("Your account belongs to no staff member: nothing is assigned to you"))
        return sense.staff_id
    if parent is not None or column.primary_key:
        row_id = record_id(text)
        if row_id is None:
            raise Fault(N_("%(value)s is not the number of a record"), value=text[:40])
        return row_id
    value = parse(column.type, text, sense.zone).value
    if value is None:
        raise Fault(N_("%(value)s cannot be filtered by"), value=text[:40])
    return value
