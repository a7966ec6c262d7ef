from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.callback import Callback, CallbackOutcome, Satisfaction
from models.estate import Estate
from models.ticket import TicketKind
from operations.tickets import edit_ticket
from operations.write import writing
from reports.listing import Listing, count
from reports.satisfaction import (
    Answer,
    Answers,
    Butler,
    Question,
    SatisfactionReport,
    callbacks_behind,
    last_twelve_months,
    satisfaction_report,
)
from rules.months import Month
from rules.permissions import EVERYTHING, NOTHING, Scope
from tests.infrastructure.cast import BY, Cast, report, settle
from tests.infrastructure.people import add
from tests.infrastructure.statements import selects

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
BOTH = Question(OCTOBER, NOVEMBER)
LAST_OF_OCTOBER = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
FIRST_OF_NOVEMBER = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)  # 00:30 on 1 November in Shanghai
VERY, BASICALLY, DISSATISFIED = Satisfaction


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def neighbour(session: Session, cast: Cast) -> Cast:
    """Another estate with a place and people of its own."""
    return settle(session, "E2")


def call(session: Session, cast: Cast, at: datetime, answer: Satisfaction | None = VERY, **others: Any) -> int:
    """A callback about a new ticket of the cast; without an answer the owner was not reached."""
    ticket_id = report(session, cast, **others)
    outcome = CallbackOutcome.REACHED if answer else CallbackOutcome.UNREACHABLE
    values = {"estate_id": cast.estate_id, "ticket_id": ticket_id, "outcome": outcome, "satisfaction": answer}
    return add(session, Callback, called_at=at, **values)


def by_month(found: SatisfactionReport) -> dict[tuple[str, int], Answers]:
    return {(str(month), place.id): answers for (month, place), answers in found.by_month.items()}


def listed(session: Session, question: Question, scope: Scope, *which: Any) -> int:
    """How many rows the list behind a figure has."""
    where = callbacks_behind(session, question, scope, *which)
    return count(session, Listing(Callback, ("id",), where=where), scope)


def test_a_callback_counts_in_the_month_of_the_estate(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    call(session, cast, FIRST_OF_NOVEMBER, DISSATISFIED)
    assert by_month(satisfaction_report(session, BOTH, EVERYTHING)) == {
        ("2026-10", cast.estate_id): Answers(1, 1),
        ("2026-11", cast.estate_id): Answers(1, 0),
    }


def test_each_estate_has_its_own_midnight(session: Session, cast: Cast, neighbour: Cast) -> None:
    session.execute(update(Estate).where(Estate.id == neighbour.estate_id).values(time_zone="Europe/Berlin"))
    session.commit()
    call(session, cast, FIRST_OF_NOVEMBER)
    call(session, neighbour, FIRST_OF_NOVEMBER)
    found = satisfaction_report(session, BOTH, EVERYTHING)
    assert by_month(found).keys() == {("2026-11", cast.estate_id), ("2026-10", neighbour.estate_id)}


def test_months_outside_the_question_do_not_count(session: Session, cast: Cast) -> None:
    call(session, cast, FIRST_OF_NOVEMBER)
    assert satisfaction_report(session, Question(OCTOBER, OCTOBER), EVERYTHING).total == Answers()
    assert satisfaction_report(session, Question(NOVEMBER, NOVEMBER), EVERYTHING).total == Answers(1, 1)


def test_answers_are_told_from_failures_to_get_one(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER, VERY)
    call(session, cast, LAST_OF_OCTOBER, BASICALLY)
    call(session, cast, LAST_OF_OCTOBER, DISSATISFIED)
    call(session, cast, LAST_OF_OCTOBER, None)
    refused = {"outcome": CallbackOutcome.REFUSED, "satisfaction": None}
    ticket_id = report(session, cast)
    add(session, Callback, estate_id=cast.estate_id, ticket_id=ticket_id, called_at=LAST_OF_OCTOBER, **refused)
    total = satisfaction_report(session, BOTH, EVERYTHING).total
    assert total == Answers(answered=3, satisfied=2, unreachable=1, refused=1)
    assert total.share.rate == 2 / 3


def test_kinds_and_butlers_are_the_tickets(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER, VERY, kind=TicketKind.HELP)
    without_butler = call(session, cast, LAST_OF_OCTOBER, DISSATISFIED)
    ticket_id = session.get_one(Callback, without_butler).ticket_id
    with writing(session):
        edit_ticket(session, ticket_id, {"butler_id": None}, None, BY, LAST_OF_OCTOBER)
    found = satisfaction_report(session, BOTH, EVERYTHING)
    assert found.by_kind == {TicketKind.CONSULTATION: Answers(1, 0), TicketKind.HELP: Answers(1, 1)}
    assert found.by_butler == {
        Butler(cast.butler_id, "王管家 E1-B"): Answers(1, 1),
        Butler(None, ""): Answers(1, 0),
    }


@pytest.mark.parametrize(
    ("answer", "number"),
    [(None, 4), (Answer.ANSWERED, 3), (Answer.SATISFIED, 2), (Answer.UNREACHABLE, 1), (Answer.REFUSED, 0)],
)
def test_the_rows_behind_a_figure_are_as_many(session: Session, cast: Cast, answer: Answer | None, number: int) -> None:
    call(session, cast, LAST_OF_OCTOBER, VERY)
    call(session, cast, FIRST_OF_NOVEMBER, BASICALLY)
    call(session, cast, LAST_OF_OCTOBER, DISSATISFIED)
    call(session, cast, LAST_OF_OCTOBER, None)
    call(session, cast, FIRST_OF_NOVEMBER + timedelta(days=30), VERY)  # in December
    assert listed(session, BOTH, EVERYTHING, answer) == number


def test_the_rows_behind_a_butlers_figure_are_his(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    assert listed(session, BOTH, EVERYTHING, None, Butler(cast.butler_id, "")) == 1
    assert listed(session, BOTH, EVERYTHING, None, Butler(cast.engineer_id, "")) == 0
    assert listed(session, BOTH, EVERYTHING, None, Butler(None, "")) == 0


def test_a_question_about_a_kind_leaves_the_others_out(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER, kind=TicketKind.HELP)
    call(session, cast, LAST_OF_OCTOBER)
    question = Question(OCTOBER, NOVEMBER, kind=TicketKind.HELP)
    assert satisfaction_report(session, question, EVERYTHING).total == Answers(1, 1)
    assert listed(session, question, EVERYTHING) == 1


def test_another_estate_is_never_counted(session: Session, cast: Cast, neighbour: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    call(session, neighbour, LAST_OF_OCTOBER, DISSATISFIED)
    own = Scope(frozenset({cast.estate_id}))
    found = satisfaction_report(session, BOTH, own)
    assert (found.total, [place.id for place in found.places]) == (Answers(1, 1), [cast.estate_id])
    strange = Question(OCTOBER, NOVEMBER, estate_id=neighbour.estate_id)
    assert satisfaction_report(session, strange, own).total == Answers()
    assert listed(session, strange, own) == 0


def test_a_butler_counts_her_buildings_and_an_engineer_his_tickets(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    call(session, cast, LAST_OF_OCTOBER, assignee_id=cast.engineer_id)
    own = frozenset({cast.estate_id})
    elsewhere = Scope(own, buildings=frozenset({cast.building_id + 1}))
    assert satisfaction_report(session, BOTH, elsewhere).total == Answers()
    here = Scope(own, buildings=frozenset({cast.building_id}))
    assert satisfaction_report(session, BOTH, here).total == Answers(2, 2)
    engineer = Scope(own, staff_id=cast.engineer_id)
    assert satisfaction_report(session, BOTH, engineer).total == Answers(1, 1)


def test_who_reaches_nothing_gets_nothing(session: Session, cast: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    assert satisfaction_report(session, BOTH, NOTHING) == SatisfactionReport([], {}, {}, {})
    assert listed(session, BOTH, NOTHING) == 0


def test_four_statements_whatever_there_is_to_count(session: Session, cast: Cast, neighbour: Cast) -> None:
    call(session, cast, LAST_OF_OCTOBER)
    call(session, neighbour, FIRST_OF_NOVEMBER)
    with selects(session) as sent:
        satisfaction_report(session, BOTH, EVERYTHING)
    assert len(sent) == 4


def test_without_a_wish_the_last_twelve_months_are_asked() -> None:
    question = last_twelve_months(FIRST_OF_NOVEMBER, ZoneInfo("Asia/Shanghai"))
    assert (str(question.first), str(question.last)) == ("2025-12", "2026-11")
