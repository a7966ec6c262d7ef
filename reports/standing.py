"""Open tickets by the level at which they stand and by their age."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    case,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.milestone import NEVER, LadderStep
from models.standard import HIGHEST_LEVEL
from models.ticket import IS_OPEN_SQL, Ticket
from operations.scope import conditions
from reports.kept import Marks, is_whole
from reports.levels import level_by
from reports.zones import Place
from rules.permissions import Scope

_ticket, _step = Ticket.__table__, LadderStep.__table__
_HIGHER_LEVELS = range(1, HIGHEST_LEVEL + 1)  # named so that the index is entered at each

# In the words of the partial index: SQLite does not see through bound values.
_IS_OPEN: ColumnElement[bool] = literal_column(f"ticket.{IS_OPEN_SQL}")

Standing = dict[tuple[Place, int, "Age"], int]


class Age(Labelled):
    """How long a ticket has been open, in days of 24 hours; the ladder's limits (S3 第6篇 4.6–4.8) divide them."""

    UNDER_TWO_DAYS = "0-2", N_("Less than 2 days")
    TWO_TO_SEVEN_DAYS = "2-7", N_("2 to 7 days")
    SEVEN_TO_THIRTY_DAYS = "7-30", N_("7 to 30 days")
    OVER_THIRTY_DAYS = "30-", N_("30 days or more")


# From how many days on, and below how many.
_DAYS: Mapping[Age, tuple[int | None, int | None]] = {
    Age.UNDER_TWO_DAYS: (None, 2),
    Age.TWO_TO_SEVEN_DAYS: (2, 7),
    Age.SEVEN_TO_THIRTY_DAYS: (7, 30),
    Age.OVER_THIRTY_DAYS: (30, None),
}


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted in an estate: under which mark, from when to just before when it holds, and the numbers."""

    mark: int
    since: datetime
    until: datetime
    numbers: Mapping[tuple[int, Age], int]

    def holds(self, mark: int, now: datetime) -> bool:
        """Whether counting again would give the same: nothing was written since, no ticket grew older or climbed."""
        return self.mark == mark and self.since <= now < self.until


# The last count of each estate by database and estate. It is never wrong: the mark changes in the transaction that
# changes what is counted, and time changes nothing before `until`.
_counted: dict[tuple[str, int], Count] = {}


def open_tickets(session: Session, now: datetime, scope: Scope, places: Sequence[Place], marked: Marks) -> Standing:
    """How many open tickets of those estates stand at each level and age, without those of which there are none.

    Each estate is counted again when something was written or some ticket has climbed or aged since the last time.
    """
    if not is_whole(scope):
        return _counted_one_by_one(session, now, scope, {place.id: place for place in places})
    database = str(session.get_bind().engine.url)
    known = {place: _counted.get((database, place.id)) for place in places}
    stale = [place for place, count in known.items() if count is None or not count.holds(marked[place.id], now)]
    fresh = _counts(session, now, stale, marked) if stale else {}
    _counted.update({(database, place.id): count for place, count in fresh.items()})
    counts = {place: fresh.get(place) or known[place] for place in places}
    return {
        (place, level, age): number
        for place, count in counts.items()
        if count is not None
        for (level, age), number in count.numbers.items()
    }


def _counts(session: Session, now: datetime, places: Sequence[Place], marks: Mapping[int, int]) -> dict[Place, Count]:
    by_id = {place.id: place for place in places}
    numbers: dict[Place, Counter[tuple[int, Age]]] = {place: Counter() for place in places}
    until = dict.fromkeys(places, NEVER)
    for estate_id, name, number, oldest in session.execute(_by_age(now, by_id)):
        place, age = by_id[estate_id], _AGES[name]
        numbers[place][0, age] += number
        if (days := _DAYS[age][1]) is not None:
            until[place] = min(until[place], oldest + timedelta(days=days))
    for estate_id, level, next_due, number, *older in session.execute(_climbed(now, by_id)):
        place = by_id[estate_id]
        until[place] = min(until[place], next_due or NEVER)
        for age, at_least, beyond in zip(Age, (number, *older), (*older, 0), strict=True):
            numbers[place][level, age] += at_least - beyond
            numbers[place][0, age] -= at_least - beyond
    return {
        place: Count(marks[place.id], now, until[place], {key: n for key, n in numbers[place].items() if n})
        for place in places
    }


def tickets_behind(
    now: datetime, level: int | None = None, age: Age | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on tickets that leave exactly the open ones a figure counts."""
    found: list[ColumnElement[bool]] = [_IS_OPEN]
    if level is not None:
        reached = select(_step.c.ticket_id).where(_step.c.ticket_id == _ticket.c.id, _step.c.due_at <= now)
        standing = select(_step.c.ticket_id).where(_step.c.level == level, *_stands(now))
        found.append(_ticket.c.id.in_(standing) if level else ~reached.exists())
    if age is not None:
        found += _aged(_ticket.c.opened_at, now, age)
    if estate_id is not None:
        found.append(_ticket.c.estate_id == estate_id)
    return tuple(found)


def _stands(now: datetime) -> list[ColumnElement[bool]]:
    """Of steps: that an open ticket stands there now."""
    return [_step.c.until_at > now, _step.c.due_at <= now]


def _aged(opened_at: ColumnElement[datetime], now: datetime, age: Age) -> list[ColumnElement[bool]]:
    older, younger = _DAYS[age]
    found = [] if older is None else [opened_at <= now - timedelta(days=older)]
    return found if younger is None else [*found, opened_at > now - timedelta(days=younger)]


def _by_age(now: datetime, estate_ids: Collection[int]) -> CompoundSelect[Any]:
    """Open tickets by estate and age, and when the oldest of them was opened: a range of the index for each age."""
    opened_at = _ticket.c.opened_at
    return union_all(
        *(
            select(_ticket.c.estate_id, literal(age.value), func.count(), func.min(opened_at))
            .where(_IS_OPEN, _ticket.c.estate_id.in_(estate_ids), *_aged(opened_at, now, age))
            .group_by(_ticket.c.estate_id)
            for age in Age
        )
    )


def _climbed(now: datetime, estate_ids: Collection[int]) -> Select[Any]:
    """By estate and level: when the next ticket climbs there, how many stand there, and how many of these for 2, 7 and
    30 days or more. The index holds the steps of open tickets alone.
    """
    is_due = _step.c.due_at <= now
    older = [is_due & (_step.c.open_since <= now - timedelta(days=days)) for days in (2, 7, 30)]
    keys = (_step.c.estate_id, _step.c.level)
    return (
        select(*keys, func.min(_step.c.due_at).filter(~is_due))
        .add_columns(*(func.count().filter(condition) for condition in (is_due, *older)))
        .where(_step.c.estate_id.in_(estate_ids), _step.c.level.in_(_HIGHER_LEVELS), _step.c.until_at > now)
        .group_by(*keys)
    )


def _counted_one_by_one(session: Session, now: datetime, scope: Scope, by_id: Mapping[int, Place]) -> Standing:
    age = case(*((_all(_aged(_ticket.c.opened_at, now, each)), literal(each.value)) for each in Age))
    inner = (
        select(_ticket.c.estate_id, level_by(now).label("level"), age.label("age"))
        .where(*conditions(Ticket, scope), _ticket.c.estate_id.in_(by_id), *tickets_behind(now))
        .subquery()
    )
    keys = (inner.c.estate_id, inner.c.level, inner.c.age)
    rows = session.execute(select(*keys, func.count()).group_by(*keys))
    return {(by_id[estate_id], level, _AGES[age]): number for estate_id, level, age, number in rows}


def _all(bounds: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *others = bounds
    for each in others:
        first = first & each
    return first


_AGES = {age.value: age for age in Age}
