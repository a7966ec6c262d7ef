"""What a draft of standards changes, as its row keeps it: read for the rules, compared with the base it was made from.

`rules` and `ladder-rules` hold by id of the rule the version it had and the new limit, None where it ends;
`new-rules` and `new-ladder-rules` whole rows; `windows` by id of the service hours what was there and what would be;
`days` by id of the calendar and day likewise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base, Labelled
from models.calendar import CalendarDay, ServiceHours, ServiceWindow, Weekday
from models.milestone import Clock, LimitUnit
from models.standard import LadderRule, StandardRule
from rules.deadlines import DeadlineRule
from rules.drafts import Changed, DayOff, Draft, Limit, Window
from rules.ladder import LevelRule

Json = Mapping[str, Any]
AnyRule = TypeVar("AnyRule", bound=DeadlineRule | LevelRule)

RULES: Mapping[str, type[Base]] = {"rules": StandardRule, "ladder-rules": LadderRule}
LIMIT = ("value", "unit", "clock")
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Conflict:
    """A part of the base that somebody changed since the draft was made from it: which, and what names it."""

    part: str
    id: int
    title: str


def limit_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The limit of a row of rules, as a draft keeps it."""
    return {name: plain(row[name]) for name in LIMIT}


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, Labelled):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def read(changes: Json) -> Draft:
    """The draft as the rules see it."""
    return Draft(
        Changed(_limits(changes, "rules"), _added(changes, "new-rules", StandardRule, DeadlineRule)),
        Changed(_limits(changes, "ladder-rules"), _added(changes, "new-ladder-rules", LadderRule, LevelRule)),
        {int(key): _windows(each["windows"]) for key, each in changes.get("windows", {}).items()},
        {int(key): dict(_days(each)) for key, each in changes.get("days", {}).items()},
    )


def _limits(changes: Json, part: str) -> dict[int, Limit | None]:
    return {int(key): _limit(each["limit"]) for key, each in changes.get(part, {}).items()}


def _limit(kept: Json | None) -> Limit | None:
    return None if kept is None else Limit(kept["value"], LimitUnit(kept["unit"]), Clock(kept["clock"]))


def _added(changes: Json, part: str, model: type[Base], mirror: type[AnyRule]) -> list[AnyRule]:
    """The rules added, under ids that no row has."""
    names = {each.name for each in fields(mirror)}
    found = []
    for number, kept in enumerate(changes.get(part, []), 1):
        row = new_row(model, kept) | {"id": -number, "valid_from": date.min, "valid_to": None}
        found.append(mirror(**{name: value for name, value in row.items() if name in names}))
    return found


def new_row(model: type[Base], kept: Json) -> dict[str, Any]:
    """The columns of a rule to add, from what the draft keeps of it; those it does not name take their default."""
    row = {}
    for column in model.__table__.columns:
        if column.name in kept:
            row[column.name] = _value(column, kept[column.name])
        elif column.default is not None:
            row[column.name] = getattr(column.default, "arg", None)
        elif column.nullable:
            row[column.name] = None
    return row


def _value(column: Any, kept: Any) -> Any:
    closed = getattr(column.type, "enum_class", None)
    return closed(kept) if closed is not None and kept is not None else kept


def _windows(kept: Sequence[Sequence[str]]) -> dict[int, list[Window]]:
    found: dict[int, list[Window]] = {}
    for weekday, opens, closes in kept:
        first, last = _seconds(opens), _seconds(closes)
        found.setdefault(Weekday(weekday).number, []).append((first, last if last > first else last + _DAY))
    return {day: sorted(spans) for day, spans in found.items()}


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return int(hours) * 3600 + int(minutes) * 60


def _days(kept: Json) -> Iterator[tuple[date, DayOff | None]]:
    for day, each in kept.items():
        said = each["day"]
        yield date.fromisoformat(day), None if said is None else _day_off(said)


def _day_off(said: Json) -> DayOff:
    weekday = None if said["as_weekday"] is None else Weekday(said["as_weekday"]).number
    return DayOff(said["is_working"], weekday, said["name"])


def conflicts(session: Session, changes: Json) -> list[Conflict]:
    """What of the base is no longer as it was when the draft was made from it."""
    return [
        *(found for part, model in RULES.items() for found in _changed_rules(session, part, model, changes)),
        *_changed_windows(session, changes),
        *_changed_days(session, changes),
    ]


def _changed_rules(session: Session, part: str, model: type[Base], changes: Json) -> Iterator[Conflict]:
    columns = model.__table__.columns
    kept = {int(key): each["version"] for key, each in changes.get(part, {}).items()}
    asked = select(columns["id"], columns["code"], columns["version"], columns["valid_to"])
    rows = {row.id: row for row in session.execute(asked.where(columns["id"].in_(kept)))} if kept else {}
    for rule_id, version in sorted(kept.items()):
        row = rows.get(rule_id)
        if row is None or row.version != version or row.valid_to is not None:
            yield Conflict(part, rule_id, row.code if row is not None else f"#{rule_id}")


def _changed_windows(session: Session, changes: Json) -> Iterator[Conflict]:
    for key, each in changes.get("windows", {}).items():
        if each["seen"] != windows_seen(session, int(key)):
            name = session.scalar(select(ServiceHours.name).where(ServiceHours.id == int(key)))
            yield Conflict("windows", int(key), name or f"#{key}")


def windows_seen(session: Session, hours_id: int) -> list[list[str]]:
    """The windows of service hours that have no end: weekday, opens, closes, in order."""
    columns = (ServiceWindow.weekday, ServiceWindow.opens, ServiceWindow.closes)
    asked = select(*columns).where(ServiceWindow.service_hours_id == hours_id, ServiceWindow.valid_to.is_(None))
    found = [(weekday.number, weekday.value, opens, closes) for weekday, opens, closes in session.execute(asked)]
    return [list(rest) for _, *rest in sorted(found)]


def _changed_days(session: Session, changes: Json) -> Iterator[Conflict]:
    for key, days in changes.get("days", {}).items():
        seen = days_seen(session, int(key), [date.fromisoformat(day) for day in days])
        for day, each in days.items():
            if each["seen"] != seen.get(day):
                yield Conflict("days", int(key), day)


def days_seen(session: Session, calendar_id: int, days: Sequence[date]) -> dict[str, dict[str, Any]]:
    """What the calendar says of those days without an end, by day; those like any other of their weekday left out."""
    columns = (CalendarDay.day, CalendarDay.is_working, CalendarDay.as_weekday, CalendarDay.name)
    asked = select(*columns).where(
        CalendarDay.calendar_id == calendar_id, CalendarDay.day.in_(days), CalendarDay.valid_to.is_(None)
    )
    return {
        day.isoformat(): {"is_working": is_working, "as_weekday": plain(weekday), "name": name}
        for day, is_working, weekday, name in session.execute(asked)
    }
