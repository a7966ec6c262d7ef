from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Role
from models.milestone import LimitUnit, MilestoneKind
from models.standard import StandardRule
from models.ticket import Severity, TicketKind
from operations.sweep import sweep
from operations.tickets import act, edit_ticket
from operations.write import writing
from reports.explanation import Clause, Explanation, MilestoneReason, explain
from rules.deadlines import Basis
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def explained(session: Session, ticket_id: int, after: timedelta = HOUR) -> Explanation:
    return explain(session, ticket(session, ticket_id), OPENED + after)


def reason(explanation: Explanation, kind: MilestoneKind, number: int = 0) -> MilestoneReason:
    return next(each for each in explanation.milestones if (each.kind, each.round) == (kind, number))


def do(session: Session, ticket_id: int, action: Action, after: timedelta, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, [Role.MANAGER], OPENED + after, **others)


def test_a_date_names_its_start_its_limit_and_its_clause(session: Session, cast: Cast) -> None:
    found = reason(explained(session, report(session, cast, **MINOR)), MilestoneKind.RESOLUTION)
    assert (found.started_at, found.limit, found.due_at) == (OPENED, "2 days", OPENED + 2 * DAY)
    assert (found.value, found.unit, found.basis) == (2, LimitUnit.DAYS, Basis.LIMIT)
    assert found.clause == Clause(
        "默认标准",
        "default/complaint-minor-resolution",
        "S3 第5篇 5.2.3",
        "2天内或在住户要求的期限内处理完毕",
        is_ours=False,
        valid_from=date(2020, 1, 1),
    )


def test_a_date_of_the_owners_own_is_named_as_such(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, owner_deadline_at=OPENED + DAY, **MINOR)
    found = reason(explained(session, ticket_id), MilestoneKind.RESOLUTION)
    assert (found.due_at, found.basis) == (OPENED + DAY, Basis.OWNER_DEADLINE)


@pytest.mark.parametrize(("after", "late"), [(HOUR, 0), (HOUR + timedelta(seconds=1), 1), (3 * HOUR, 2 * 3600)])
def test_what_is_still_owed_is_late_up_to_now(session: Session, cast: Cast, after: timedelta, late: int) -> None:
    found = explained(session, report(session, cast, **MINOR), after)
    assert reason(found, MilestoneKind.ON_SITE).late_seconds == late


def test_what_was_done_late_stays_as_late_as_it_was(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    do(session, ticket_id, Action.ARRIVE, 2 * HOUR)
    found = reason(explained(session, ticket_id, 9 * DAY), MilestoneKind.ON_SITE)
    assert (found.done_at, found.late_seconds) == (OPENED + 2 * HOUR, 3600)


def test_what_was_never_done_is_late_up_to_the_closing(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    do(session, ticket_id, Action.CLOSE_UNRESOLVED, 3 * HOUR, reason="非物业范围")
    found = reason(explained(session, ticket_id, 9 * DAY), MilestoneKind.ON_SITE)
    assert (found.done_at, found.is_open, found.late_seconds) == (None, False, 2 * 3600)


def test_what_is_still_to_be_agreed_is_not_late(session: Session, cast: Cast) -> None:
    found = reason(explained(session, report(session, cast, **MINOR), 9 * DAY), MilestoneKind.PROMISED_REPLY)
    assert (found.due_at, found.limit, found.late_seconds, found.basis) == (None, "as agreed", 0, Basis.AGREED)


def test_what_is_owed_comes_first_by_its_date(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    do(session, ticket_id, Action.ARRIVE, HOUR)
    assert [each.kind for each in explained(session, ticket_id).milestones] == [
        MilestoneKind.PROGRESS_REPLY,
        MilestoneKind.RESOLUTION,
        MilestoneKind.PROMISED_REPLY,
        MilestoneKind.ON_SITE,
    ]


def test_the_ladder_names_each_step_with_its_clause(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    sweep(session, OPENED + 3 * DAY, BY)
    first, second = explained(session, ticket_id, 3 * DAY).steps
    assert (first.level, first.limit, first.due_at) == (1, "2 days", OPENED + 2 * DAY)
    assert (first.recorded_at, first.is_reached, first.clause.source) == (OPENED + 3 * DAY, True, "S3 第5篇 5.2.3")
    assert (second.limit, second.is_reached, second.clause.is_ours) == ("1 week", False, True)


def test_a_step_that_was_recorded_is_still_explained_after_a_reclassification(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MAJOR)
    sweep(session, OPENED + HOUR, BY)
    with writing(session):
        edit_ticket(session, ticket_id, {"severity": Severity.MINOR}, None, BY, OPENED + DAY)
    third = explained(session, ticket_id, 2 * DAY).steps[2]
    assert (third.level, third.is_open, third.clause.source) == (3, False, "S3 第5篇 5.2.1")


def test_the_next_date_is_the_first_one_owed(session: Session, cast: Cast) -> None:
    found = explained(session, report(session, cast, **MINOR))
    assert found.next_due_at == found.milestones[0].due_at == OPENED + HOUR
    assert (found.code, found.time_zone) == ("E1-260304-0001", "Asia/Shanghai")


def test_a_date_keeps_the_limit_that_it_was_promised_by(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    session.execute(update(StandardRule).where(StandardRule.value.is_not(None)).values(value=99))
    session.commit()
    found = reason(explained(session, ticket_id), MilestoneKind.RESOLUTION)
    assert (found.limit, found.value, found.unit) == ("2 days", 2, LimitUnit.DAYS)


def test_what_a_resolution_makes_pointless_is_not_called_done(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    do(session, ticket_id, Action.REPLY, HOUR)
    do(session, ticket_id, Action.RESOLVE, 2 * HOUR)
    found = explained(session, ticket_id, 3 * HOUR)
    covered = {each.kind for each in found.milestones if each.is_by_resolution}
    assert covered == {MilestoneKind.HAND_OVER_SUPERVISOR, MilestoneKind.HAND_OVER_MANAGER}
