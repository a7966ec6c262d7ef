import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import now
from models.notification import Notification, NotificationKind
from models.ticket_event import EventKind, TicketEvent
from operations.telling import Occasion, tell
from operations.write import writing
from tests.infrastructure.people import BY, OTHER, OWN, Cast, Person, address, sign_in
from views.inbox import MOST_UNREAD, PAGE

BADGE = re.compile(r'<span class="badge">(\d+\+?)<span class="visually-hidden">')


@pytest.fixture(autouse=True)
def told(session: Session, equipped: Cast, cast: Cast) -> int:
    """The supervisor is told of a ticket of the estate; returns the ticket's id."""
    ticket_id = cast.id_of("tickets")
    of_ticket: dict[str, Any] = {"estate_id": cast.id_of("estates"), "ticket_id": ticket_id}
    data = {"level": 1, "clause": "S3 第6篇 4.7"}
    with writing(session):
        tell(
            session,
            [Occasion("step", NotificationKind.ESCALATED, **of_ticket, level=1, asks=True, data=data)],
            BY,
            now(),
        )
    return ticket_id


@pytest.fixture
def supervisor(app: Flask, told: int) -> Person:
    return sign_in(app, address(Role.SUPERVISOR))


def tell_often(session: Session, cast: Cast, times: int) -> None:
    """The supervisor is told of so many things more, which belong to no ticket."""
    reviews = [
        Occasion(f"review {each}", NotificationKind.REVIEW, None, accounts=[cast.accounts[Role.SUPERVISOR]])
        for each in range(times)
    ]
    with writing(session):
        tell(session, reviews, BY, now())


def badge(person: Person, page: str = "/password") -> list[str]:
    return BADGE.findall(person.get(page).text)


def test_every_page_says_how_many_are_unread(app: Flask, session: Session, cast: Cast, supervisor: Person) -> None:
    assert badge(supervisor) == ["1"]
    tell_often(session, cast, MOST_UNREAD)
    assert badge(supervisor) == [f"{MOST_UNREAD}+"]
    assert badge(sign_in(app, address(Role.MANAGER))) == []


def test_the_inbox_says_what_happened_and_leads_to_the_ticket(supervisor: Person, told: int) -> None:
    page = supervisor.get("/inbox/", headers={"Accept-Language": "en"}).text
    assert f'<a href="/tickets/{told}/">Ticket {OWN}-T has reached level 1</a>' in page
    assert (f"{OWN} subject" in page, "S3 第6篇 4.7" in page) == (True, True)


def test_nobody_reads_the_inbox_of_another(app: Flask, told: int) -> None:
    assert f"{OWN}-T" not in sign_in(app, address(Role.MANAGER)).get("/inbox/").text


def test_a_ticket_out_of_reach_is_named_by_its_code_only(session: Session, cast: Cast, supervisor: Person) -> None:
    other: dict[str, Any] = {"estate_id": cast.id_of("estates", OTHER), "ticket_id": cast.id_of("tickets", OTHER)}
    mine = [cast.accounts[Role.SUPERVISOR]]
    with writing(session):
        tell(session, [Occasion("other", NotificationKind.WARNED, **other, accounts=mine)], BY, now())
    page = supervisor.get("/inbox/").text
    assert (f"{OTHER}-T" in page, f"{OTHER} subject" in page, f"/tickets/{other['ticket_id']}/" in page) == (
        True,
        False,
        False,
    )


def test_nobody_answers_for_a_ticket_out_of_reach(session: Session, cast: Cast, supervisor: Person) -> None:
    other: dict[str, Any] = {"estate_id": cast.id_of("estates", OTHER), "ticket_id": cast.id_of("tickets", OTHER)}
    mine = [cast.accounts[Role.SUPERVISOR]]
    with writing(session):
        told = Occasion("other", NotificationKind.ESCALATED, **other, accounts=mine, level=1, asks=True)
        tell(session, [told], BY, now())
    supervisor.post("/inbox/acknowledge", {"ticket_id": other["ticket_id"]})
    session.rollback()
    asked = select(Notification.acknowledged_at).where(Notification.occasion == "other")
    assert set(session.scalars(asked)) == {None}


def test_one_is_marked_as_read_or_all_of_them(session: Session, cast: Cast, supervisor: Person) -> None:
    tell_often(session, cast, 2)
    one = session.scalars(select(Notification.id).where(Notification.occasion == "step")).one()
    assert supervisor.post("/inbox/read", {"id": one}).status_code == 302
    assert badge(supervisor) == ["2"]
    supervisor.post("/inbox/read")
    assert badge(supervisor) == []


def test_nobody_marks_what_another_was_told(app: Flask, session: Session, supervisor: Person) -> None:
    one = session.scalars(select(Notification.id).where(Notification.occasion == "step")).one()
    sign_in(app, address(Role.MANAGER)).post("/inbox/read", {"id": one})
    assert badge(supervisor) == ["1"]


@pytest.mark.parametrize("page", ["/inbox/", "/tickets/{id}/"])
def test_who_was_told_acknowledges_from_the_inbox_and_from_the_ticket(
    session: Session, cast: Cast, supervisor: Person, told: int, page: str
) -> None:
    path = page.format(id=told)
    assert 'action="/inbox/acknowledge"' in supervisor.get(path).text
    answer = supervisor.post("/inbox/acknowledge", {"ticket_id": told, "back": path})
    assert (answer.status_code, answer.location) == (302, path)
    assert 'action="/inbox/acknowledge"' not in supervisor.get(path).text
    session.rollback()
    event = session.scalars(select(TicketEvent).where(TicketEvent.kind == EventKind.ACKNOWLEDGED)).one()
    assert event.account_id == cast.accounts[Role.SUPERVISOR]


def test_who_was_not_told_is_asked_nothing_and_answers_nothing(app: Flask, session: Session, told: int) -> None:
    manager = sign_in(app, address(Role.MANAGER))
    assert 'action="/inbox/acknowledge"' not in manager.get(f"/tickets/{told}/").text
    manager.post("/inbox/acknowledge", {"ticket_id": told})
    session.rollback()
    assert session.scalars(select(TicketEvent.id).where(TicketEvent.kind == EventKind.ACKNOWLEDGED)).all() == []


@pytest.mark.parametrize("back", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test"])
def test_no_answer_leads_elsewhere(supervisor: Person, back: str) -> None:
    assert supervisor.post("/inbox/read", {"back": back}).location == "/"


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=99999999999999999999", "show=nonsense"])
def test_an_address_that_makes_no_sense_shows_the_inbox(supervisor: Person, query: str) -> None:
    assert supervisor.get(f"/inbox/?{query}").status_code == 200


def test_a_long_inbox_is_shown_page_by_page(session: Session, cast: Cast, supervisor: Person) -> None:
    tell_often(session, cast, PAGE + 5)
    first = supervisor.get("/inbox/").text
    older = re.search(r'href="(/inbox/\?before=\d+)"', first)
    assert older is not None
    second = supervisor.get(older[1]).text
    assert (first.count('class="card note'), second.count('class="card note')) == (PAGE, 6)


def test_messages_follow_the_language_last_chosen(session: Session, cast: Cast, supervisor: Person) -> None:
    supervisor.post("/language", {"language": "en"})
    session.rollback()
    assert session.get_one(Account, cast.accounts[Role.SUPERVISOR]).language == "en"
