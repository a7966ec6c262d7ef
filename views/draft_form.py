"""The form in which a draft is changed: every limit, the ladder, service hours and days, read back into its changes.

Fields are named after part and row: `rules.12.value`, `windows.3.mon`, `days.1.new.day`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select

from models.base import N_, Base
from models.calendar import CalendarDay, HolidayCalendar, ServiceHours, Weekday
from models.draft import StandardDraft
from models.estate import Estate
from models.faults import Fault
from models.fields import ClockTime, parse
from models.milestone import Clock, LimitUnit
from models.region import Region
from models.standard import LadderRule, StandardRule
from operations.calendars import SHIPPED
from operations.draft_changes import LIMIT, RULES, days_seen, limit_of, new_row, plain, windows_seen
from operations.drafts import rule_rows
from views.database import db
from views.draft_words import day_texts, day_words, limit_words, names_of, subject

Posted = Mapping[str, str]

# What is asked of a rule to add, beside its limit; the rest takes its default.
ADDED: Mapping[str, tuple[str, ...]] = {
    "rules": ("kind", "category", "severity", "milestone"),
    "ladder-rules": ("kind", "severity", "level", "basis", "milestone", "is_warning"),
}
WORKS_LIKE = {weekday.value: weekday for weekday in Weekday}
_CLOCK = ClockTime()


@dataclass(frozen=True, slots=True)
class RuleField:
    """A rule of the base with what the form says of it."""

    name: str
    subject: str
    source: str
    is_ours: bool
    today: str
    limit: Mapping[str, str]
    is_ended: bool
    is_changed: bool
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class AddedField:
    """A rule that the draft adds."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class HoursField:
    """Service hours by weekday: name of the field, weekday, what holds today, what was typed, what is wrong with it."""

    id: int
    name: str
    others: str
    days: Sequence[tuple[str, Weekday, str, str, Fault | None]]


@dataclass(frozen=True, slots=True)
class CalendarField:
    """A calendar: the days that the draft changes, and those that it says something of in the months to come."""

    id: int
    name: str
    changed: Sequence[tuple[str, str, str, str]]
    coming: Sequence[tuple[str, str]]
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form; `faults` by name of the field."""

    parts: Mapping[str, Sequence[RuleField]]
    added: Mapping[str, Sequence[AddedField]]
    hours: Sequence[HoursField]
    calendars: Sequence[CalendarField]
    faults: Mapping[str, Fault] = field(default_factory=dict)


class Reader:
    """Reads a posted form into changes; what cannot stand is in `faults`, by name of the field."""

    def __init__(self, draft: StandardDraft, posted: Posted) -> None:
        self.draft, self.posted = draft, posted
        self.faults: dict[str, Fault] = {}

    def changes(self) -> dict[str, Any]:
        """What differs from the base, as the draft keeps it."""
        found: dict[str, Any] = {}
        for part, model in RULES.items():
            found[part] = dict(self._limits(part, model))
            found[f"new-{part}"] = [*self._kept(f"new-{part}"), *self._new(part, model)]
        found["windows"] = dict(self._windows())
        found["days"] = dict(self._days())
        return {part: each for part, each in found.items() if each}

    def text(self, name: str) -> str:
        return self.posted.get(name, "").strip()

    def _limits(self, part: str, model: type[Base]) -> Iterator[tuple[str, Any]]:
        for row_id, row in rule_rows(db.session, model, self.draft.standard_set_id).items():
            name = f"{part}.{row_id}"
            if self.text(f"{name}.ended"):
                yield str(row_id), {"version": row["version"], "limit": None}
            elif f"{name}.unit" in self.posted:
                limit = self._limit(name, model, row)
                if limit is not None and limit != limit_of(row):
                    yield str(row_id), {"version": row["version"], "limit": limit}

    def _limit(self, name: str, model: type[Base], row: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            typed = {each: _parsed(model, each, self.text(f"{name}.{each}")) for each in LIMIT}
            faults = model.faults({**row, **typed, "valid_to": None})
            for fault in faults.values():
                raise fault
        except Fault as fault:
            self.faults[name] = fault
            return None
        return {each: plain(value) for each, value in typed.items()}

    def _kept(self, part: str) -> list[dict[str, Any]]:
        """The rules added before, but for those taken out."""
        kept = self.draft.changes.get(part, [])
        return [each for number, each in enumerate(kept) if not self.text(f"{part}.{number}.drop")]

    def _new(self, part: str, model: type[Base]) -> list[dict[str, Any]]:
        name = f"new-{part}"
        if not self.text(f"{name}.kind"):
            return []
        try:
            asked = (*ADDED[part], *LIMIT)
            typed = {each: _parsed(model, each, self.text(f"{name}.{each}")) for each in asked}
            row = new_row(model, {each: plain(value) for each, value in typed.items() if value is not None})
            missing = [each for each in asked if row.get(each) is None and not _is_free(model, each)]
            if missing:
                raise Fault(N_("A rule to add needs its kind, what it is for, and a limit"))
            for fault in model.faults({**row, "valid_from": date.min, "valid_to": None}).values():
                raise fault
        except Fault as fault:
            self.faults[name] = fault
            return []
        return [{each: plain(row[each]) for each in asked}]

    def _windows(self) -> Iterator[tuple[str, Any]]:
        for hours_id in _hours_ids(self.draft.standard_set_id):
            seen = windows_seen(db.session, hours_id)
            wanted = [list(each) for weekday in Weekday for each in self._typed_windows(hours_id, weekday)]
            if f"windows.{hours_id}.mon" in self.posted and wanted != seen:
                yield str(hours_id), {"seen": seen, "windows": wanted}

    def _typed_windows(self, hours_id: int, weekday: Weekday) -> list[tuple[str, str, str]]:
        name = f"windows.{hours_id}.{weekday.value}"
        typed = self.text(name).replace("，", ",").replace("–", "-").replace("—", "-")
        found = []
        try:
            for window in filter(None, (each.strip() for each in typed.split(","))):
                opens, dash, closes = window.partition("-")
                if not dash:
                    raise Fault(N_("Write windows like 09:00-12:00, 14:30-17:30; leave the day empty when closed"))
                span = parse(_CLOCK, opens).value, parse(_CLOCK, closes).value
                if span[0] in (span[1], None) or span[0] == "24:00" or span[1] is None:
                    raise Fault(N_("Write windows like 09:00-12:00, 14:30-17:30; leave the day empty when closed"))
                found.append((weekday.value, *span))
        except Fault as fault:
            self.faults[name] = fault
        return sorted(set(found))

    def _days(self) -> Iterator[tuple[str, Any]]:
        for calendar_id in _calendar_ids(self.draft.standard_set_id):
            kept = self.draft.changes.get("days", {}).get(str(calendar_id), {})
            days = {day: each for day, each in kept.items() if not self.text(f"days.{calendar_id}.{day}.drop")}
            days |= self._new_day(calendar_id)
            if days:
                yield str(calendar_id), days

    def _new_day(self, calendar_id: int) -> dict[str, Any]:
        name = f"days.{calendar_id}.new"
        if not self.text(f"{name}.day"):
            return {}
        try:
            day = parse(CalendarDay.__table__.columns["day"].type, self.text(f"{name}.day")).value
            said = self._said(name)
        except Fault as fault:
            self.faults[name] = fault
            return {}
        seen = days_seen(db.session, calendar_id, [day]).get(day.isoformat())
        return {day.isoformat(): {"seen": seen, "day": said}} if said != seen else {}

    def _said(self, name: str) -> dict[str, Any] | None:
        what, title = self.text(f"{name}.what"), self.text(f"{name}.name")
        if what == "plain":
            return None
        if not title or len(title) > 80:
            raise Fault(N_("Name the day: it is shown wherever the day moves a date"))
        weekday = WORKS_LIKE[what].value if what in WORKS_LIKE else None
        return {"is_working": weekday is not None, "as_weekday": weekday, "name": title}


def _parsed(model: type[Base], name: str, text: str) -> Any:
    column = model.__table__.columns[name]
    value = parse(column.type, text).value
    return column.default.arg if value is None and column.default is not None else value


def _is_free(model: type[Base], name: str) -> bool:
    return bool(model.__table__.columns[name].nullable)


def form_of(draft: StandardDraft, posted: Posted | None = None, faults: Mapping[str, Fault] | None = None) -> Form:
    """The form with what the draft says, or with what was typed."""
    wrong = faults or {}
    return Form(
        {part: _rule_fields(draft, part, model, posted, wrong) for part, model in RULES.items()},
        {part: _added_fields(draft, part, model) for part, model in RULES.items()},
        [_hours_field(draft, hours_id, posted, wrong) for hours_id in _hours_ids(draft.standard_set_id)],
        [_calendar_field(draft, calendar_id, wrong) for calendar_id in _calendar_ids(draft.standard_set_id)],
        wrong,
    )


def _rule_fields(
    draft: StandardDraft, part: str, model: type[Base], posted: Posted | None, faults: Mapping[str, Fault]
) -> list[RuleField]:
    kept = draft.changes.get(part, {})
    found = []
    for row_id, row in rule_rows(db.session, model, draft.standard_set_id).items():
        name, change = f"{part}.{row_id}", kept.get(str(row_id))
        limit = limit_of(row) if change is None or change["limit"] is None else change["limit"]
        shown = {each: "" if limit[each] is None else str(limit[each]) for each in LIMIT}
        is_ended = change is not None and change["limit"] is None
        if posted is not None:
            shown = {each: posted.get(f"{name}.{each}", shown[each]) for each in LIMIT}
            is_ended = bool(posted.get(f"{name}.ended"))
        texts = (name, subject(row), row["source"], row["is_ours"], limit_words(row))
        found.append(RuleField(*texts, shown, is_ended, change is not None, faults.get(name)))
    return found


def _added_fields(draft: StandardDraft, part: str, model: type[Base]) -> list[AddedField]:
    kept = draft.changes.get(f"new-{part}", [])
    rows = [new_row(model, each) for each in kept]
    return [
        AddedField(f"new-{part}.{number}", f"{subject(row)} — {limit_words(row)}") for number, row in enumerate(rows)
    ]


def _hours_ids(set_id: int) -> list[int]:
    """The service hours of the estates that work by the set."""
    asked = select(Estate.service_hours_id).where(
        Estate.standard_set_id == set_id, Estate.service_hours_id.is_not(None)
    )
    return sorted(filter(None, db.session.scalars(asked.distinct())))


def _calendar_ids(set_id: int) -> list[int]:
    """The calendars of the regions of those estates; without one the shipped one."""
    shipped = select(HolidayCalendar.id).where(HolidayCalendar.code == SHIPPED).scalar_subquery()
    asked = (
        select(func.coalesce(Region.calendar_id, shipped))
        .select_from(Estate)
        .outerjoin(Region, Region.id == Estate.region_id)
        .where(Estate.standard_set_id == set_id)
    )
    return sorted(filter(None, db.session.scalars(asked.distinct())))


def _hours_field(draft: StandardDraft, hours_id: int, posted: Posted | None, faults: Mapping[str, Fault]) -> HoursField:
    kept = draft.changes.get("windows", {}).get(str(hours_id))
    seen = windows_seen(db.session, hours_id)
    today, drafted = day_texts(seen), day_texts(kept["windows"] if kept else seen)
    others = select(Estate.code).where(
        Estate.service_hours_id == hours_id, Estate.standard_set_id.is_distinct_from(draft.standard_set_id)
    )
    days = []
    for weekday in Weekday:
        name = f"windows.{hours_id}.{weekday.value}"
        typed = drafted[weekday] if posted is None else posted.get(name, "")
        days.append((name, weekday, today[weekday], typed, faults.get(name)))
    named = ", ".join(db.session.scalars(others.order_by(Estate.code)))
    return HoursField(hours_id, names_of(ServiceHours)[hours_id], named, days)


COMING = 12  # days of a calendar that are shown as they are


def _calendar_field(draft: StandardDraft, calendar_id: int, faults: Mapping[str, Fault]) -> CalendarField:
    kept = draft.changes.get("days", {}).get(str(calendar_id), {})
    changed = [
        (f"days.{calendar_id}.{day}", day, day_words(day, each["seen"]), day_words(day, each["day"]))
        for day, each in sorted(kept.items())
    ]
    asked = select(CalendarDay.day).where(
        CalendarDay.calendar_id == calendar_id,
        CalendarDay.valid_to.is_(None),
        CalendarDay.day >= draft.created_at.date(),
    )
    days = list(db.session.scalars(asked.order_by(CalendarDay.day).limit(COMING)))
    seen = days_seen(db.session, calendar_id, days)
    coming = [(day, day_words(day, said)) for day, said in sorted(seen.items())]
    name = names_of(HolidayCalendar)[calendar_id]
    return CalendarField(calendar_id, name, changed, coming, faults.get(f"days.{calendar_id}.new"))


def options(part: str) -> dict[str, list[tuple[str, str]]]:
    """The choices of every closed list of a rule, by column: value and label."""
    model = RULES[part]
    assert model in (StandardRule, LadderRule)
    lists = {"unit": LimitUnit, "clock": Clock}
    lists |= {name: kind for name in ADDED[part] if (kind := _enum(model, name)) is not None}
    return {name: [(member.value, member.label) for member in members] for name, members in lists.items()}


def _enum(model: type[Base], name: str) -> Any:
    return getattr(model.__table__.columns[name].type, "enum_class", None)
