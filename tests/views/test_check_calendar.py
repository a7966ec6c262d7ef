"""A calendar that ends: what `check-calendar` says and the morning list tells, on a day that each test names."""

from datetime import UTC, date, datetime

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from operations.calendar_seeds import published, seed_calendars
from operations.write import writing
from tests.infrastructure.people import BY, Cast, address, sign_in
from views import morning

LAST = max(published())
SHIPPED = "中国法定节假日"
ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def seeded(session: Session) -> Session:
    with writing(session):
        seed_calendars(session, BY, now())
    return session


def check(app: Flask, on: date) -> Result:
    return app.test_cli_runner().invoke(args=["check-calendar", "--on", on.isoformat()])


@pytest.mark.parametrize(
    ("on", "status", "said"),
    [
        (date(LAST - 1, 12, 31), 0, ""),
        (date(LAST, 1, 1), 0, f"; {LAST + 1} is still to be published or added: it will be missed from December on"),
        (date(LAST, 11, 30), 0, f"; {LAST + 1} is still to be published or added: it will be missed from December on"),
        (date(LAST, 12, 1), 1, f"; {LAST + 1} is missing"),
        (date(LAST + 1, 1, 1), 1, f"; {LAST + 1} is missing"),
    ],
)
def test_it_says_until_when_each_calendar_is_known(
    app: Flask, seeded: Session, on: date, status: int, said: str
) -> None:
    result = check(app, on)
    assert result.stdout == f"{SHIPPED}: known until {LAST}-12-31{said}\n"
    assert result.exit_code == status


def test_it_names_the_repair(app: Flask, seeded: Session) -> None:
    result = check(app, date(LAST, 12, 1))
    assert result.stderr.startswith("Repair: install the newest chinesecalendar and run `prepare`, or add the year")


def test_without_a_calendar_it_says_what_to_run(app: Flask, session: Session) -> None:
    result = check(app, date(LAST, 1, 1))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("There is no calendar: run `prepare`")


def test_a_calendar_that_no_region_uses_may_end(app: Flask, seeded: Session, cast: Cast) -> None:
    result = check(app, date(2026, 12, 1))
    assert "ZZSHARED: known until 2026-12-31; 2027 is missing, but no region uses it" in result.stdout


def start_page(app: Flask, role: Role) -> str:
    return sign_in(app, address(role)).get("/", **ENGLISH).text


@pytest.fixture
def december(seeded: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The December before the first year that is not known."""
    monkeypatch.setattr(morning, "now", lambda: datetime(LAST, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.QUALITY_OFFICER])
def test_who_can_add_the_year_is_told_of_it_in_december(app: Flask, december: None, role: Role) -> None:
    page = start_page(app, role)
    assert f"Calendar without {LAST + 1}" in page
    assert SHIPPED in page


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CLERK, Role.AUDITOR])
def test_others_are_not(app: Flask, december: None, role: Role) -> None:
    assert "Calendar without" not in start_page(app, role)


def test_in_november_nobody_is(app: Flask, seeded: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(morning, "now", lambda: datetime(LAST, 11, 30, tzinfo=UTC))
    assert "Calendar without" not in start_page(app, Role.ADMINISTRATOR)
