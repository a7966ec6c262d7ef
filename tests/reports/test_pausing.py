from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models.account import Role
from models.pause import Pause, PauseReason, TellingChannel
from models.ticket import Severity, Ticket, TicketKind
from operations.tickets import act
from operations.write import writing
from reports.listing import Listing, count
from reports.pausing import (
    NOBODY,
    Gain,
    PausingQuestion,
    PausingReport,
    pauses_behind,
    pausing_report,
    tickets_behind,
)
from rules.months import Month
from rules.permissions import EVERYTHING, NOTHING, Scope
from rules.transitions import Action
from tests.infrastructure.cast import BY, Cast, report, settle

OCTOBER = datetime(2026, 10, 10, 1, 0, 0, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 10, 1, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 15, 1, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTHS = PausingQuestion(Month(2026, 9), Month(2026, 11))
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def do(session: Session, ticket_id: int, action: Action, at: datetime, **said: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, list(Role), at, reason="重复登记", said=said)


def paused(
    session: Session,
    cast: Cast,
    at: datetime = NOVEMBER,
    reason: PauseReason = PauseReason.PARTS,
    is_told: bool = True,
    **facts: Any,
) -> int:
    """A complaint that waits from its 2nd to its 6th hour and is resolved in the 10th."""
    ticket_id = report(session, cast, at, **MINOR, **facts)
    told = {"told_at": at + 2 * HOUR, "told_channel": TellingChannel.PHONE, "expected_until": at + 9 * HOUR}
    do(session, ticket_id, Action.WAIT, at + 2 * HOUR, pause_reason=reason, **(told if is_told else {}))
    do(session, ticket_id, Action.RESUME, at + 6 * HOUR)
    do(session, ticket_id, Action.RESOLVE, at + 10 * HOUR)
    return ticket_id


def gains(session: Session, question: PausingQuestion = MONTHS, scope: Scope = EVERYTHING) -> PausingReport:
    session.rollback()
    return pausing_report(session, question, scope, NOW)


def gain(pauses: int, untold: int, paused_hours: int, open_hours: int) -> Gain:
    return Gain(pauses, untold, paused_hours * 3600, open_hours * 3600)


def resolved_after(session: Session, cast: Cast, hours: int) -> int:
    """A complaint that waits for 4 hours and is resolved so late; without the pause 48 hours are the limit."""
    ticket_id = report(session, cast, NOVEMBER, **MINOR)
    told = {"told_at": NOVEMBER + HOUR, "told_channel": TellingChannel.PHONE, "expected_until": NOVEMBER + 9 * HOUR}
    do(session, ticket_id, Action.WAIT, NOVEMBER + HOUR, pause_reason=PauseReason.PARTS, **told)
    do(session, ticket_id, Action.RESUME, NOVEMBER + 5 * HOUR)
    do(session, ticket_id, Action.RESOLVE, NOVEMBER + hours * HOUR)
    return ticket_id


def test_the_share_is_paused_time_of_open_time_by_person_and_estate_and_month(session: Session, cast: Cast) -> None:
    neighbour = settle(session, "E2")
    paused(session, cast, assignee_id=cast.engineer_id)
    paused(session, cast, OCTOBER)
    resolved = report(session, neighbour, NOVEMBER, **MINOR, assignee_id=neighbour.butler_id)
    do(session, resolved, Action.RESOLVE, NOVEMBER + 5 * HOUR)
    found = gains(session)
    assert found.total == gain(2, 0, 8, 25)
    assert found.by_person == {
        cast.engineer_id: gain(1, 0, 4, 10),
        NOBODY: gain(1, 0, 4, 10),
        neighbour.butler_id: gain(0, 0, 0, 5),
    }
    assert {place.id: each for place, each in found.by_place.items()} == {
        cast.estate_id: gain(2, 0, 8, 20),
        neighbour.estate_id: gain(0, 0, 0, 5),
    }
    assert found.by_month == {Month(2026, 10): gain(1, 0, 4, 10), Month(2026, 11): gain(1, 0, 4, 15)}


def test_by_reason_each_has_the_open_time_of_all(session: Session, cast: Cast) -> None:
    paused(session, cast)
    paused(session, cast, reason=PauseReason.WEATHER)
    assert gains(session).by_reason == {PauseReason.PARTS: gain(1, 0, 4, 20), PauseReason.WEATHER: gain(1, 0, 4, 20)}


def test_a_pause_without_proof_is_counted_and_gains_nothing(session: Session, cast: Cast) -> None:
    paused(session, cast, is_told=False)
    assert gains(session).total == gain(1, 1, 0, 10)


def test_what_is_open_and_waits_counts_until_now(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, NOW - 10 * HOUR, **MINOR)
    told = {"told_at": NOW - 3 * HOUR, "told_channel": TellingChannel.PHONE, "expected_until": NOW + 5 * HOUR}
    do(session, ticket_id, Action.WAIT, NOW - 3 * HOUR, pause_reason=PauseReason.PARTS, **told)
    assert gains(session).total == gain(1, 0, 3, 10)


def test_what_was_entered_wrongly_or_opened_in_another_month_does_not_count(session: Session, cast: Cast) -> None:
    void = report(session, cast, NOVEMBER, **MINOR)
    do(session, void, Action.VOID, NOVEMBER + HOUR)
    paused(session, cast, OCTOBER)
    only_november = PausingQuestion(Month(2026, 11), Month(2026, 11))
    assert gains(session, only_november).total == Gain()


def test_months_begin_at_the_midnight_of_the_estate(session: Session, cast: Cast) -> None:
    midnight = datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC)
    paused(session, cast, midnight - timedelta(seconds=1))
    paused(session, cast, midnight)
    assert set(gains(session).by_month) == {Month(2026, 10), Month(2026, 11)}


def test_nothing_is_seen_beyond_the_scope(session: Session, cast: Cast) -> None:
    neighbour = settle(session, "E2")
    for each in (cast, neighbour):
        paused(session, each)
    assert gains(session, scope=Scope(frozenset({cast.estate_id}))).total.pauses == 1
    assert gains(session, scope=NOTHING).total == Gain()


def test_every_figure_opens_to_as_many_pauses_as_it_says(session: Session, cast: Cast) -> None:
    paused(session, cast, assignee_id=cast.engineer_id)
    paused(session, cast, OCTOBER, PauseReason.WEATHER, is_told=False)
    found = gains(session)
    people = {person: behind(session, person=person) for person in found.by_person}
    reasons = {reason: behind(session, reason=reason) for reason in found.by_reason}
    months = {month: behind(session, PausingQuestion(month, month)) for month in found.by_month}
    assert people == {person: each.pauses for person, each in found.by_person.items()}
    assert reasons == {reason: each.pauses for reason, each in found.by_reason.items()}
    assert months == {month: each.pauses for month, each in found.by_month.items()}


@pytest.mark.parametrize(("hours", "saved"), [(48, 0), (49, 1), (52, 1), (53, 0)])
def test_saved_is_what_would_have_been_late_without_its_pauses(
    session: Session, cast: Cast, hours: int, saved: int
) -> None:
    resolved_after(session, cast, hours)
    where = tickets_behind(session, MONTHS, EVERYTHING, None, only_saved=True)
    assert gains(session).total.saved == saved
    assert count(session, Listing(Ticket, (), sort="id", where=where), EVERYTHING) == saved


def behind(
    session: Session,
    question: PausingQuestion = MONTHS,
    person: int | None = None,
    reason: PauseReason | None = None,
) -> int:
    where = pauses_behind(session, question, EVERYTHING, person, reason)
    return count(session, Listing(Pause, (), sort="id", where=where), EVERYTHING)
