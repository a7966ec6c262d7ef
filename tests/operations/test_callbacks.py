from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.callback import Callback, CallbackForm, CallbackOutcome, Satisfaction
from models.ticket import TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.callbacks import edit_callback, record_callback
from operations.tickets import act
from operations.write import Refused, writing
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket

DAY = timedelta(days=1)
DISSATISFIED = {"satisfaction": Satisfaction.DISSATISFIED, "opinion": "重新派单"}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def resolved_id(session: Session, cast: Cast) -> int:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + DAY)
    return ticket_id


def call(session: Session, ticket_id: int, **answer: Any) -> int:
    values = {"ticket_id": ticket_id, "called_at": OPENED + 2 * DAY, "form": CallbackForm.PHONE, **answer}
    with writing(session):
        return record_callback(session, values, BY, OPENED + 2 * DAY)


@pytest.mark.parametrize(
    "answer",
    [
        {"satisfaction": Satisfaction.VERY},
        {"satisfaction": Satisfaction.BASICALLY},
        {"outcome": CallbackOutcome.UNREACHABLE},
    ],
)
def test_an_owner_who_is_not_dissatisfied_changes_nothing(
    session: Session, resolved_id: int, answer: dict[str, Any]
) -> None:
    call(session, resolved_id, **answer)
    assert ticket(session, resolved_id).state is TicketState.RESOLVED


def test_a_callback_belongs_to_the_estate_of_its_ticket(session: Session, cast: Cast, resolved_id: int) -> None:
    callback_id = call(session, resolved_id, satisfaction=Satisfaction.VERY)
    assert session.get_one(Callback, callback_id).estate_id == cast.estate_id


def test_a_dissatisfied_owner_reopens_the_ticket(session: Session, resolved_id: int) -> None:
    callback_id = call(session, resolved_id, **DISSATISFIED)
    event = session.scalars(select(TicketEvent).where(TicketEvent.kind == EventKind.REOPENED)).one()
    assert (ticket(session, resolved_id).state, ticket(session, resolved_id).reopen_count) == (TicketState.REOPENED, 1)
    assert (event.data, event.note) == ({"callback_id": callback_id}, "重新派单")


def test_a_ticket_on_which_nothing_was_done_gets_no_callback(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with pytest.raises(Refused, match="resolve the ticket first"):
        call(session, ticket_id, **DISSATISFIED)


def test_a_special_service_is_asked_about_at_mid_term(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.SPECIAL_SERVICE)
    call(session, ticket_id, **DISSATISFIED)
    assert (ticket(session, ticket_id).state, ticket(session, ticket_id).reopen_count) == (TicketState.NEW, 0)


def test_an_answer_corrected_to_dissatisfied_reopens_the_ticket_once(session: Session, resolved_id: int) -> None:
    callback_id = call(session, resolved_id, satisfaction=Satisfaction.VERY)
    with writing(session):
        edit_callback(session, callback_id, DISSATISFIED, 1, BY, OPENED + 3 * DAY)
    with writing(session):
        edit_callback(session, callback_id, {"opinion": "已联系"}, 2, BY, OPENED + 3 * DAY)
    assert (ticket(session, resolved_id).state, ticket(session, resolved_id).reopen_count) == (TicketState.REOPENED, 1)


def test_a_callback_about_no_ticket_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="Choose the ticket"):
        call(session, 4711, satisfaction=Satisfaction.VERY)


def test_a_callback_stays_with_its_ticket(session: Session, cast: Cast, resolved_id: int) -> None:
    callback_id, other_id = call(session, resolved_id, satisfaction=Satisfaction.VERY), report(session, cast)
    with pytest.raises(Refused, match="stays with its ticket"), writing(session):
        edit_callback(session, callback_id, {"ticket_id": other_id}, 1, BY, OPENED + 3 * DAY)
