"""Escalation: open tickets by level and age, steps up the ladder, time to resolve, share on time, and the rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.milestone import LadderStep, Milestone, MilestoneKind
from models.rollup import Report
from models.ticket import Ticket, TicketKind, TicketState
from operations.counting import took_seconds
from operations.scope import conditions
from reports.kept import Bounds, Marks, is_whole, kept_rows, marks, rollup, rows, within_spans
from reports.standing import Age, open_tickets, tickets_behind
from reports.zones import Place, by_zone, places, within
from rules.months import month_of
from rules.permissions import Scope
from rules.satisfaction import Share
from rules.spans import median_span, span_bounds, span_of

__all__ = [
    "Age",
    "EscalationReport",
    "Promise",
    "escalation_report",
    "promises_behind",
    "steps_behind",
    "tickets_behind",
    "times_behind",
]

LEVELS = (0, 1, 2, 3)  # front desk or assignee, supervisor, centre manager, HQ and general manager
LADDER_CLAUSE = "S3 第6篇 4.6–4.8, 第5篇 5.2, 4.1.3"
LIMITS_CLAUSE = "S3 第5篇 5.2, S2 二.4–5"
MONTHS_BACK = 2  # before the present one, for what is told of the past (ours)

Times = Mapping[tuple[TicketKind, int], tuple[int, int]]  # by kind and span: how many, and how long together

_ticket, _step, _milestone = Ticket.__table__, LadderStep.__table__, Milestone.__table__


class Promise(Labelled):
    """What became of a resolution that was due."""

    IN_TIME = "in_time", N_("In time")
    LATE = "late", N_("Late or not done")


@dataclass(frozen=True, slots=True)
class Speed:
    """How long it took to resolve: the number of tickets, the mean, and between which bounds the median lies."""

    resolved: int
    mean_seconds: float
    median_from: int
    median_below: int | None  # None: beyond the last bound


@dataclass(frozen=True, slots=True)
class EscalationReport:
    """The figures at a moment; groups without any row are left out."""

    now: datetime
    places: Sequence[Place]
    open_tickets: Mapping[tuple[Place, int, Age], int]
    steps: Mapping[tuple[Place, int], int]
    speeds: Mapping[TicketKind, Speed]
    promises: Mapping[Place, Share]

    def month_start(self, place: Place | None) -> datetime | None:
        """When the month of the estate began; None for all together where the months began apart."""
        return self._start(place, 0)

    def past_start(self, place: Place | None) -> datetime | None:
        """When the months began of which the past is told; None for all together where they began apart."""
        return self._start(place, MONTHS_BACK)

    def _start(self, place: Place | None, months: int) -> datetime | None:
        chosen = [place] if place else self.places
        starts = {month_of(self.now, each.zone).plus(-months).start(each.zone) for each in chosen}
        return starts.pop() if len(starts) == 1 else None


def escalation_report(session: Session, now: datetime, scope: Scope, estate_id: int | None = None) -> EscalationReport:
    """The figures within the scope, in nine statements at most, however many rows and estates there are."""
    found = places(session, scope, estate_id)
    if not found:
        return EscalationReport(now, [], {}, {}, {}, {})
    marked = marks(session, found)
    return EscalationReport(
        now,
        found,
        open_tickets(session, now, scope, found, marked),
        _steps(session, now, scope, found, marked),
        _speeds(session, now, scope, found, marked),
        _promises(session, now, scope, found, marked),
    )


def promises_behind(
    session: Session,
    now: datetime,
    scope: Scope,
    promise: Promise | None = None,
    estate_id: int | None = None,
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on milestones that leave exactly the resolutions due in these months that a figure counts."""
    found = places(session, scope, estate_id)
    asked = [*_promised(), _due(_milestone, now, found, MONTHS_BACK)]
    if promise is not None:
        asked.append(_in_time() if promise is Promise.IN_TIME else ~_in_time())
    return tuple(asked)


def steps_behind(
    session: Session, now: datetime, scope: Scope, level: int | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on steps of the ladder that leave exactly those a figure counts."""
    found = _due(_step, now, places(session, scope, estate_id), 0)
    return (found,) if level is None else (found, _step.c.level == level)


def times_behind(
    session: Session, now: datetime, scope: Scope, kind: TicketKind | None = None, estate_id: int | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on tickets that leave exactly the resolved ones whose time a figure tells."""
    found = _resolved(now, places(session, scope, estate_id))
    return (found,) if kind is None else (found, _ticket.c.kind == kind)


def _due(table: Any, now: datetime, found: Sequence[Place], months: int) -> ColumnElement[bool]:
    """What came due by now since so many months before the present one began, each in its estate's zone."""
    next_second = now + timedelta(seconds=1)
    bounds = {zone: (month_of(now, zone).plus(-months).start(zone), next_second) for zone in by_zone(found)}
    return within(table, table.c.due_at, found, bounds)


def _today(now: datetime) -> Bounds:
    """From the estate's midnight until now, which the counts of whole days do not hold."""
    return lambda zone: (now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0), now)


def _resolved(now: datetime, found: Sequence[Place]) -> ColumnElement[bool]:
    bounds = {
        zone: (month_of(now, zone).plus(-MONTHS_BACK).start(zone), month_of(now, zone).end(zone))
        for zone in by_zone(found)
    }
    return within(_ticket, _ticket.c.resolved_at, found, bounds)


def _promised() -> list[ColumnElement[bool]]:
    """Resolutions that were promised; those of tickets entered wrongly do not count (ours)."""
    is_void = exists().where(_ticket.c.id == _milestone.c.ticket_id, _ticket.c.state == TicketState.VOID)
    return [_milestone.c.kind == MilestoneKind.RESOLUTION, ~is_void]


def _in_time() -> ColumnElement[bool]:
    return func.coalesce(_milestone.c.is_in_time, _milestone.c.done_at <= _milestone.c.due_at, False)


def _whole_days(now: datetime, months: int) -> Bounds:
    """The days until yesterday, since so many months before the present one began."""

    def days(zone: ZoneInfo) -> tuple[date, date]:
        yesterday = now.astimezone(zone).date() - timedelta(days=1)
        return month_of(now, zone).plus(-months).first_day, yesterday

    return days


def _months(now: datetime) -> Bounds:
    """The months of which the past is told, each by its first day."""

    def days(zone: ZoneInfo) -> tuple[date, date]:
        month = month_of(now, zone)
        return month.plus(-MONTHS_BACK).first_day, month.first_day

    return days


_STEP_COUNTS = (_step.c.estate_id, _step.c.level, func.count())
_PROMISE_COUNTS = (_milestone.c.estate_id, func.count().filter(_in_time()), func.count())


@cache
def _kept_steps(zones: int) -> Select[Any]:
    asked = (rollup.report == Report.STEPS, within_spans(rollup.estate_id, rollup.day, zones))
    counts = select(rollup.estate_id, rollup.bucket, func.sum(rollup.total)).where(*asked)
    return counts.group_by(rollup.estate_id, rollup.bucket)


@cache
def _steps_today(zones: int) -> Select[Any]:
    asked = within_spans(_step.c.estate_id, _step.c.due_at, zones)
    return select(*_STEP_COUNTS).where(asked).group_by(*_STEP_COUNTS[:2])


@cache
def _kept_times(zones: int) -> Select[Any]:
    asked = (rollup.report == Report.TIMES, within_spans(rollup.estate_id, rollup.day, zones))
    sums = select(rollup.kind, rollup.bucket, func.sum(rollup.total), func.sum(rollup.seconds)).where(*asked)
    return sums.group_by(rollup.kind, rollup.bucket)


@cache
def _kept_promises(zones: int) -> Select[Any]:
    asked = (rollup.report == Report.PROMISES, within_spans(rollup.estate_id, rollup.day, zones))
    sums = select(rollup.estate_id, func.sum(rollup.good), func.sum(rollup.total)).where(*asked)
    return sums.group_by(rollup.estate_id)


@cache
def _promises_today(zones: int) -> Select[Any]:
    asked = (*_promised(), within_spans(_milestone.c.estate_id, _milestone.c.due_at, zones))
    return select(*_PROMISE_COUNTS).where(*asked).group_by(_milestone.c.estate_id)


def _steps(
    session: Session, now: datetime, scope: Scope, found: Sequence[Place], marked: Marks
) -> dict[tuple[Place, int], int]:
    """Whole estates by their kept counts and what came due today, others row by row."""
    if is_whole(scope):
        counted = [
            *kept_rows(session, _kept_steps, found, _whole_days(now, 0), marked),
            *rows(session, _steps_today, found, _today(now)),
        ]
    else:
        asked = (*conditions(LadderStep, scope), _due(_step, now, found, 0))
        counted = [*session.execute(select(*_STEP_COUNTS).where(*asked).group_by(*_STEP_COUNTS[:2]))]
    by_id = {place.id: place for place in found}
    numbers: Counter[tuple[Place, int]] = Counter()
    for estate_id, level, number in counted:
        numbers[by_id[estate_id], level] += number
    return {key: number for key, number in numbers.items() if number}


def _speeds(
    session: Session, now: datetime, scope: Scope, found: Sequence[Place], marked: Marks
) -> dict[TicketKind, Speed]:
    if is_whole(scope):
        kept = kept_rows(session, _kept_times, found, _months(now), marked)
        counted: Times = {(TicketKind(kind), span): (int(n), int(seconds)) for kind, span, n, seconds in kept}
    else:
        counted = _times(session, now, scope, found)
    speeds = {}
    for kind in TicketKind:
        spans = {span: number for (each, span), (number, _) in counted.items() if each is kind and number}
        if (median := median_span(spans)) is not None:
            total = sum(seconds for (each, _), (_, seconds) in counted.items() if each is kind)
            resolved = sum(spans.values())
            speeds[kind] = Speed(resolved, total / resolved, *span_bounds(median))
    return speeds


def _times(session: Session, now: datetime, scope: Scope, found: Sequence[Place]) -> Times:
    asked = (*conditions(Ticket, scope), _resolved(now, found))
    resolved = session.execute(select(_ticket.c.kind, _ticket.c.opened_at, _ticket.c.resolved_at).where(*asked))
    counted: dict[tuple[TicketKind, int], tuple[int, int]] = {}
    for kind, opened_at, resolved_at in resolved:
        took = took_seconds(opened_at, resolved_at)
        number, seconds = counted.get((kind, span_of(took)), (0, 0))
        counted[kind, span_of(took)] = (number + 1, seconds + took)
    return counted


def _promises(
    session: Session, now: datetime, scope: Scope, found: Sequence[Place], marked: Marks
) -> dict[Place, Share]:
    if is_whole(scope):
        counted = [
            *kept_rows(session, _kept_promises, found, _whole_days(now, MONTHS_BACK), marked),
            *rows(session, _promises_today, found, _today(now)),
        ]
    else:
        asked = (*conditions(Milestone, scope), *_promised(), _due(_milestone, now, found, MONTHS_BACK))
        counted = [*session.execute(select(*_PROMISE_COUNTS).where(*asked).group_by(_milestone.c.estate_id))]
    numbers: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for estate_id, good, total in counted:
        numbers[estate_id] = (numbers[estate_id][0] + int(good), numbers[estate_id][1] + int(total))
    shares = {place: Share(*numbers[place.id]) for place in found}
    return {place: share for place, share in shares.items() if share.total}
