from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.account import Role
from models.review import ReviewKind
from rules.reviews import Period, may_sign, period, periods

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
DAILY, WEEKLY = ReviewKind.DAILY, ReviewKind.WEEKLY
SECOND = timedelta(seconds=1)
LONG_AGO = date(2020, 1, 1)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def named(kind: ReviewKind, on: date, zone: ZoneInfo = SHANGHAI) -> Period:
    found = period(kind, on, zone)
    assert found is not None
    return found


def test_a_day_is_due_by_the_end_of_the_next_one() -> None:
    found = named(DAILY, date(2026, 3, 4))
    assert (found.starts_at, found.ends_at) == (at("2026-03-04"), at("2026-03-05"))
    assert (found.due_at, found.last_on) == (at("2026-03-05T23:59:59"), date(2026, 3, 4))


def test_a_week_is_due_by_the_end_of_the_monday_after_it() -> None:
    found = named(WEEKLY, date(2026, 3, 2))
    assert (found.starts_at, found.ends_at) == (at("2026-03-02"), at("2026-03-09"))
    assert (found.due_at, found.last_on) == (at("2026-03-09T23:59:59"), date(2026, 3, 8))


def test_a_week_begins_on_a_monday() -> None:
    assert period(WEEKLY, date(2026, 3, 3), SHANGHAI) is None


def test_a_day_of_a_changing_clock_is_as_long_as_it_is() -> None:
    found = named(DAILY, date(2026, 3, 29), LONDON)
    assert found.ends_at - found.starts_at == timedelta(hours=23)


@pytest.mark.parametrize(
    ("now", "last"),
    [(at("2026-03-05") - SECOND, date(2026, 3, 3)), (at("2026-03-05"), date(2026, 3, 4))],
)
def test_a_day_is_owed_once_it_is_over(now: datetime, last: date) -> None:
    assert [each.on for each in periods(DAILY, LONG_AGO, now, SHANGHAI)][-1] == last


@pytest.mark.parametrize(
    ("now", "last"),
    [(at("2026-03-09") - SECOND, date(2026, 2, 23)), (at("2026-03-09"), date(2026, 3, 2))],
)
def test_a_week_is_owed_once_it_is_over(now: datetime, last: date) -> None:
    assert [each.on for each in periods(WEEKLY, LONG_AGO, now, SHANGHAI)][-1] == last


@pytest.mark.parametrize(("kind", "first", "number"), [(DAILY, date(2026, 2, 2), 30), (WEEKLY, date(2026, 1, 5), 8)])
def test_what_is_long_ago_is_owed_no_more(kind: ReviewKind, first: date, number: int) -> None:
    found = [each.on for each in periods(kind, LONG_AGO, at("2026-03-04T12:00"), SHANGHAI)]
    assert (found[0], len(found)) == (first, number)


def test_an_estate_owes_from_its_first_ticket_on() -> None:
    now = at("2026-03-10T12:00")
    assert [each.on for each in periods(DAILY, date(2026, 3, 8), now, SHANGHAI)] == [date(2026, 3, 8), date(2026, 3, 9)]
    assert [each.on for each in periods(WEEKLY, date(2026, 3, 8), now, SHANGHAI)] == [date(2026, 3, 2)]
    assert list(periods(DAILY, date(2026, 3, 10), now, SHANGHAI)) == []


@pytest.mark.parametrize(
    ("kind", "role", "estate_id", "allowed"),
    [
        (DAILY, Role.SUPERVISOR, 1, True),
        (DAILY, Role.SUPERVISOR, 2, False),
        (DAILY, Role.MANAGER, 1, False),
        (DAILY, Role.ADMINISTRATOR, 1, False),
        (WEEKLY, Role.MANAGER, 1, True),
        (WEEKLY, Role.MANAGER, 2, False),
        (WEEKLY, Role.SUPERVISOR, 1, False),
    ],
)
def test_only_whom_the_clause_names_signs_for_an_estate_served(
    kind: ReviewKind, role: Role, estate_id: int, allowed: bool
) -> None:
    assert may_sign(kind, {role, Role.CLERK}, {1}, estate_id) is allowed
