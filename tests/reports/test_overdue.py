from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.account import Role
from models.milestone import MilestoneKind
from models.ticket import Severity, TicketKind, TicketState
from operations.tickets import act
from operations.write import writing
from reports.overdue import (
    Lateness,
    OverdueFilter,
    OverdueRow,
    overdue_count,
    overdue_counts_by_level,
    overdue_ids,
    overdue_page,
)
from rules.permissions import EVERYTHING, NOTHING, Scope
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
MAJOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MAJOR}
URGENT: dict[str, Any] = {"kind": TicketKind.REPAIR, "severity": Severity.URGENT}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def rows(session: Session, now: Any, **narrowed: Any) -> list[OverdueRow]:
    return list(overdue_page(session, now, EVERYTHING, OverdueFilter(**narrowed)).rows)


def found(session: Session, now: Any, **narrowed: Any) -> set[int]:
    return {row.id for row in rows(session, now, **narrowed)}


def resolve(session: Session, ticket_id: int, delay: timedelta) -> None:
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, [Role.CLERK], OPENED + delay)


@pytest.mark.parametrize(("offset", "late"), [(-SECOND, []), (0 * SECOND, []), (SECOND, [1])])
def test_a_ticket_is_overdue_from_the_second_after(
    session: Session, cast: Cast, offset: timedelta, late: list[int]
) -> None:
    report(session, cast)
    assert [row.late_seconds for row in rows(session, OPENED + 4 * HOUR + offset)] == late


def test_a_row_says_all_that_the_list_shows(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, assignee_id=cast.engineer_id, subject="水管漏水", **URGENT)
    assert rows(session, OPENED + 5 * HOUR) == [
        OverdueRow(
            id=ticket_id,
            estate_id=cast.estate_id,
            version=1,
            code="E1-260304-0001",
            subject="水管漏水",
            unit_code="3-2-1501",
            owner_name="陈静",
            kind=TicketKind.REPAIR,
            severity=Severity.URGENT,
            state=TicketState.NEW,
            assignee_name="李工",
            opened_at=OPENED,
            next_due_at=OPENED + HOUR / 2,
            late_seconds=4 * 3600 + 1800,
            level=0,
            milestones=[
                MilestoneKind.ON_SITE,
                MilestoneKind.FIRST_RESPONSE,
                MilestoneKind.PROGRESS_REPLY,
            ],
        )
    ]


def test_a_resolved_ticket_is_not_overdue(session: Session, cast: Cast) -> None:
    resolve(session, report(session, cast), DAY)
    assert rows(session, OPENED + 30 * DAY) == []


def test_a_record_not_handed_in_is_overdue_though_the_complaint_is_resolved(session: Session, cast: Cast) -> None:
    resolve(session, report(session, cast, **MINOR), HOUR / 2)
    (row,) = rows(session, OPENED + 2 * DAY)
    assert (row.state, row.milestones) == (TicketState.RESOLVED, [MilestoneKind.RECORD_HANDED_IN])


def test_a_hand_over_that_was_missed_makes_a_ticket_overdue(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    with writing(session):
        act(session, ticket_id, Action.REPLY, BY, [Role.CLERK], OPENED + HOUR)
    assert found(session, OPENED + 2 * DAY) == set()
    assert found(session, OPENED + 2 * DAY + SECOND) == {ticket_id}


def test_the_most_overdue_comes_first(session: Session, cast: Cast) -> None:
    later, first, last = report(session, cast), report(session, cast, **URGENT), report(session, cast, OPENED + DAY)
    page = overdue_page(session, OPENED + 3 * DAY, EVERYTHING, OverdueFilter())
    assert [row.id for row in page.rows] == [first, later, last]
    assert page.after is None


def test_pages_follow_each_other_without_gap_or_repetition(session: Session, cast: Cast) -> None:
    ticket_ids = [report(session, cast) for _ in range(5)]  # all due at the same second
    now = OPENED + DAY
    first = overdue_page(session, now, EVERYTHING, OverdueFilter(), size=2)
    second = overdue_page(session, now, EVERYTHING, OverdueFilter(), first.after, size=2)
    third = overdue_page(session, now, EVERYTHING, OverdueFilter(), second.after, size=2)
    assert [row.id for page in (first, second, third) for row in page.rows] == ticket_ids
    assert third.after is None


@pytest.mark.parametrize(
    ("delay", "bucket"),
    [
        (2 * DAY - SECOND, Lateness.UNDER_TWO_DAYS),
        (2 * DAY, Lateness.TWO_TO_SEVEN_DAYS),
        (7 * DAY, Lateness.TWO_TO_SEVEN_DAYS),
        (7 * DAY + SECOND, Lateness.OVER_SEVEN_DAYS),
    ],
)
@pytest.mark.parametrize("asked", list(Lateness))
def test_lateness_falls_into_one_of_three_spans(
    session: Session, cast: Cast, delay: timedelta, bucket: Lateness, asked: Lateness
) -> None:
    report(session, cast)
    assert bool(rows(session, OPENED + 4 * HOUR + delay, lateness=asked)) is (asked is bucket)


def test_the_list_is_narrowed_by_each_of_its_filters(session: Session, cast: Cast) -> None:
    other = settle(session, "E2")
    now = OPENED + 3 * DAY
    question = report(session, cast)
    repair = report(session, cast, unit_id=None, estate_id=cast.estate_id, assignee_id=cast.engineer_id, **URGENT)
    complaint = report(session, other, **MAJOR)
    assert found(session, now) == {question, repair, complaint}
    assert found(session, now, estate_ids=[other.estate_id]) == {complaint}
    assert found(session, now, building_id=cast.building_id) == {question}
    assert found(session, now, kinds=[TicketKind.REPAIR, TicketKind.COMPLAINT]) == {repair, complaint}
    assert found(session, now, severities=[Severity.URGENT]) == {repair}
    assert found(session, now, assignee_id=cast.engineer_id) == {repair}
    assert found(session, now, level=3) == {complaint}
    assert found(session, now, level=1) == {question, repair}
    assert found(session, now, milestone=MilestoneKind.ON_SITE) == {repair, complaint}
    assert found(session, now, milestone=MilestoneKind.RESOLUTION) == set()


def test_the_level_is_the_highest_step_due_by_now_swept_or_not(session: Session, cast: Cast) -> None:
    report(session, cast)
    nows = [OPENED + 2 * DAY - SECOND, OPENED + 2 * DAY, OPENED + 7 * DAY]
    assert [rows(session, now)[0].level for now in nows] == [0, 1, 2]


def test_the_counts_add_up_to_the_list(session: Session, cast: Cast) -> None:
    report(session, cast, OPENED)
    report(session, cast, OPENED + 2 * DAY)
    report(session, cast, OPENED + 2 * DAY, **MAJOR)
    now = OPENED + 3 * DAY
    assert overdue_counts_by_level(session, now, EVERYTHING) == {0: 1, 1: 1, 3: 1}
    assert overdue_count(session, now, EVERYTHING) == len(overdue_ids(session, now, EVERYTHING, OverdueFilter())) == 3
    assert overdue_count(session, now, EVERYTHING, OverdueFilter(level=3)) == 1


def test_nobody_sees_beyond_his_scope(session: Session, cast: Cast) -> None:
    other = settle(session, "E2")
    own, theirs = report(session, cast), report(session, other)
    now = OPENED + DAY
    assert overdue_ids(session, now, Scope(frozenset({cast.estate_id})), OverdueFilter()) == [own]
    assert overdue_ids(session, now, EVERYTHING, OverdueFilter()) == [own, theirs]
    assert overdue_count(session, now, NOTHING) == 0


def test_a_page_takes_two_statements_whatever_its_size(session: Session, cast: Cast) -> None:
    counted: list[str] = []

    def count(*arguments: Any) -> None:
        counted.append(arguments[2])

    reported = [report(session, cast) for _ in range(5)]
    event.listen(session.get_bind(), "before_cursor_execute", count)
    page = overdue_page(session, OPENED + DAY, EVERYTHING, OverdueFilter())
    event.remove(session.get_bind(), "before_cursor_execute", count)
    assert [row.id for row in page.rows] == reported
    assert len([statement for statement in counted if statement.startswith("SELECT")]) == 2
    assert all(former.next_due_at <= latter.next_due_at for former, latter in pairwise(page.rows))
