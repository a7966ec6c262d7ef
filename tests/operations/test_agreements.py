from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction
from models.ticket import Severity, Ticket, TicketKind
from models.ticket_event import EventKind, TicketEvent
from operations.bulk import Order, carry_out
from operations.tickets import act, edit_on, edit_ticket
from operations.undo import undo_bulk
from operations.write import Refused, writing
from rules.permissions import EVERYTHING
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CLERK, SUPERVISOR = [Role.CLERK], [Role.SUPERVISOR]
REPAIR: dict[str, Any] = {"kind": TicketKind.REPAIR, "severity": Severity.ORDINARY}
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def edit(session: Session, ticket_id: int, hours: float = 1, roles: list[Role] = CLERK, **values: Any) -> None:
    with writing(session):
        edit_ticket(session, ticket_id, values, None, BY, OPENED + hours * HOUR, roles)


def arrive(session: Session, ticket_id: int, hours: float) -> None:
    with writing(session):
        act(session, ticket_id, Action.ARRIVE, BY, CLERK, OPENED + hours * HOUR)


def agreed(session: Session) -> list[dict[str, Any]]:
    found = select(TicketEvent.data).where(TicketEvent.kind == EventKind.AGREED).order_by(TicketEvent.id)
    return [data or {} for data in session.scalars(found)]


def test_a_date_agreed_at_the_intake_is_an_event(session: Session, cast: Cast) -> None:
    report(session, cast, **REPAIR, appointment_at=OPENED + DAY)
    to = (OPENED + DAY).isoformat()
    assert agreed(session) == [{"field": "appointment_at", "from": None, "to": to, "with": "陈静"}]


def test_with_whom_is_who_reported_it(session: Session, cast: Cast) -> None:
    report(session, cast, **REPAIR, appointment_at=OPENED + DAY, contact_name="租客小李")
    assert agreed(session)[0]["with"] == "租客小李"


def test_setting_moving_and_taking_back_a_date_are_events(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    for moment in (OPENED + DAY, OPENED + 2 * DAY, None):
        edit(session, ticket_id, promised_reply_at=moment)
    moments = [(OPENED + days * DAY).isoformat() for days in (1, 2)]
    steps = [(event["from"], event["to"]) for event in agreed(session)]
    assert steps == [(None, moments[0]), (moments[0], moments[1]), (moments[1], None)]


def test_a_date_that_stays_is_no_event(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **REPAIR, appointment_at=OPENED + DAY)
    edit(session, ticket_id, appointment_at=OPENED + DAY, subject="门禁")
    assert len(agreed(session)) == 1


def test_dates_set_on_many_are_an_event_on_each(session: Session, cast: Cast) -> None:
    first, second = (report(session, cast, **MINOR) for _ in range(2))
    with writing(session):
        order = Order(Ticket, BulkAction.SET, {"owner_deadline_at": OPENED + 5 * DAY})
        rows = dict.fromkeys((first, second))
        carry_out(session, order, rows, EVERYTHING, by=BY, roles=CLERK, at=OPENED + HOUR)
    assert [event["field"] for event in agreed(session)] == ["owner_deadline_at"] * 2


def test_an_appointment_that_has_passed_is_moved_by_a_supervisor_only(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **REPAIR, appointment_at=OPENED + 2 * HOUR)
    edit(session, ticket_id, 2, appointment_at=OPENED + 3 * HOUR)
    with pytest.raises(Refused, match="a supervisor or manager may still move it"):
        edit(session, ticket_id, 3.001, appointment_at=OPENED + DAY)
    edit(session, ticket_id, 3.001, SUPERVISOR, appointment_at=OPENED + DAY)
    assert ticket(session, ticket_id).appointment_at == OPENED + DAY


def test_an_appointment_that_was_kept_too_late_is_not_moved_behind_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **REPAIR, appointment_at=OPENED + 2 * HOUR)
    arrive(session, ticket_id, 1.5)
    with pytest.raises(Refused, match="a supervisor or manager may still move it"):
        edit(session, ticket_id, 1.75, appointment_at=OPENED + 3 * HOUR)


def test_a_deadline_of_the_owner_does_not_come_up_once_the_limit_has_passed(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    with pytest.raises(Refused, match="a supervisor or manager may still move it"):
        edit(session, ticket_id, 48.001, owner_deadline_at=OPENED + 9 * DAY)
    edit(session, ticket_id, 48, owner_deadline_at=OPENED + 9 * DAY)


@pytest.mark.parametrize("values", [REPAIR, {"severity": Severity.MINOR}])
def test_what_was_missed_is_not_healed_by_counting_as_something_else(
    session: Session, cast: Cast, values: dict[str, Any]
) -> None:
    ticket_id = report(session, cast, **{**MINOR, "severity": Severity.IMPORTANT})
    with pytest.raises(Refused, match="missed already"):
        edit(session, ticket_id, 24 * 8, **values)
    edit(session, ticket_id, 24 * 8, SUPERVISOR, **values)
    assert ticket(session, ticket_id).severity is values["severity"]


@pytest.mark.parametrize(("hours", "severity"), [(0.5, Severity.MINOR), (24 * 8, Severity.MAJOR)])
def test_a_clerk_corrects_the_class_in_time_and_raises_it_at_any(
    session: Session, cast: Cast, hours: float, severity: Severity
) -> None:
    ticket_id = report(session, cast, **{**MINOR, "severity": Severity.IMPORTANT})
    edit(session, ticket_id, hours, severity=severity)
    assert ticket(session, ticket_id).severity is severity


@pytest.mark.parametrize(("roles", "after"), [(CLERK, HOUR), (SUPERVISOR, DAY)])
def test_what_was_missed_is_not_healed_by_an_undoing(
    session: Session, cast: Cast, roles: list[Role], after: timedelta
) -> None:
    ticket_id = report(session, cast, **REPAIR, appointment_at=OPENED + DAY)
    order = Order(Ticket, BulkAction.SET, {"appointment_at": OPENED + HOUR})
    with writing(session):
        done = carry_out(session, order, {ticket_id: None}, EVERYTHING, by=BY, roles=CLERK, at=OPENED + MINUTE)
    with writing(session):
        undo_bulk(session, done.bulk_id or 0, BY, OPENED + 2 * HOUR, roles=roles)
    assert ticket(session, ticket_id).appointment_at == OPENED + after


def test_a_clerk_does_not_take_back_that_somebody_was_hurt(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR, has_caused_harm=True)
    with pytest.raises(Refused, match="taken back by a supervisor"):
        edit(session, ticket_id, has_caused_harm=False, severity=Severity.MINOR)
    edit(session, ticket_id, 1, SUPERVISOR, has_caused_harm=False)
    assert not ticket(session, ticket_id).has_caused_harm


def test_of_many_those_whose_date_has_passed_are_refused(session: Session, cast: Cast) -> None:
    missed = report(session, cast, **REPAIR, appointment_at=OPENED + 2 * HOUR)
    coming = report(session, cast, **REPAIR, appointment_at=OPENED + DAY)
    with writing(session):
        values = {"appointment_at": OPENED + 3 * DAY}
        outcome = edit_on(session, [missed, coming], values, BY, OPENED + 3 * HOUR, CLERK)
    assert (outcome.done, [row_id for row_id, _ in outcome.refused]) == ([coming], [missed])
