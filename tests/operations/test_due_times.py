from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.calendar import ServiceWindow, Weekday
from models.history import History
from models.milestone import Clock, EarlyWarning, LadderStep, LimitUnit, Milestone
from models.milestone import MilestoneKind as M
from models.pause import Pause, PauseReason, TellingChannel
from models.standard import LadderRule, StandardRule
from models.ticket import Severity, Ticket, TicketKind, TicketState, Validity
from models.ticket_event import EventKind, TicketEvent
from operations import due_times
from operations.accounts import create_account
from operations.standards import succeed
from operations.write import Insert, Update, write, writing
from reports.explanation import explain
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket
from tests.infrastructure.hours import keep_hours

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


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


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_a_limit_that_the_hours_never_come_to_is_never_due(
    session: Session, cast: Cast, model: type[StandardRule | LadderRule]
) -> None:
    keep_hours(session, cast.estate_id)
    session.execute(delete(ServiceWindow).where(ServiceWindow.weekday != Weekday.MONDAY))
    session.execute(delete(ServiceWindow).where(ServiceWindow.opens != "09:00"))
    session.execute(update(ServiceWindow).values(closes="09:01"))
    endless = {"value": 9999, "unit": LimitUnit.HOURS, "clock": Clock.SERVICE}
    session.execute(update(model).where(model.value.is_not(None)).values(endless))
    session.commit()
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    found = explain(session, ticket(session, ticket_id), OPENED + DAY)
    dates = [each.due_at for each in found.milestones if each.value == 9999]
    assert {*dates, *(each.due_at for each in found.steps if each.value == 9999)} <= {None}


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


def warnings(session: Session, ticket_id: int) -> list[tuple[M | None, datetime, bool]]:
    rows = session.scalars(
        select(EarlyWarning).where(EarlyWarning.ticket_id == ticket_id).order_by(EarlyWarning.due_at)
    )
    return [(row.milestone, row.due_at, row.is_open) for row in rows]


EARLY = OPENED + 2 * DAY - 4 * HOUR  # the supervisor is to be handed what is open for two days


def test_a_new_ticket_has_its_warnings(session: Session, cast: Cast) -> None:
    assert warnings(session, report(session, cast)) == [
        (M.HAND_OVER_SUPERVISOR, EARLY, True),
        (M.HAND_OVER_MANAGER, OPENED + 6 * DAY, True),
    ]


def test_a_warning_goes_with_what_it_warned_of(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    happen(session, cast, ticket_id, EventKind.HANDED_SUPERVISOR, OPENED + HOUR)
    assert warnings(session, ticket_id) == [(M.HAND_OVER_MANAGER, OPENED + 6 * DAY, True)]
    change(session, ticket_id, state=TicketState.RESOLVED, resolved_at=OPENED + 2 * HOUR)
    assert warnings(session, ticket_id) == []


def test_a_warning_that_was_recorded_stays_as_it_was(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    session.execute(update(EarlyWarning).where(EarlyWarning.due_at == EARLY).values(recorded_at=EARLY))
    session.commit()
    change(session, ticket_id, state=TicketState.RESOLVED, resolved_at=OPENED + 2 * DAY)
    assert warnings(session, ticket_id) == [(M.HAND_OVER_SUPERVISOR, EARLY, False)]


def test_a_milestone_says_who_did_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    account_id = write_account(session)
    happen(session, cast, ticket_id, EventKind.RESPONDED, OPENED + HOUR, account_id=account_id)
    assert milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].done_by_id == account_id


def write_account(session: Session) -> int:
    values = {"email": "wang@example.test", "name": "王"}
    with writing(session):
        return create_account(session, values, "hash", roles=[Role.HQ], by=BY, at=OPENED)


def test_a_reclassification_that_time_brought_about_counts_from_its_moment(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    data = {"from": {"kind": "complaint", "category": None, "severity": "minor"}, "since": (OPENED + DAY).isoformat()}
    happen(session, cast, ticket_id, EventKind.RECLASSIFIED, OPENED + 3 * DAY, data=data)
    assert milestones(session, ticket_id)[M.RESOLUTION, 0].due_at == OPENED + 11 * DAY


def pause(session: Session, cast: Cast, ticket_id: int, first: datetime, last: datetime | None) -> None:
    told = {"starts_at": first, "told_at": first, "told_channel": TellingChannel.PHONE, "ended_at": last}
    waiting = {"ticket_id": ticket_id, "estate_id": cast.estate_id, "requested_at": first}
    event = {"ticket_id": ticket_id, "estate_id": cast.estate_id, "kind": EventKind.WAITING, "at": first}
    changes = [Insert(TicketEvent, event), Insert(Pause, {**waiting, "reason": PauseReason.PARTS, **told})]
    with writing(session):
        write(session, changes, by=BY, at=first)


def test_a_pause_moves_the_dates_and_the_milestone_says_by_how_much(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    pause(session, cast, ticket_id, OPENED + HOUR, OPENED + 3 * HOUR)
    found = milestones(session, ticket_id)
    reply, response = found[M.PROGRESS_REPLY, 0], found[M.FIRST_RESPONSE, 0]
    assert (reply.due_at, reply.paused_seconds) == (OPENED + 6 * HOUR, 7200)
    assert (response.due_at, response.paused_seconds) == (OPENED + 4 * HOUR, 0)
    assert ladder(session, ticket_id)[0] == (1, OPENED + 2 * DAY + 2 * HOUR, True)


def test_a_pause_that_goes_on_moves_the_dates_as_far_as_it_ever_may(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    pause(session, cast, ticket_id, OPENED + HOUR, None)
    due_at = milestones(session, ticket_id)[M.PROGRESS_REPLY, 0].due_at
    assert due_at == OPENED + (4 + 24) * HOUR  # the longest pause that nobody has to allow


def test_a_ticket_goes_over_to_the_standards_of_another_day(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    week = OPENED.date() + timedelta(days=7)
    rule_id = milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].rule_id
    assert rule_id is not None
    with writing(session):
        succeed(session, StandardRule, rule_id, {"value": 8}, week, by=BY, at=OPENED)
    assert milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].due_at == OPENED + 4 * HOUR
    change(session, ticket_id, standards_on=week)
    assert milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].due_at == OPENED + 8 * HOUR


def spoil(session: Session) -> None:
    """Due times that nobody computed: seen again only if nobody has computed them anew."""
    session.execute(update(Milestone).values(due_at=OPENED))
    session.commit()


@pytest.mark.parametrize(
    ("values", "is_computed"),
    [
        ({"subject": "另问"}, False),
        ({"description": "详情", "contact_name": "李"}, False),
        ({"is_under_warranty": True}, False),
        ({"kind": TicketKind.HELP}, True),
        ({"state": TicketState.IN_PROGRESS}, True),
        ({"appointment_at": OPENED + DAY}, True),
    ],
    ids=str,
)
def test_dates_are_computed_again_only_where_they_hang_on_what_changed(
    session: Session, cast: Cast, values: dict[str, Any], is_computed: bool
) -> None:
    ticket_id = report(session, cast)
    spoil(session)
    change(session, ticket_id, **values)
    assert (milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].due_at != OPENED) is is_computed


@pytest.mark.parametrize(
    ("kind", "is_computed"),
    [(EventKind.NOTED, False), (EventKind.ASSIGNED, False), (EventKind.URGED, False), (EventKind.REPLIED, True)],
)
def test_an_event_that_does_nothing_moves_nothing(
    session: Session, cast: Cast, kind: EventKind, is_computed: bool
) -> None:
    ticket_id = report(session, cast)
    spoil(session)
    happen(session, cast, ticket_id, kind, OPENED + HOUR)
    assert (milestones(session, ticket_id)[M.FIRST_RESPONSE, 0].due_at != OPENED) is is_computed


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
    assert statements(session, ticket_ids) == statements(session, ticket_ids[:1]) <= 9
