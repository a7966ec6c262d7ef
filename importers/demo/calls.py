"""Whom somebody calls back after the work, and what the owners answer (S3 第7篇)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from math import ceil
from random import Random

from importers.demo.dice import dice, in_daytime, minutes
from importers.demo.reports import DAYS, Report, first_day
from importers.demo.texts import phrase
from models.callback import CallbackForm, CallbackOutcome, Satisfaction
from models.staff import StaffRole
from models.ticket import Severity, TicketKind

# A little above the quotas of S3 第7篇; the strict set's 100 % of repairs is not reached by its estate (S0 基础管理).
_SHARES = {
    TicketKind.COMPLAINT: 0.97,
    TicketKind.REPAIR: 0.12,
    TicketKind.SPECIAL_SERVICE: 1.0,
    TicketKind.FIRST_AID: 1.0,
    TicketKind.HELP: 0.12,
}
_OTHER_SHARE = 0.1
_VISITS = 0.3  # of a month's callbacks
_DAYS_ALLOWED = {TicketKind.COMPLAINT: 3, TicketKind.REPAIR: 5}
_BASE = {"E1": 0.85, "E2": 0.82, "E3": 0.88}
_GOLDEN = 0.618034
_RISE = 0.1  # over the eighteen months
_OUTCOMES = {CallbackOutcome.REACHED: 90, CallbackOutcome.UNREACHABLE: 7, CallbackOutcome.REFUSED: 3}


@dataclass(frozen=True, slots=True)
class Call:
    """A callback, without the ticket it belongs to."""

    called_at: datetime
    form: CallbackForm
    caller_id: int
    outcome: CallbackOutcome
    satisfaction: Satisfaction | None
    said: dict[str, str | None]

    @property
    def is_dissatisfied(self) -> bool:
        return self.satisfaction is Satisfaction.DISSATISFIED


@dataclass(frozen=True, slots=True)
class Resolved:
    """A report that was dealt with, and how."""

    report: Report
    resolved_at: datetime
    is_late: bool


def first_calls(resolved: Mapping[int, Resolved], today: date) -> dict[int, Call]:
    """The callbacks of those dealt with, by their number: per estate, month and kind as many as the quota wants."""
    groups: dict[tuple[str, str, TicketKind], list[int]] = defaultdict(list)
    for number, each in resolved.items():
        month = f"{each.resolved_at.astimezone(each.report.site.zone):%Y-%m}"
        groups[each.report.site.code, month, each.report.matter.kind].append(number)
    months: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (code, month, kind), numbers in groups.items():
        random = dice(today, "quota", code, month, kind.value)
        wanted = ceil(_SHARES.get(kind, _OTHER_SHARE) * len(numbers))
        owners = [number for number in numbers if resolved[number].report.has_owner]
        months[code, month] += sorted(random.sample(owners, min(wanted, len(owners))))
    found: dict[int, Call] = {}
    moods = {code: _moods(dice(today, "moods", code)) for code, _ in months}
    for (code, month), chosen in sorted(months.items()):
        found |= _month(resolved, chosen, dice(today, "calls", code, month), today, moods[code])
    return found


def _moods(random: Random) -> Iterator[float]:
    """Numbers from 0 to 1 that spread evenly, so that few answers already show the rate they come from."""
    start = random.random()
    return ((start + number * _GOLDEN) % 1 for number in count())


def _month(
    resolved: Mapping[int, Resolved], chosen: Sequence[int], random: Random, today: date, moods: Iterator[float]
) -> dict[int, Call]:
    """A month's callbacks, at least a fifth of them home visits (S3 第7篇 4.1.4), those of complaints before others."""
    visited = _complaints_first(chosen, resolved, random)[: ceil(_VISITS * len(chosen))]
    forms = dict.fromkeys(visited, CallbackForm.VISIT)
    shift = random.uniform(-0.02, 0.02)
    return {number: call(resolved[number], random, today, next(moods) - shift, forms.get(number)) for number in chosen}


def _complaints_first(chosen: Iterable[int], resolved: Mapping[int, Resolved], random: Random) -> list[int]:
    drawn = [(not resolved[number].report.is_complaint, random.random(), number) for number in chosen]
    return [number for *_, number in sorted(drawn)]


def call(each: Resolved, random: Random, today: date, mood: float, form: CallbackForm | None = None) -> Call:
    """The callback after one resolution; the mood is 0 for an owner whom all pleases, 1 for one whom nothing does."""
    report = each.report
    days = _DAYS_ALLOWED.get(report.matter.kind, 7)
    span = (days * 1440 + 60, days * 1440 + 3000) if random.random() < 0.04 else (180, days * 1440 - 800)
    outcome = random.choices(list(_OUTCOMES), list(_OUTCOMES.values()))[0]
    answer = _answer(each, random, today, mood) if outcome is CallbackOutcome.REACHED else None
    return Call(
        in_daytime(each.resolved_at + minutes(random, *span), report.site.zone, random),
        form or _form(report, random),
        _caller(report),
        outcome,
        answer,
        _said(report, answer, random) if answer is not None else {},
    )


def _answer(each: Resolved, random: Random, today: date, mood: float) -> Satisfaction:
    passed = (each.resolved_at.astimezone(each.report.site.zone).date() - first_day(today)).days / DAYS
    likely = _BASE[each.report.site.code] + _RISE * passed
    likely += (0.0 if each.report.is_complaint else 0.03) - 0.12 * each.is_late
    if mood >= likely:
        return Satisfaction.DISSATISFIED
    return Satisfaction.VERY if random.random() < 0.4 + 0.15 * passed else Satisfaction.BASICALLY


def _form(report: Report, random: Random) -> CallbackForm:
    is_letter = report.is_complaint and random.random() < 0.2
    return CallbackForm.LETTER if is_letter else CallbackForm.PHONE


def _caller(report: Report) -> int:
    """Grave complaints: the centre's manager; other ones: head of department; else the assistant (4.1.1–4.1.6)."""
    if report.matter.severity in {Severity.IMPORTANT, Severity.MAJOR}:
        return report.site.person(StaffRole.MANAGER)
    if report.is_complaint:
        return report.site.person(StaffRole.DEPARTMENT_HEAD, StaffRole.CUSTOMER_ASSISTANT)
    return report.site.person(StaffRole.CUSTOMER_ASSISTANT)


def _said(report: Report, answer: Satisfaction, random: Random) -> dict[str, str | None]:
    asked = ["quality", "effect", "shortcomings", "suggestions"]
    asked += ["attitude"] if report.matter.kind is TicketKind.REPAIR else []
    said = {name: phrase(random, name, answer.value) for name in asked if random.random() < 0.5}
    if answer is Satisfaction.DISSATISFIED:
        said["opinion"] = phrase(random, "opinion", answer.value)
    return said
