from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.faults import Fault
from models.history import History
from models.notification import Notification
from models.review import Review, ReviewKind
from operations.reviews import Signer, period_of, sign
from operations.sweep import sweep
from operations.write import writing
from rules.reviews import Period
from tests.infrastructure.people import AT, BY, OTHER, Cast
from views.database import db

DAILY, WEEKLY = ReviewKind.DAILY, ReviewKind.WEEKLY
THE_DAY = AT.date()  # on which the cast's ticket came, at 9 in the morning of the estate
IN_TIME = AT + timedelta(days=1)
SECOND = timedelta(seconds=1)


def asked(session: Session, cast: Cast, kind: ReviewKind = DAILY, on: date = THE_DAY) -> Period:
    found = period_of(session, cast.id_of("estates"), kind, on)
    assert found is not None
    return found


def signer(cast: Cast, role: Role = Role.SUPERVISOR) -> Signer:
    return Signer(cast.accounts[role], {role}, {cast.id_of("estates")})


def signed(
    session: Session, cast: Cast, period: Period, who: Signer, at: datetime, remark: str | None = None
) -> Review:
    with writing(session):
        row_id = sign(session, cast.id_of("estates"), period, remark, who, at)
    return session.get_one(Review, row_id)


def test_a_sign_off_keeps_who_when_and_the_figures_as_they_stood(session: Session, cast: Cast) -> None:
    period = asked(session, cast)
    found = signed(session, cast, period, signer(cast), IN_TIME, "两起投诉已约业主")
    assert (found.signed_by_id, found.signed_at, found.remark) == (
        cast.accounts[Role.SUPERVISOR],
        IN_TIME,
        "两起投诉已约业主",
    )
    assert (found.taken_in, found.resolved, found.open_complaints, found.overdue, found.unassigned) == (2, 0, 0, 0, 1)
    kept = session.scalars(select(History.account_id).where(History.entity == "reviews", History.row_id == found.id))
    assert list(kept) == [cast.accounts[Role.SUPERVISOR]]


@pytest.mark.parametrize(("after", "late"), [(timedelta(), False), (SECOND, True)])
def test_a_sign_off_after_its_due_moment_is_marked_late(
    session: Session, cast: Cast, after: timedelta, late: bool
) -> None:
    period = asked(session, cast)
    assert signed(session, cast, period, signer(cast), period.due_at + after).is_late is late


def test_a_manager_signs_the_week(session: Session, cast: Cast) -> None:
    period = asked(session, cast, WEEKLY, date(2026, 3, 2))
    assert signed(session, cast, period, signer(cast, Role.MANAGER), period.ends_at).kind is WEEKLY


def test_signing_twice_is_refused_with_who_did_it(session: Session, cast: Cast) -> None:
    period = asked(session, cast)
    signed(session, cast, period, signer(cast), IN_TIME)
    with pytest.raises(Fault, match="supervisor of the cast has signed this review already, on 2026-03-05 09:00"):
        signed(session, cast, period, signer(cast), IN_TIME + SECOND)


def test_who_serves_another_estate_does_not_sign(session: Session, cast: Cast) -> None:
    stranger = Signer(cast.accounts[Role.SUPERVISOR], {Role.SUPERVISOR}, {cast.id_of("estates", OTHER)})
    with pytest.raises(Fault, match="signed by the estate's Supervisor"):
        signed(session, cast, asked(session, cast), stranger, IN_TIME)


def test_a_manager_does_not_sign_for_the_supervisor(session: Session, cast: Cast) -> None:
    with pytest.raises(Fault, match="signed by the estate's Supervisor"):
        signed(session, cast, asked(session, cast), signer(cast, Role.MANAGER), IN_TIME)


def test_a_day_is_not_signed_before_it_is_over(session: Session, cast: Cast) -> None:
    period = asked(session, cast)
    with pytest.raises(Fault, match="not over yet: it can be signed from 2026-03-05 00:00 on"):
        signed(session, cast, period, signer(cast), period.ends_at - SECOND)


@pytest.mark.parametrize(("on", "after"), [(date(2026, 3, 3), timedelta(days=1)), (THE_DAY, timedelta(days=32))])
def test_what_was_never_owed_or_is_so_no_more_is_not_signed(
    session: Session, cast: Cast, on: date, after: timedelta
) -> None:
    with pytest.raises(Fault, match="No review is owed"):
        signed(session, cast, asked(session, cast, on=on), signer(cast), AT + after)


def test_of_two_who_sign_at_once_one_does_and_the_other_is_told(app: Flask, session: Session, cast: Cast) -> None:
    period, start = asked(session, cast), Barrier(2)
    session.rollback()

    def attempt(_: int) -> str:
        with app.app_context():
            start.wait()
            try:
                signed(db.session(), cast, period, signer(cast), IN_TIME)
            except Fault as fault:
                return fault.message
            finally:
                db.session.remove()
            return "signed"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(attempt, range(2)))
    assert answers == ["%(name)s has signed this review already, on %(moment)s", "signed"]
    of_the_day = (Review.period_on == THE_DAY, Review.estate_id == cast.id_of("estates"))
    assert len(session.scalars(select(Review.id).where(*of_the_day)).all()) == 1


def told(session: Session) -> list[tuple[str, int]]:
    columns = (Notification.occasion, Notification.account_id)
    rows = session.execute(select(*columns).where(Notification.occasion.startswith("review/")))
    return sorted((row.occasion.rpartition("/")[2], row.account_id) for row in rows)


def test_the_manager_is_told_once_of_a_daily_review_that_is_late(session: Session, cast: Cast) -> None:
    due_at = asked(session, cast).due_at
    sweep(session, due_at, BY)
    assert told(session) == []
    assert sweep(session, due_at + SECOND, BY).reviews == 1  # the other estate has no manager
    sweep(session, due_at + 2 * SECOND, BY)
    assert told(session) == [(str(THE_DAY), cast.accounts[Role.MANAGER])]


def test_what_was_late_long_before_is_no_news(session: Session, cast: Cast) -> None:
    due_at = asked(session, cast).due_at
    assert sweep(session, due_at + timedelta(days=1), BY).reviews == 0


def test_of_a_review_that_was_signed_nobody_is_told(session: Session, cast: Cast) -> None:
    period = asked(session, cast)
    signed(session, cast, period, signer(cast), IN_TIME)
    sweep(session, period.due_at + SECOND, BY)
    assert told(session) == []
