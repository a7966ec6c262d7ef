from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from models.history import History
from models.milestone import LadderStep, Milestone
from models.milestone import MilestoneKind as M
from models.ticket import Severity, Ticket, TicketKind, TicketState, Validity
from models.ticket_event import EventKind, TicketEvent
from operations import due_times
from operations.write import Insert, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle, ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return settle(session)


def milestones(session: Session, ticket_id: int) -> dict[tuple[M, int], Milestone]:
    rows = session.scalars(select(Milestone).where(Milestone.ticket_id == ticket_id))
    return {(row.kind, row.round): row for row in rows}


def ladder(session: Session, ticket_id: int) -> Sequence[tuple[int, datetime, bool]]:
    rows = session.scalars(select(LadderStep).where(LadderStep.ticket_id == ticket_id).order_by(LadderStep.level))
    return [(row.level, row.due_at, row.is_open) for row in rows]


def change(session: Session, ticket_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(Ticket, ticket_id, values)], by=BY, at=OPENED)


def happen(session: Session, cast: Cast, ticket_id: int, kind: EventKind, at: datetime, **others: Any) -> None:
    values = {"ticket_id": ticket_id, "estate_id": cast.estate_id, "kind": kind, "at": at, **others}
    with writing(session):
        write(session, [Insert(TicketEvent, values)], by=BY, at=at)


def record(session: Session, ticket_id: int, level: int, at: datetime) -> None:
    of_level = (LadderStep.ticket_id == ticket_id) & (LadderStep.level == level)
    session.execute(update(LadderStep).where(of_level).values(recorded_at=at))
    session.commit()


def test_a_new_ticket_has_its_milestones_and_steps(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    assert milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].due_at == OPENED + 4 * HOUR
    assert ladder(session, ticket_id) == [(1, OPENED + 2 * DAY, True), (2, OPENED + 7 * DAY, True)]


def test_the_ticket_keeps_the_earliest_moment_still_owed(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    assert ticket(session, ticket_id).next_due_at == OPENED + 4 * HOUR
    happen(session, cast, ticket_id, EventKind.REPLIED, OPENED + HOUR)
    assert ticket(session, ticket_id).next_due_at == OPENED + 2 * DAY


def test_a_ticket_that_owes_nothing_has_no_next_moment(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    change(session, ticket_id, state=TicketState.RESOLVED, resolved_at=OPENED + HOUR)
    assert ticket(session, ticket_id).next_due_at is None


def test_an_event_does_its_milestone(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    happen(session, cast, ticket_id, EventKind.RESPONDED, OPENED + HOUR)
    response = milestones(session, ticket_id)[M.FIRST_RESPONSE, 0]
    assert (response.done_at, response.is_open) == (OPENED + HOUR, False)


def test_every_edit_that_moves_a_date_moves_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    change(session, ticket_id, owner_deadline_at=OPENED + DAY)
    assert milestones(session, ticket_id)[M.RESOLUTION, 0].due_at == OPENED + DAY
    assert ladder(session, ticket_id)[0] == (1, OPENED + DAY, True)


def test_what_no_longer_fits_goes_and_what_fits_now_comes(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    change(session, ticket_id, kind=TicketKind.HELP, severity=None)
    kinds = {kind for kind, _ in milestones(session, ticket_id)}
    assert kinds == {M.FIRST_RESPONSE, M.PROGRESS_REPLY, M.HAND_OVER_SUPERVISOR, M.HAND_OVER_MANAGER}


def test_a_reclassification_starts_its_clocks_at_its_moment(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    minor = {"kind": "complaint", "category": None, "severity": "minor"}
    happen(session, cast, ticket_id, EventKind.RECLASSIFIED, OPENED + DAY, data={"from": minor})
    found = milestones(session, ticket_id)
    assert found[M.RESOLUTION, 0].due_at == OPENED + 11 * DAY
    assert found[M.ON_SITE, 0].started_at == OPENED


def test_derived_rows_leave_no_history_and_no_version(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    assert ticket(session, ticket_id).version == 1
    assert "milestones" not in set(session.scalars(select(History.entity)))


def test_computing_again_changes_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    before = [(row.id, row.due_at) for row in milestones(session, ticket_id).values()]
    with writing(session):
        due_times.recompute(session, [ticket_id])
    assert [(row.id, row.due_at) for row in milestones(session, ticket_id).values()] == before


def test_a_ticket_without_a_standard_set_owes_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    change(session, ticket_id, standard_set_id=None)
    assert milestones(session, ticket_id) == {}
    assert ladder(session, ticket_id) == []
    assert ticket(session, ticket_id).next_due_at is None


def test_a_recorded_step_stays_though_the_rules_no_longer_have_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    record(session, ticket_id, 3, OPENED + HOUR)
    change(session, ticket_id, severity=Severity.MINOR)
    assert ladder(session, ticket_id) == [
        (1, OPENED + 2 * DAY, True),
        (2, OPENED + 7 * DAY, True),
        (3, OPENED, False),
    ]


def test_a_recorded_step_keeps_its_moment(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.IMPORTANT)
    record(session, ticket_id, 1, OPENED + HOUR)
    change(session, ticket_id, severity=Severity.MINOR)
    assert ladder(session, ticket_id)[0] == (1, OPENED, True)


def test_a_month_counts_once_the_complaint_is_found_valid(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    assert [level for level, _, _ in ladder(session, ticket_id)] == [1, 2]
    change(session, ticket_id, validity=Validity.VALID)
    assert [level for level, _, _ in ladder(session, ticket_id)] == [1, 2, 3]


def test_steps_not_reached_before_the_resolution_come_back_with_a_reopening(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    change(session, ticket_id, state=TicketState.RESOLVED, resolved_at=OPENED + 3 * DAY)
    assert ladder(session, ticket_id) == [(1, OPENED + 2 * DAY, False)]
    change(session, ticket_id, state=TicketState.REOPENED, resolved_at=None)
    assert ladder(session, ticket_id) == [(1, OPENED + 2 * DAY, True), (2, OPENED + 7 * DAY, True)]


def statements(session: Session, ticket_ids: Sequence[int]) -> int:
    counted: list[str] = []

    def count(*arguments: Any) -> None:
        counted.append(arguments[2])

    event.listen(session.get_bind(), "before_cursor_execute", count)
    with writing(session):
        due_times.recompute(session, ticket_ids)
    event.remove(session.get_bind(), "before_cursor_execute", count)
    return len(counted)


def test_a_set_takes_as_many_statements_as_one(session: Session, cast: Cast) -> None:
    ticket_ids = [report(session, cast) for _ in range(5)]
    assert statements(session, ticket_ids) == statements(session, ticket_ids[:1]) <= 8
