"""Who gains by pausing: which share of the open time of tickets their clocks stood still, and for what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Table, extract, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from models.milestone import Milestone
from models.pause import Pause, PauseReason
from models.staff import Staff
from models.ticket import Ticket, TicketState
from operations.chunks import chunks
from operations.pauses import pauses_of
from operations.scope import conditions
from reports.zones import Place, month_index, places, within
from rules.months import Month
from rules.permissions import Scope

MONTHS_BY_DEFAULT, MONTHS_AT_MOST = 3, 24  # ours
NOBODY = 0  # stands for tickets that nobody is assigned to

_ticket, _pause, _milestone = (cast(Table, model.__table__) for model in (Ticket, Pause, Milestone))


@dataclass(frozen=True, slots=True)
class PausingQuestion:
    """The months of opening in the estate's time, both included, and the estate, if one is asked for."""

    first: Month
    last: Month
    estate_id: int | None = None

    @property
    def months(self) -> list[Month]:
        return self.first.until(self.last)


@dataclass(slots=True)
class Gain:
    """Pauses of some tickets: how many, how many without any proof, and what they add up to beside the open time.

    `saved` tickets met a date that they would have missed without their pauses.
    """

    pauses: int = 0
    untold: int = 0
    paused_seconds: int = 0
    open_seconds: int = 0
    saved: int = 0

    @property
    def share(self) -> float | None:
        """Which part of the open time the clocks stood still; None where nothing was open."""
        return self.paused_seconds / self.open_seconds if self.open_seconds else None


@dataclass(slots=True)
class PausingReport:
    """The gains of the tickets opened in the months; by reason each has the open time of all together."""

    names: Mapping[int, str]
    total: Gain = field(default_factory=Gain)
    by_person: dict[int, Gain] = field(default_factory=lambda: defaultdict(Gain))
    by_place: dict[Place, Gain] = field(default_factory=lambda: defaultdict(Gain))
    by_reason: dict[PauseReason, Gain] = field(default_factory=lambda: defaultdict(Gain))
    by_month: dict[Month, Gain] = field(default_factory=lambda: defaultdict(Gain))

    def gains(self, place: Place, month: Month, person: int) -> Iterable[Gain]:
        """Those that a ticket of that estate, month and assignee counts in."""
        return self.total, self.by_place[place], self.by_month[month], self.by_person[person]


def pausing_report(session: Session, question: PausingQuestion, scope: Scope, now: datetime) -> PausingReport:
    """The gains within the scope up to now; tickets that were entered wrongly do not count.

    A ticket is counted for whom it is assigned to at present. Open time runs round the clock from the first opening
    to the present end, or to now (ours).
    """
    found = places(session, scope, question.estate_id)
    if not found:
        return PausingReport({})
    by_id = {place.id: place for place in found}
    report = PausingReport({})
    for estate_id, month, person, seconds in _open_times(session, question, found, scope, now):
        for gain in report.gains(by_id[estate_id], question.months[month], person):
            gain.open_seconds += seconds
    for estate_id, month, person, number in _saved(session, question, found, scope):
        for gain in report.gains(by_id[estate_id], question.months[month], person):
            gain.saved += number
    rows = _pauses(session, question, found, scope)
    counted = _counted(session, rows, now)
    for row in rows:
        reason = report.by_reason[row.reason]
        for gain in (reason, *report.gains(by_id[row.estate_id], question.months[row.month], row.assignee_id or 0)):
            gain.pauses += 1
            gain.untold += row.told_at is None
            gain.paused_seconds += counted.get((row.ticket_id, row.starts_at), 0)
    for gain in report.by_reason.values():
        gain.open_seconds = report.total.open_seconds
    report.names = _names(session, report.by_person)
    return report


def pauses_behind(
    session: Session,
    question: PausingQuestion,
    scope: Scope,
    person: int | None,
    reason: PauseReason | None,
    is_untold: bool = False,
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on pauses that a figure counts: of that person (NOBODY: of none) and reason, without proof."""
    tickets = tickets_behind(session, question, scope, person)
    bounds: list[ColumnElement[bool]] = [
        _pause.c.ticket_id.in_(select(_ticket.c.id).where(*tickets, *conditions(Ticket, scope)))
    ]
    bounds += [] if reason is None else [_pause.c.reason == reason]
    return (*bounds, _pause.c.told_at.is_(None)) if is_untold else tuple(bounds)


def tickets_behind(
    session: Session, question: PausingQuestion, scope: Scope, person: int | None, only_saved: bool = False
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on the tickets that a figure adds up, of that person (NOBODY: of none), or only the saved ones."""
    bounds = _opened(question, places(session, scope, question.estate_id))
    bounds += [] if person is None else [func.coalesce(_ticket.c.assignee_id, NOBODY) == person]
    return (*bounds, _is_saved()) if only_saved else tuple(bounds)


def _opened(question: PausingQuestion, found: Sequence[Place]) -> list[ColumnElement[bool]]:
    zones = {place.zone for place in found}
    spans = {zone: (question.first.start(zone), question.last.end(zone)) for zone in zones}
    return [within(_ticket, _ticket.c.opened_at, found, spans), _ticket.c.state != TicketState.VOID]


def _open_times(
    session: Session, question: PausingQuestion, found: Sequence[Place], scope: Scope, now: datetime
) -> Iterator[tuple[int, int, int, int]]:
    """Estate, index of the month, assignee and open seconds, in groups."""
    month = month_index(_ticket, _ticket.c.opened_at, found, question.months)
    ended = func.coalesce(_ticket.c.resolved_at, _ticket.c.closed_at, literal(now, _ticket.c.resolved_at.type))
    seconds = _epoch(ended) - _epoch(_ticket.c.opened_at)
    person = func.coalesce(_ticket.c.assignee_id, NOBODY)
    statement = (
        select(_ticket.c.estate_id, month, person, func.sum(seconds))
        .where(*_opened(question, found), *conditions(Ticket, scope))
        .group_by(_ticket.c.estate_id, month, person)
    )
    for estate_id, index, person_id, total in session.execute(statement):
        yield estate_id, index, person_id, int(total)


def _saved(
    session: Session, question: PausingQuestion, found: Sequence[Place], scope: Scope
) -> Iterator[tuple[int, int, int, int]]:
    """Estate, index of the month, assignee and number of the tickets that pauses alone kept in time."""
    month = month_index(_ticket, _ticket.c.opened_at, found, question.months)
    person = func.coalesce(_ticket.c.assignee_id, NOBODY)
    statement = (
        select(_ticket.c.estate_id, month, person, func.count())
        .where(*_opened(question, found), *conditions(Ticket, scope), _is_saved())
        .group_by(_ticket.c.estate_id, month, person)
    )
    for row in session.execute(statement):
        yield row[0], row[1], row[2], row[3]


def _is_saved() -> ColumnElement[bool]:
    """Of a ticket: what was done in time came later than it would have been due without the pauses.

    What they added counts on the clock of the limit, so that with service hours the real gain is longer still.
    """
    paused = _milestone.c.paused_seconds
    is_late = _epoch(_milestone.c.done_at) > _epoch(_milestone.c.due_at) - paused
    in_time = (paused > 0, _milestone.c.done_at <= _milestone.c.due_at, is_late)
    return _ticket.c.id.in_(select(_milestone.c.ticket_id).where(_paused_at_all(), *in_time))


def _paused_at_all() -> ColumnElement[bool]:
    """Of a milestone: its ticket has pauses, of which there are few."""
    return _milestone.c.ticket_id.in_(select(_pause.c.ticket_id).where(_pause.c.starts_at.is_not(None)))


def _pauses(session: Session, question: PausingQuestion, found: Sequence[Place], scope: Scope) -> Sequence[Any]:
    month = month_index(_ticket, _ticket.c.opened_at, found, question.months).label("month")
    statement = (
        select(*(_pause.c[name] for name in ("ticket_id", "reason", "told_at", "starts_at")))
        .add_columns(_ticket.c.estate_id, _ticket.c.assignee_id, month)
        .join_from(_pause, _ticket, _ticket.c.id == _pause.c.ticket_id)
        .where(*_opened(question, found), *conditions(Ticket, scope))
    )
    return session.execute(statement).all()


def _counted(session: Session, rows: Iterable[Any], now: datetime) -> dict[tuple[int, datetime], int]:
    """How many seconds each pause has stopped the clock up to now, by ticket and start."""
    found: dict[tuple[int, datetime], int] = {}
    for chunk in chunks(sorted({row.ticket_id for row in rows if row.starts_at is not None})):
        for ticket_id, pauses in pauses_of(session, chunk).items():
            for pause in pauses:
                end = min(pause.end or now, now)
                found[ticket_id, pause.start] = max(0, int((end - pause.start) / timedelta(seconds=1)))
    return found


def _names(session: Session, people: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for chunk in chunks(sorted(people)):
        found |= {row.id: row.name for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(chunk)))}
    return found


def _epoch(moment: ColumnElement[Any]) -> ColumnElement[int]:
    return sql_cast(extract("epoch", moment), BigInteger)  # moments are whole seconds
