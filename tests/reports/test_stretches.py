from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Role
from models.milestone import Clock, LimitUnit, Milestone, MilestoneKind
from models.pause import PauseReason, TellingChannel
from models.ticket import Severity, TicketKind
from operations.tickets import act, edit_ticket, open_ticket
from operations.write import writing
from reports.explanation import Explanation, MilestoneReason, explain
from reports.stretches import Begin
from rules.clocks import Cause
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket
from tests.infrastructure.hours import keep_hours, set_rule

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
RESOLUTION = "default/complaint-minor-resolution"
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    keep_hours(session, standing.estate_id)
    return standing


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def explained(session: Session, ticket_id: int, moment: datetime = OPENED + HOUR) -> Explanation:
    return explain(session, ticket(session, ticket_id), moment)


def resolution(session: Session, ticket_id: int, number: int = 0, moment: datetime = OPENED + HOUR) -> MilestoneReason:
    kind = MilestoneKind.RESOLUTION
    found = explained(session, ticket_id, moment).milestones
    return next(each for each in found if (each.kind, each.round) == (kind, number))


def ways(reason: MilestoneReason) -> list[tuple[str, str, Cause, int]]:
    """From, to, cause, and the hours counted."""
    return [(local(each.start), local(each.end), each.cause, each.counted_seconds // 3600) for each in reason.ways]


def local(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def do(session: Session, ticket_id: int, action: Action, moment: datetime, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, [Role.MANAGER], moment, **others)


def wait(session: Session, ticket_id: int, moment: datetime, told: bool = True, hours: int = 4) -> None:
    proof = {"told_at": moment, "told_channel": TellingChannel.PHONE, "expected_until": moment + hours * HOUR}
    said = {"pause_reason": PauseReason.PARTS, **(proof if told else {})}
    do(session, ticket_id, Action.WAIT, moment, said=said)


def test_a_limit_in_service_hours_shows_what_counted_and_what_was_closed(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=8, unit=LimitUnit.HOURS, clock=Clock.SERVICE)
    found = resolution(session, report(session, cast, **MINOR))
    assert ways(found) == [
        ("03-04 09:00", "03-04 12:00", Cause.COUNTED, 3),
        ("03-04 12:00", "03-04 14:30", Cause.BREAK, 0),
        ("03-04 14:30", "03-04 17:30", Cause.COUNTED, 3),
        ("03-04 17:30", "03-05 09:00", Cause.NIGHT, 0),
        ("03-05 09:00", "03-05 11:00", Cause.COUNTED, 2),
    ]
    assert (found.due_at, found.clock, found.reckoned_at) == (at("03-05T11:00"), Clock.SERVICE, None)


def test_a_weekend_and_a_holiday_by_its_name_are_stretches(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=3, unit=LimitUnit.WORKING_DAYS)
    found = resolution(session, report(session, cast, at("04-02T10:00"), **MINOR), moment=at("04-02T11:00"))
    named = [(each.cause, each.name, each.first, each.last) for each in found.ways]
    assert named[0] == (Cause.WORKING_DAY, "", 1, 1)
    assert named[-1] == (Cause.WORKING_DAY, "", 2, 3)
    assert [name for cause, name, _, _ in named if cause is Cause.HOLIDAY] == ["清明"]
    assert (found.ways[-1].end, found.ways[-1].of) == (found.due_at, 3)


def test_days_in_a_row_are_one_line(session: Session, cast: Cast) -> None:
    found = resolution(session, report(session, cast, **MINOR))
    assert [(each.cause, each.first, each.last, each.of) for each in found.ways] == [(Cause.DAY, 1, 2, 2)]


def test_a_pause_with_proof_is_a_stretch_with_its_reason(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=8, unit=LimitUnit.HOURS, clock=Clock.SERVICE)
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, at("03-04T10:00"))
    do(session, ticket_id, Action.RESUME, at("03-04T11:00"))
    found = resolution(session, ticket_id, moment=at("03-04T12:00"))
    assert ways(found)[:3] == [
        ("03-04 09:00", "03-04 10:00", Cause.COUNTED, 1),
        ("03-04 10:00", "03-04 11:00", Cause.PAUSE, 0),
        ("03-04 11:00", "03-04 12:00", Cause.COUNTED, 1),
    ]
    pause = found.ways[1].wait
    assert pause is not None
    assert (pause.reason, pause.told_channel) == (PauseReason.PARTS, TellingChannel.PHONE)
    assert (found.due_at, found.paused_seconds, found.reckoned_at) == (at("03-05T12:00"), 3600, None)


def test_a_pause_in_a_limit_of_days_is_added_after_them(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, at("03-04T10:00"))
    do(session, ticket_id, Action.RESUME, at("03-04T13:00"))
    found = resolution(session, ticket_id, moment=at("03-04T14:00"))
    assert [each.cause for each in found.ways] == [Cause.DAY, Cause.ADDED]
    assert found.due_at == found.ways[-1].end == OPENED + 2 * DAY + 3 * HOUR
    assert [(each.counts_from, each.counts_until) for each in found.waits] == [(at("03-04T10:00"), at("03-04T13:00"))]


def test_a_wait_without_proof_is_named_and_counts_for_nothing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, at("03-04T10:00"), told=False)
    found = resolution(session, ticket_id, moment=at("03-04T14:00"))
    assert [(each.told_at, each.counts_from) for each in found.waits] == [(None, None)]
    assert (found.due_at, found.paused_seconds) == (OPENED + 2 * DAY, 0)


def test_a_reopening_and_a_reclassification_start_their_clocks(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    assert resolution(session, ticket_id).begin is Begin.OPENING
    with writing(session):
        edit_ticket(session, ticket_id, {"severity": Severity.IMPORTANT}, None, BY, OPENED + HOUR)
    found = resolution(session, ticket_id)
    assert (found.begin, found.started_at) == (Begin.RECLASSIFICATION, OPENED + HOUR)
    with writing(session):
        edit_ticket(session, ticket_id, {"severity": Severity.MINOR}, None, BY, OPENED + 2 * HOUR)
    do(session, ticket_id, Action.RESOLVE, OPENED + 3 * HOUR)
    do(session, ticket_id, Action.REOPEN, OPENED + 4 * HOUR)
    again = resolution(session, ticket_id, 1)
    assert (again.begin, again.started_at) == (Begin.REOPENING, OPENED + 4 * HOUR)
    record = next(each for each in explained(session, ticket_id).milestones if each.begin is Begin.RESOLUTION)
    assert (record.kind, record.started_at) == (MilestoneKind.RECORD_HANDED_IN, OPENED + 3 * HOUR)


def test_a_report_that_was_entered_later_says_so(session: Session, cast: Cast) -> None:
    values = {"unit_id": cast.unit_id, "owner_id": cast.owner_id, "subject": "夜里漏水", **MINOR}
    with writing(session):
        ticket_id = open_ticket(session, values, BY, OPENED + 3 * HOUR, came_at=OPENED)
    found = explained(session, ticket_id)
    assert (found.opened_at, found.entered_at) == (OPENED, OPENED + 3 * HOUR)


def test_a_date_past_the_known_calendar_is_provisional(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=5, unit=LimitUnit.WORKING_DAYS)
    opened = at("12-28T10:00")
    ticket_id = report(session, cast, opened.replace(year=2030), **MINOR)
    found = explained(session, ticket_id, opened.replace(year=2030))
    assert found.covered_until is not None
    assert found.covered_until.year < 2030
    due = next(each for each in found.milestones if each.kind is MilestoneKind.RESOLUTION)
    assert due.is_provisional


def test_an_agreed_date_names_who_agreed_and_when(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    with writing(session):
        edit_ticket(session, ticket_id, {"owner_deadline_at": OPENED + DAY}, None, BY, OPENED + HOUR)
    found = resolution(session, ticket_id)
    assert found.agreement is not None
    assert (found.agreement.date, found.agreement.at) == (OPENED + DAY, OPENED + HOUR)
    assert (found.agreement.with_whom, found.ways) == ("陈静", [])


@pytest.mark.parametrize(
    ("done", "late", "seconds"),
    [
        (at("03-05T11:00"), False, 0),
        (at("03-05T16:00"), True, int(2.5 * 3600)),  # one hour before the break, one and a half after it
        (at("03-06T08:00"), True, 4 * 3600),
    ],
)
def test_lateness_is_counted_on_the_clock_of_the_limit(
    session: Session, cast: Cast, done: datetime, late: bool, seconds: int
) -> None:
    set_rule(session, RESOLUTION, value=8, unit=LimitUnit.HOURS, clock=Clock.SERVICE)
    ticket_id = report(session, cast, **MINOR)
    do(session, ticket_id, Action.RESOLVE, done)
    found = resolution(session, ticket_id, moment=done)
    assert (found.is_late, found.late_seconds) == (late, seconds)


def test_what_was_late_only_outside_the_hours_is_late_all_the_same(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=6, unit=LimitUnit.HOURS, clock=Clock.SERVICE)  # until closing time
    ticket_id = report(session, cast, **MINOR)
    do(session, ticket_id, Action.RESOLVE, at("03-04T20:00"))
    found = resolution(session, ticket_id)
    assert (found.due_at, found.is_late, found.late_seconds) == (at("03-04T17:30"), True, 0)


def test_a_stored_date_stands_and_the_other_reckoning_is_told(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    where = (Milestone.ticket_id == ticket_id, Milestone.kind == MilestoneKind.RESOLUTION)
    session.execute(update(Milestone).where(*where).values(due_at=OPENED + 9 * DAY))
    session.commit()
    found = resolution(session, ticket_id)
    assert (found.due_at, found.reckoned_at) == (OPENED + 9 * DAY, OPENED + 2 * DAY)


def test_a_step_and_a_warning_show_their_way(session: Session, cast: Cast) -> None:
    found = explained(session, report(session, cast, **MINOR))
    first = found.steps[0]
    assert (first.begin, first.started_at, first.ways[-1].end) == (Begin.OPENING, OPENED, first.due_at)
    warning = found.warnings[0]
    assert (warning.begin, warning.milestone) == (Begin.DUE_TIME, MilestoneKind.RESOLUTION)
    assert (warning.started_at, warning.ways[0].start) == (OPENED + 2 * DAY, warning.due_at)
    assert {each.reckoned_at for each in (*found.steps, *found.warnings)} == {None}
