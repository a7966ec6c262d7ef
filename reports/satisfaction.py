"""Satisfaction from callbacks: by month and estate, by ticket kind, by butler, and the rows behind each figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from models.base import N_, Labelled
from models.callback import Callback, CallbackOutcome
from models.rollup import Report
from models.staff import Staff
from models.ticket import Ticket, TicketKind
from operations.scope import conditions
from reports.kept import is_whole, rollup, span_values, within_spans
from reports.zones import Place, month_index, places, within
from rules.months import Month, month_of
from rules.permissions import Scope
from rules.satisfaction import SATISFIED, Share

MONTHS_BY_DEFAULT = 12
MONTHS_AT_MOST = 60

_callback, _ticket = Callback.__table__, Ticket.__table__


class Answer(Labelled):
    """Which callbacks a figure counts."""

    ANSWERED = "answered", N_("Answered")
    SATISFIED = "satisfied", N_("Satisfied")
    UNREACHABLE = "unreachable", N_("Unreachable")
    REFUSED = "refused", N_("Refused")


_COUNTED: Mapping[Answer, ColumnElement[bool]] = {
    Answer.ANSWERED: _callback.c.outcome == CallbackOutcome.REACHED,
    Answer.SATISFIED: _callback.c.satisfaction.in_(sorted(SATISFIED)),
    Answer.UNREACHABLE: _callback.c.outcome == CallbackOutcome.UNREACHABLE,
    Answer.REFUSED: _callback.c.outcome == CallbackOutcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the months of the callback in the estate's time, both included, and what narrows them."""

    first: Month
    last: Month
    estate_id: int | None = None
    kind: TicketKind | None = None

    @property
    def months(self) -> list[Month]:
        return self.first.until(self.last)


@dataclass(frozen=True, slots=True)
class Butler:
    """The butler responsible for a ticket, by name and number; no id and no name where there was none."""

    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Answers:
    """How many callbacks were answered, answered well, and not answered at all."""

    answered: int = 0
    satisfied: int = 0
    unreachable: int = 0
    refused: int = 0

    @property
    def share(self) -> Share:
        return Share(self.satisfied, self.answered)

    def __add__(self, other: Self) -> "Answers":
        return Answers(
            self.answered + other.answered,
            self.satisfied + other.satisfied,
            self.unreachable + other.unreachable,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class SatisfactionReport:
    """The figures; groups without any callback are left out."""

    places: Sequence[Place]
    by_month: Mapping[tuple[Month, Place], Answers]
    by_kind: Mapping[TicketKind, Answers]
    by_butler: Mapping[Butler, Answers]

    @property
    def total(self) -> Answers:
        return sum(self.by_month.values(), Answers())

    @property
    def by_place(self) -> dict[Place, Answers]:
        found: dict[Place, Answers] = {}
        for (_, place), answers in self.by_month.items():
            found[place] = found.get(place, Answers()) + answers
        return found


def last_twelve_months(now: datetime, zone: tzinfo) -> Question:
    """The question when nothing is asked in particular: this month there and the eleven before."""
    last = month_of(now, zone)
    return Question(last.plus(1 - MONTHS_BY_DEFAULT), last)


def satisfaction_report(session: Session, question: Question, scope: Scope) -> SatisfactionReport:
    """The figures within the scope, in four statements however many rows and estates there are.

    Whole estates are read from the kept counts; for who reaches a part of one, the callbacks are counted.
    """
    found = places(session, scope, question.estate_id)
    if not found:
        return SatisfactionReport([], {}, {}, {})
    if is_whole(scope):
        return SatisfactionReport(
            found,
            _kept_by_month(session, question, found),
            _kept_by_kind(session, question, found),
            _kept_by_butler(session, question, found),
        )
    return SatisfactionReport(
        found,
        _by_month(session, question, scope, found),
        _by_kind(session, question, scope, found),
        _by_butler(session, question, scope, found),
    )


@cache
def _kept(report: Report, keys: tuple[Any, ...], zones: int, *, of_kind: bool) -> Select[Any]:
    """The kept answers of the months asked for, by these columns."""
    sums = [func.sum(column) for column in (rollup.total, rollup.good, rollup.unreachable, rollup.refused)]
    asked = [rollup.report == report, within_spans(rollup.estate_id, rollup.day, zones)]
    if of_kind:
        asked.append(rollup.kind == bindparam("kind"))
    return select(*keys, *sums).where(*asked).group_by(*keys).order_by(*keys)


@cache
def _kept_of_butlers(zones: int, *, of_kind: bool) -> Select[Any]:
    staff = Staff.__table__
    report = Report.ANSWERS_BY_BOTH if of_kind else Report.ANSWERS_BY_BUTLER
    inner = _kept(report, (rollup.butler_id,), zones, of_kind=of_kind).order_by(None).subquery()
    names = (staff.c.name, staff.c.number, staff.c.id)
    statement = select(*names, *list(inner.c)[1:]).outerjoin_from(inner, staff, staff.c.id == inner.c.butler_id)
    return statement.order_by(*names)


def _asked(question: Question, found: Sequence[Place]) -> tuple[int, dict[str, Any]]:
    zones, values = span_values(found, lambda zone: (question.first.first_day, question.last.first_day))
    return zones, values if question.kind is None else {**values, "kind": question.kind.value}


def _answers(
    session: Session, statement: Select[Any], values: Mapping[str, Any], width: int
) -> dict[tuple[Any, ...], Answers]:
    """The answers by the first columns of the rows, without those that came down to none."""
    rows = session.execute(statement, values)
    return {tuple(row[:width]): Answers(*map(int, row[width:])) for row in rows if any(row[width:])}


def _kept_by_month(session: Session, question: Question, found: Sequence[Place]) -> dict[tuple[Month, Place], Answers]:
    by_id, (zones, values) = {place.id: place for place in found}, _asked(question, found)
    keys = (rollup.day, rollup.estate_id)
    statement = _kept(Report.ANSWERS_BY_KIND, keys, zones, of_kind=question.kind is not None)
    counted = _answers(session, statement, values, 2)
    return {(Month(day.year, day.month), by_id[estate_id]): answers for (day, estate_id), answers in counted.items()}


def _kept_by_kind(session: Session, question: Question, found: Sequence[Place]) -> dict[TicketKind, Answers]:
    zones, values = _asked(question, found)
    statement = _kept(Report.ANSWERS_BY_KIND, (rollup.kind,), zones, of_kind=question.kind is not None)
    counted = _answers(session, statement, values, 1)
    return {kind: counted[kind.value,] for kind in TicketKind if (kind.value,) in counted}


def _kept_by_butler(session: Session, question: Question, found: Sequence[Place]) -> dict[Butler, Answers]:
    zones, values = _asked(question, found)
    return _named(_answers(session, _kept_of_butlers(zones, of_kind=question.kind is not None), values, 3))


def callbacks_behind(
    session: Session,
    question: Question,
    scope: Scope,
    answer: Answer | None = None,
    butler: Butler | None = None,
) -> tuple[ColumnElement[bool], ...]:
    """The conditions on callbacks that leave exactly the rows a figure counts."""
    found = _conditions(question, scope, places(session, scope, question.estate_id))
    if answer is not None:
        found.append(_COUNTED[answer])
    if butler is not None:
        # Compared with None this is IS NULL: the callbacks whose ticket has no butler.
        of_butler = select(_ticket.c.id).where(_ticket.c.butler_id == butler.id)
        found.append(_callback.c.ticket_id.in_(of_butler))
    return tuple(found)


def _conditions(question: Question, scope: Scope, found: Sequence[Place]) -> list[ColumnElement[bool]]:
    zones = {place.zone for place in found}
    bounds = {zone: (question.first.start(zone), question.last.end(zone)) for zone in zones}
    asked = [*conditions(Callback, scope), within(_callback, _callback.c.called_at, found, bounds)]
    if question.kind is not None:
        of_kind = select(_ticket.c.id).where(_ticket.c.kind == question.kind)
        asked.append(_callback.c.ticket_id.in_(of_kind))
    return asked


def _counts(*groups: ColumnElement[Any]) -> Select[Any]:
    """Statement of the counts by the groups, which a subquery computes.

    PostgreSQL takes an expression with parameters for another one when it meets it again under GROUP BY.
    """
    counted = [condition.label(answer.value) for answer, condition in _COUNTED.items()]
    names = [f"group_{index}" for index, _ in enumerate(groups)]
    keys = [group.label(name) for name, group in zip(names, groups, strict=True)]
    return select(*keys, *counted)


def _grouped(session: Session, rows: Select[Any], width: int) -> dict[tuple[Any, ...], Answers]:
    inner = rows.subquery()
    keys = [inner.c[f"group_{index}"] for index in range(width)]
    counts = [func.count().filter(inner.c[answer.value]) for answer in Answer]
    statement = select(*keys, *counts).group_by(*keys).order_by(*keys)
    return {tuple(row[:width]): Answers(*row[width:]) for row in session.execute(statement)}


def _by_month(
    session: Session, question: Question, scope: Scope, found: Sequence[Place]
) -> dict[tuple[Month, Place], Answers]:
    months = question.months
    index = month_index(_callback, _callback.c.called_at, found, months)
    rows = _counts(index, _callback.c.estate_id).where(*_conditions(question, scope, found))
    by_id = {place.id: place for place in found}
    counted = _grouped(session, rows, 2)
    return {(months[number], by_id[estate_id]): answers for (number, estate_id), answers in counted.items()}


def _by_kind(session: Session, question: Question, scope: Scope, found: Sequence[Place]) -> dict[TicketKind, Answers]:
    rows = _with_tickets(_counts(_ticket.c.kind)).where(*_conditions(question, scope, found))
    counted = {kind: answers for (kind,), answers in _grouped(session, rows, 1).items()}
    return {kind: counted[kind] for kind in TicketKind if kind in counted}


def _by_butler(session: Session, question: Question, scope: Scope, found: Sequence[Place]) -> dict[Butler, Answers]:
    staff = Staff.__table__
    rows = _with_tickets(_counts(staff.c.name, staff.c.number, staff.c.id)).outerjoin(
        staff, staff.c.id == _ticket.c.butler_id
    )
    return _named(_grouped(session, rows.where(*_conditions(question, scope, found)), 3))


def _named(counted: Mapping[tuple[Any, ...], Answers]) -> dict[Butler, Answers]:
    return {
        Butler(staff_id, f"{name} {number}" if name else ""): answers
        for (name, number, staff_id), answers in counted.items()
    }


def _with_tickets(rows: Select[Any]) -> Select[Any]:
    return rows.select_from(_callback.join(_ticket, _ticket.c.id == _callback.c.ticket_id))
