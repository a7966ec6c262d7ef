"""Reviews: the lists that are gone through, and the sign-off."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.review import Review, ReviewKind
from models.ticket import Severity, Ticket, TicketKind
from tests.infrastructure.desk import report
from tests.infrastructure.people import OTHER, Cast, Person, address, sign_in

ENGLISH = {"headers": {"Accept-Language": "en"}}
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


def today() -> date:
    return now().astimezone(SHANGHAI).date()


@pytest.fixture
def cast(equipped: Cast, cast: Cast, session: Session) -> Cast:
    """Since three days ago: each day's records are to be reviewed."""
    noon = datetime.combine(today(), datetime.min.time(), SHANGHAI) + timedelta(hours=12)
    session.execute(update(Ticket).values(opened_at=noon - 3 * DAY, subject="咨询"))
    session.commit()
    report(session, cast, now() - (noon - 2 * DAY), **MINOR, subject="噪音扰民")
    return cast


def page_of(cast: Cast, days_ago: int, place: str = "") -> str:
    estate_id = cast.id_of("estates", place) if place else cast.id_of("estates")
    return f"/reviews-due/daily/{estate_id}/{today() - days_ago * DAY}"


def owed(person: Person, query: str = "kind=daily") -> tuple[int, list[str]]:
    """How many are owed, and the days named."""
    text = person.get(f"/reviews-due/?{query}", **ENGLISH).text
    number = re.search(r'<span class="count">(\d+)', text)
    assert number is not None
    return int(number[1]), re.findall(r'<a href="/reviews-due/[^"]+">([^<]+)</a>', text)


def test_a_supervisor_sees_what_the_estate_owes_the_longest_overdue_first(app: Flask, cast: Cast) -> None:
    found = owed(sign_in(app, address(Role.SUPERVISOR)))
    assert found == (3, [str(today() - days * DAY) for days in (3, 2, 1)])
    assert owed(sign_in(app, address(Role.SUPERVISOR)), "kind=daily&owing=due") == (1, [str(today() - DAY)])


def test_a_review_lists_open_complaints_first_with_who_is_responsible(app: Flask, cast: Cast) -> None:
    text = sign_in(app, address(Role.SUPERVISOR)).get(page_of(cast, 2), **ENGLISH).text
    headings = re.findall(r"<h2>([^<]+?) <span", text)
    assert headings == [
        "Open complaints",
        "Overdue tickets",
        "Without a responsible person",
        "New tickets",
        "Resolved tickets",
    ]
    first = text.partition("Overdue tickets</h2>")[0]
    assert "噪音扰民" in first
    assert "Root cause" in first


def test_the_number_of_each_list_is_that_of_the_list_it_leads_to(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    text = person.get(page_of(cast, 2), **ENGLISH).text
    found = re.findall(r'<h2>[^<]+<span class="count">(\d+)</span></h2>\s*<div[^>]*><a [^>]*href="([^"]+)"', text)
    assert len(found) >= 3
    listed = [re.search(r'class="count"[^>]*>(\d+)', person.get(url.replace("&amp;", "&")).text) for _, url in found]
    assert [each and each[1] for each in listed] == [number for number, _ in found]


def test_a_sign_off_is_recorded_and_the_review_owed_no_more(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    answer = person.post(f"{page_of(cast, 2)}/sign", {"remark": "已逐条核对"})
    kept = session.scalars(select(Review).where(Review.period_on == today() - 2 * DAY)).one()
    assert (answer.status_code, kept.remark, kept.is_late) == (302, "已逐条核对", True)
    assert (kept.taken_in, kept.open_complaints) == (1, 1)
    assert owed(person)[0] == 2
    shown = person.get(page_of(cast, 2), **ENGLISH).text
    assert "supervisor of the cast signed off on" in shown
    assert "signed late" in shown


def test_signing_twice_is_refused_with_who_did_it(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    person.post(f"{page_of(cast, 1)}/sign")
    answer = person.post(f"{page_of(cast, 1)}/sign", {"remark": "再签一次"}, **ENGLISH)
    assert answer.status_code == 422
    assert "supervisor of the cast has signed this review already" in answer.text


def test_a_day_that_is_not_over_cannot_be_signed(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    assert "it can be signed from" in person.get(page_of(cast, 0), **ENGLISH).text
    assert person.post(f"{page_of(cast, 0)}/sign").status_code == 422


@pytest.mark.parametrize("role", [Role.MANAGER, Role.QUALITY_OFFICER, Role.HQ, Role.ADMINISTRATOR])
def test_who_only_reads_a_review_is_offered_no_sign_off(app: Flask, session: Session, cast: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    assert "/sign" not in person.get(page_of(cast, 1)).text
    assert person.post(f"{page_of(cast, 1)}/sign").status_code == 403
    assert list(session.scalars(select(Review).where(Review.period_on == today() - DAY))) == []


def test_a_review_of_another_estate_is_not_there(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    assert person.get(page_of(cast, 1, OTHER)).status_code == 404
    assert person.post(f"{page_of(cast, 1, OTHER)}/sign").status_code == 404


@pytest.mark.parametrize(
    "path", ["daily/{}/nonsense", "hourly/{}/2026-03-04", "weekly/{}/2026-03-04", "daily/{}/9999-12-31"]
)
def test_a_period_that_does_not_exist_is_not_there(app: Flask, cast: Cast, path: str) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    assert person.get(f"/reviews-due/{path.format(cast.id_of('estates'))}").status_code == 404


def test_a_manager_signs_last_week(app: Flask, session: Session, cast: Cast) -> None:
    monday = today() - (7 + today().weekday()) * DAY
    session.execute(update(Ticket).values(opened_at=now() - 14 * DAY))
    session.commit()
    path = f"/reviews-due/weekly/{cast.id_of('estates')}/{monday}"
    assert sign_in(app, address(Role.SUPERVISOR)).post(f"{path}/sign").status_code == 403
    assert sign_in(app, address(Role.MANAGER)).post(f"{path}/sign").status_code == 302
    kept = session.scalars(select(Review).where(Review.kind == ReviewKind.WEEKLY)).one()
    assert (kept.period_on, kept.signed_by_id) == (monday, cast.accounts[Role.MANAGER])
