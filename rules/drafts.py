"""What a draft would change of a standard: limits set anew, rules ended or added, other hours and days."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar
from rules.deadlines import DeadlineRule
from rules.facts import TicketFacts
from rules.fitting import Rule
from rules.ladder import LevelRule

AnyRule = TypeVar("AnyRule", bound=DeadlineRule | LevelRule)
_LIMIT_FIELDS = frozenset({"id", "value", "unit", "clock", "valid_from", "valid_to"})


class Limit(NamedTuple):
    """How long, on which clock."""

    value: int | None
    unit: LimitUnit
    clock: Clock


class DayOff(NamedTuple):
    """What a calendar says of a day beyond its weekday: free, or worked by the windows of `as_weekday`."""

    is_working: bool
    as_weekday: int | None
    name: str


Window = tuple[int, int]  # opens and closes, seconds from midnight


@dataclass(frozen=True, slots=True)
class Changed(Generic[AnyRule]):
    """Of one kind of rules: the limits set anew by id of the rule, None where it ends, and the rules added."""

    limits: Mapping[int, Limit | None] = field(default_factory=dict)
    added: Sequence[AnyRule] = ()

    def __bool__(self) -> bool:
        return bool(self.limits or self.added)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a draft would change.

    `windows` are the opening times by weekday of service hours by their id, in full; `days` those of calendars by
    their id that would be another way, None where a day would be like any other of its weekday.
    """

    deadlines: Changed[DeadlineRule] = field(default_factory=Changed)
    ladder: Changed[LevelRule] = field(default_factory=Changed)
    windows: Mapping[int, Mapping[int, Sequence[Window]]] = field(default_factory=dict)
    days: Mapping[int, Mapping[date, DayOff | None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.deadlines or self.ladder or self.windows or self.days)


def drafted(rules: Sequence[AnyRule], changed: Changed[AnyRule]) -> list[AnyRule]:
    """The rules as if the draft had held all the time: a changed rule stands for its earlier versions too."""
    bases = [rule for rule in rules if rule.id in changed.limits]
    gone = {rule.id for base in bases for rule in versions(rules, base)}
    renewed = [_with_limit(base, limit) for base in bases if (limit := changed.limits[base.id]) is not None]
    added = [replace(rule, valid_from=date.min, valid_to=None) for rule in changed.added]
    kept = [rule for rule in rules if rule.id not in gone]
    return kept + renewed + added


def versions(rules: Iterable[AnyRule], base: AnyRule) -> list[AnyRule]:
    """The rule with its earlier versions: those that say the same of the same tickets and ended before it began."""
    said = speaks_of(base)
    return [
        rule
        for rule in rules
        if rule.id == base.id
        or (rule.valid_to is not None and rule.valid_to <= base.valid_from and speaks_of(rule) == said)
    ]


def speaks_of(rule: DeadlineRule | LevelRule) -> Hashable:
    """All of a rule but its limit and its days."""
    names = type(rule).__dataclass_fields__
    return type(rule), *(getattr(rule, name) for name in names if name not in _LIMIT_FIELDS)


def _with_limit(rule: AnyRule, limit: Limit) -> AnyRule:
    return replace(rule, **limit._asdict(), valid_from=date.min, valid_to=None)


def touched_rules(rules: Iterable[AnyRule], changed: Changed[AnyRule]) -> list[AnyRule]:
    """The rules whose tickets the draft would judge another way."""
    return [*(rule for rule in rules if rule.id in changed.limits), *changed.added]


def is_touched(facts: TicketFacts, rules: Collection[Rule]) -> bool:
    """Whether the ticket is or was of a kind that one of those rules speaks of."""
    return any(rule.fits(each) for each in facts.classes for rule in rules)


def drafted_calendar(
    calendar: Calendar,
    windows: Mapping[int, Sequence[Window]] | None,
    days: Mapping[date, DayOff | None] | None,
) -> Calendar:
    """The calendar with other opening times or other days; the same one if neither would be another way."""
    if windows is not None:
        calendar = replace(calendar, windows={day: tuple(spans) for day, spans in windows.items()})
    return calendar if days is None else _with_days(calendar, days)


def _with_days(calendar: Calendar, days: Mapping[date, DayOff | None]) -> Calendar:
    holidays = {day: name for day, name in calendar.holidays.items() if day not in days}
    worked = {day: weekday for day, weekday in calendar.extra_workdays.items() if day not in days}
    for day, said in days.items():
        if said is not None and said.is_working:
            worked[day] = day.weekday() if said.as_weekday is None else said.as_weekday
        elif said is not None:
            holidays[day] = said.name
    return replace(calendar, holidays=holidays, extra_workdays=worked)
