"""A draft of standards in words: what it changes, line by line, beside what holds today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import select

from models.base import N_, Base
from models.calendar import HolidayCalendar, ServiceHours, Weekday
from models.draft import StandardDraft
from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import LadderBasis
from operations.draft_changes import RULES, new_row
from views.database import db
from views.language import translate
from views.wording import limit_text


@dataclass(frozen=True, slots=True)
class Line:
    """One change: of which part, of what, from, to; an empty text for what is not there."""

    part: str
    subject: str
    before: str
    after: str


_PARTS = {"rules": N_("Limits"), "ladder-rules": N_("Ladder")}


def lines(draft: StandardDraft) -> list[Line]:
    """Everything that the draft changes."""
    changes = draft.changes
    return [
        *(line for part, model in RULES.items() for line in _rule_lines(part, model, changes)),
        *_window_lines(changes.get("windows", {})),
        *_day_lines(changes.get("days", {})),
    ]


def _rule_lines(part: str, model: type[Base], changes: Mapping[str, Any]) -> Iterator[Line]:
    label, kept = translate(_PARTS[part]), changes.get(part, {})
    table = model.__table__
    asked = select(table).where(table.columns["id"].in_([int(key) for key in kept])).order_by(table.columns["code"])
    for row in map(dict, db.session.execute(asked).mappings()) if kept else ():
        limit = kept[str(row["id"])]["limit"]
        after = translate(N_("ends")) if limit is None else limit_words({**row, **_typed(limit)})
        before = limit_words(row)  # of a rule that the draft changed itself: what it says now
        yield Line(label, subject(row), "" if before == after else before, after)
    for each in changes.get(f"new-{part}", []):
        added = new_row(model, each)
        yield Line(label, subject(added), "", limit_words(added))


def _typed(limit: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": limit["value"], "unit": LimitUnit(limit["unit"]), "clock": Clock(limit["clock"])}


def subject(row: Mapping[str, Any]) -> str:
    """What a rule speaks of: kind, category, severity, and the milestone or the level."""
    who = [row["kind"], row.get("category"), row.get("severity")]
    return f"{' · '.join(translate(each.label) for each in who if each is not None)}: {aim(row)}"


def aim(row: Mapping[str, Any]) -> str:
    """What a rule decides: a milestone, or a level of the ladder."""
    if "level" not in row:
        return translate(row["milestone"].label)
    sentence = N_("warning to level %(level)s") if row["is_warning"] else N_("level %(level)s")
    return translate(sentence) % {"level": row["level"]}


def limit_words(row: Mapping[str, Any]) -> str:
    """A limit: "2 days", "4 hours, Service hours", "1 hour before: Resolution"."""
    value, unit = row["value"], row["unit"]
    if row.get("basis") is LadderBasis.DUE_TIME:
        return f"{_offset_words(value, unit)}{_clock_words(row['clock'])}"
    return f"{limit_text(value, unit)}{_clock_words(row['clock'])}"


def _offset_words(value: int | None, unit: LimitUnit) -> str:
    if not value:
        return translate(N_("at the due time"))
    sentence = N_("%(limit)s before the due time") if value < 0 else N_("%(limit)s after the due time")
    return translate(sentence) % {"limit": limit_text(abs(value), unit)}


def _clock_words(clock: Clock) -> str:
    return "" if clock is Clock.ELAPSED else f" · {translate(clock.label)}"


def _window_lines(changed: Mapping[str, Any]) -> Iterator[Line]:
    names = names_of(ServiceHours)
    for key, kept in changed.items():
        before, after = day_texts(kept["seen"]), day_texts(kept["windows"])
        for weekday in Weekday:
            if before[weekday] != after[weekday]:
                what = f"{names.get(int(key), '')} · {translate(weekday.label)}"
                closed = translate(N_("closed"))
                yield Line(translate(N_("Service hours")), what, before[weekday] or closed, after[weekday] or closed)


def day_texts(windows: list[list[str]]) -> dict[Weekday, str]:
    """The windows of each weekday as they are typed: "09:00-12:00, 14:30-17:30"."""
    return {
        weekday: ", ".join(f"{opens}-{closes}" for each, opens, closes in windows if each == weekday.value)
        for weekday in Weekday
    }


def _day_lines(changed: Mapping[str, Any]) -> Iterator[Line]:
    names = names_of(HolidayCalendar)
    for key, days in changed.items():
        for day, kept in sorted(days.items()):
            what = f"{names.get(int(key), '')} · {day}"
            yield Line(translate(N_("Calendar")), what, day_words(day, kept["seen"]), day_words(day, kept["day"]))


def day_words(day: str, said: Mapping[str, Any] | None) -> str:
    """What a calendar says of a day."""
    if said is None:
        weekday = list(Weekday)[date.fromisoformat(day).weekday()]
        return translate(N_("like any %(weekday)s")) % {"weekday": translate(weekday.label)}
    if not said["is_working"]:
        return f"{translate(N_('day off'))} · {said['name']}"
    weekday = Weekday(said["as_weekday"])
    text = translate(N_("works like %(weekday)s")) % {"weekday": translate(weekday.label)}
    return f"{text} · {said['name']}"


def names_of(model: type[ServiceHours] | type[HolidayCalendar]) -> dict[int, str]:
    """The rows of the model by id."""
    return {row.id: row.name for row in db.session.execute(select(model.id, model.name))}


def moved_lines(data: Mapping[str, Any], zone: tzinfo) -> list[str]:
    """The dates that a ticket's going over to a draft has moved: of what, from, to."""
    return [
        f"{_moved(each)}: {_local(each['from'], zone)} → {_local(each['to'], zone)}" for each in data.get("moved", ())
    ]


def _moved(each: Mapping[str, Any]) -> str:
    if each["milestone"]:
        return translate(MilestoneKind(each["milestone"]).label)
    return translate(N_("level %(level)s")) % {"level": each["level"]}


def _local(moment: str | None, zone: tzinfo) -> str:
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "—"
