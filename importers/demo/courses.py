"""How a ticket goes until it is dealt with: each step at its usual pace, or too late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random

from importers.demo.dice import in_daytime, minutes
from importers.demo.files import lines
from importers.demo.reports import Report
from importers.demo.texts import phrase
from models.staff import StaffRole
from models.ticket import Category, Severity, TicketKind
from rules.durations import end_of_day
from rules.transitions import Action

_LATE_STEPS = 0.45  # of a ticket that goes badly, so many of its steps are late
_UNHURRIED = timedelta(hours=6)  # what takes longer waits for the working day
_SUPERVISOR, _MANAGER = timedelta(days=2), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done with a ticket, as the transition table names it."""

    at: datetime
    action: Action
    note: str | None = None
    reason: str | None = None
    call: int | None = None  # which of the ticket's callbacks led to it


@dataclass(frozen=True, slots=True)
class Pace:
    """A step of a course: its share in percent, and the minutes after opening between which it is done."""

    action: Action
    share: int
    usual: tuple[float, float]
    late: tuple[float, float]


Times = dict[Action, datetime]


@cache
def _paces() -> dict[tuple[str, str, str], list[Pace]]:
    found: dict[tuple[str, str, str], list[Pace]] = {}
    for line in lines("courses.csv"):
        usual = float(line["least"]), float(line["most"])
        late = float(line["late_least"]), float(line["late_most"])
        key = line["kind"], line["severity"], line["category"]
        found.setdefault(key, []).append(Pace(Action(line["action"]), int(line["share"]), usual, late))
    return found


def paces(kind: TicketKind, severity: Severity | None, category: Category) -> Sequence[Pace]:
    """The steps of such a ticket; those of its category before those of its kind."""
    of_kind = kind.value, severity.value if severity else ""
    return _paces().get((*of_kind, category.value)) or _paces()[*of_kind, ""]


def course(report: Report, random: Random, *, is_late: bool) -> list[Deed]:
    """Everything done until the ticket is resolved and its record handed in, in time order."""
    times = _times(report, random, is_late=is_late)
    _hand_over(report, times, random, is_late=is_late)
    _hand_in(report, times, random, is_late=is_late)
    _wait(report, times, random)
    _remark(report, times, random, is_late=is_late)
    return told(report, times, random)


def told(report: Report, times: Times, random: Random) -> list[Deed]:
    """The steps in time order, each with a note that fits."""
    ordered = sorted(times.items(), key=lambda step: step[1])
    return [Deed(at, action, phrase(random, action.value, *report.about)) for action, at in ordered]


def _times(report: Report, random: Random, *, is_late: bool) -> Times:
    matter, opened_at = report.matter, report.opened_at
    times: Times = {}
    for pace in paces(matter.kind, matter.severity, matter.category):
        if random.random() * 100 < pace.share:
            span = pace.late if is_late and random.random() < _LATE_STEPS else pace.usual
            times[pace.action] = _workable(report, opened_at + minutes(random, *span), random)
    if report.appointment_at is not None:
        _keep_appointment(report.appointment_at, times, random, is_late=is_late)
    if report.promised_reply_at is not None and report.promised_reply_at < times[Action.RESOLVE]:
        answer = report.promised_reply_at - minutes(random, 20, 200) + (minutes(random, 230, 2000) * is_late)
        times[Action.ANSWER] = min(answer, times.get(Action.ANSWER, answer))
    if report.reclassified_at is not None:
        times[Action.REPORT_SUPERVISOR] = report.reclassified_at + minutes(random, 5, 50)
    if report.has_harm:
        times[Action.STOP_HARM] = opened_at
    latest = max(at for action, at in times.items() if action is not Action.RESOLVE)
    times[Action.RESOLVE] = max(times[Action.RESOLVE], latest + minutes(random, 1, 8))
    return times


def _workable(report: Report, moment: datetime, random: Random) -> datetime:
    is_urgent = moment - report.opened_at < _UNHURRIED
    return moment if is_urgent else in_daytime(moment, report.site.zone, random)


def _keep_appointment(appointment_at: datetime, times: Times, random: Random, *, is_late: bool) -> None:
    missed = is_late and random.random() < _LATE_STEPS
    arrived = appointment_at + (minutes(random, 12, 180) if missed else -minutes(random, 0, 9))
    times[Action.ARRIVE] = arrived
    times[Action.START] = arrived + minutes(random, 1, 6)
    if not is_late:
        times[Action.RESOLVE] = arrived + minutes(random, 15, 130)


def _hand_over(report: Report, times: Times, random: Random, *, is_late: bool) -> None:
    """What takes long goes to the supervisor, then to the manager, mostly in time (S3 第6篇 4.7, 4.8)."""
    taken = times[Action.RESOLVE] - report.opened_at
    delay = minutes(random, 200, 900) if is_late and random.random() < _LATE_STEPS else timedelta()
    if report.is_complaint:
        return
    if taken > _SUPERVISOR + delay:
        times[Action.HAND_TO_SUPERVISOR] = report.opened_at + _SUPERVISOR + delay - minutes(random, 30, 150)
    if taken > _MANAGER + delay:
        times[Action.HAND_TO_MANAGER] = report.opened_at + _MANAGER + delay - minutes(random, 30, 150)


def _hand_in(report: Report, times: Times, random: Random, *, is_late: bool) -> None:
    """The record of a complaint, on the day of its resolution (S3 第5篇 5.3.1)."""
    if report.is_complaint:
        resolved_at = times[Action.RESOLVE]
        in_time = min(resolved_at + minutes(random, 10, 120), end_of_day(resolved_at, report.site.zone))
        forgotten = is_late and random.random() < _LATE_STEPS
        times[Action.HAND_IN_RECORD] = in_time + timedelta(days=random.randint(1, 2)) if forgotten else in_time


def _wait(report: Report, times: Times, random: Random) -> None:
    """A long repair waits for parts in between."""
    started, resolved = times.get(Action.START), times[Action.RESOLVE]
    if report.matter.kind is TicketKind.REPAIR and started and resolved - started > timedelta(days=1):
        times[Action.WAIT] = started + minutes(random, 20, 90)
        times[Action.RESUME] = resolved - minutes(random, 40, 200)


def _remark(report: Report, times: Times, random: Random, *, is_late: bool) -> None:
    taken = times[Action.RESOLVE] - report.opened_at
    if random.random() < 0.12:
        times[Action.NOTE] = report.opened_at + taken * random.uniform(0.2, 0.9)
    if is_late and taken > _SUPERVISOR and random.random() < 0.5:
        times[Action.URGE] = report.opened_at + taken * random.uniform(0.4, 0.95)


def mistaken(report: Report, random: Random) -> list[Deed]:
    """A report that was entered wrongly and is declared void."""
    at = report.opened_at + minutes(random, 8, 180)
    return [Deed(at, Action.VOID, reason=phrase(random, Action.VOID.value))]


def given_up(report: Report, random: Random) -> list[Deed]:
    """A ticket that the manager closes unresolved after it was handed up to him (S3 第6篇 4.8)."""
    done = [deed for deed in course(report, random, is_late=False) if deed.at < report.opened_at + _SUPERVISOR]
    kept = [deed for deed in done if deed.action not in {Action.RESOLVE, Action.HAND_IN_RECORD}]
    times = {
        Action.HAND_TO_SUPERVISOR: report.opened_at + _SUPERVISOR - minutes(random, 30, 300),
        Action.HAND_TO_MANAGER: report.opened_at + _MANAGER - minutes(random, 30, 300),
    }
    end = in_daytime(report.opened_at + _MANAGER + minutes(random, 1500, 18000), report.site.zone, random)
    reason = phrase(random, Action.CLOSE_UNRESOLVED.value)
    return [*kept, *told(report, times, random), Deed(end, Action.CLOSE_UNRESOLVED, reason=reason)]


def second_round(report: Report, reopened_at: datetime, random: Random, *, is_late: bool) -> list[Deed]:
    """What is done after a reopening until the ticket is resolved again."""
    zone = report.site.zone
    started = in_daytime(reopened_at + minutes(random, 20, 90), zone, random)
    span = (3000, 9000) if is_late else (120, 1300)
    times = {
        Action.START: started,
        Action.REPLY: started + minutes(random, 10, 90),
        Action.RESOLVE: in_daytime(started + minutes(random, *span), zone, random),
    }
    _hand_in(report, times, random, is_late=is_late)
    return told(report, times, random)


def assignee(report: Report) -> int:
    """Who works it: the building's engineer a repair, the head of department grave complaints, else the butler."""
    if report.matter.kind is TicketKind.REPAIR:
        return report.home.block.engineer_id
    if report.matter.severity in {Severity.IMPORTANT, Severity.MAJOR}:
        return report.site.person(StaffRole.DEPARTMENT_HEAD, StaffRole.SUPERVISOR)
    return report.home.block.butler_id
