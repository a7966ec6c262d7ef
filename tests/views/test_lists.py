"""The list page: its counts, its bounds in time, statements and size, what every row of it carries."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Role
from models.base import entities
from models.owner import Owner
from models.ticket import Ticket, TicketState
from operations.write import Insert, write, writing
from reports.listing import TooSlow
from tests.infrastructure.people import AT, BY, OWN, Cast, Person, address, sign_in
from tests.infrastructure.statements import selects
from views import grid, list_page
from views.grid import LONGEST_TEXT

ENGLISH = {"Accept-Language": "en"}
COUNT = re.compile(r'<span class="count">([^<]+)</span>')


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.fixture
def many(session: Session, cast: Cast) -> int:
    """45 owners beside the cast's."""
    values = [{"estate_id": cast.id_of("estates"), "number": f"M-{n:02}", "name": f"Many {n}"} for n in range(45)]
    with writing(session):
        return len(write(session, [Insert(Owner, each) for each in values], by=BY, at=AT))


def counted(person: Person, path: str) -> list[str]:
    return COUNT.findall(person.get(path, headers=ENGLISH).text)


def selected(session: Session, person: Person, path: str) -> int:
    person.get(path)  # templates and caches
    with selects(session) as found:
        assert person.get(path).status_code == 200
    return len(found)


def test_a_list_is_counted_up_to_a_cap_and_exactly_on_request(
    clerk: Person, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_page, "COUNT_CAP", 30)
    page = clerk.get("/owners/?size=20&kind=", headers=ENGLISH).text
    assert COUNT.findall(page) == ["30+"]
    exactly = re.search(r'class="exactly" href="([^"]+)"', page)
    assert exactly is not None
    assert counted(clerk, unescape(exactly[1])) == [str(many + 2)]


def test_what_was_searched_is_counted_less_far(clerk: Person, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_page, "SEARCH_CAP", 20)
    found = clerk.post("/owners/find?size=20", {"text": "M"})
    assert counted(clerk, found.location) == ["20+"]
    assert counted(clerk, f"{found.location}&count=exact") == [str(many)]


def test_a_page_that_holds_the_whole_list_needs_no_count(session: Session, clerk: Person, many: int) -> None:
    assert counted(clerk, "/owners/") == [str(many + 2)]
    assert selected(session, clerk, "/owners/?size=50") == selected(session, clerk, "/owners/?size=20") - 1


def test_a_list_that_takes_too_long_says_what_to_narrow(clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> None:
        raise TooSlow(["category", "channel"])

    monkeypatch.setattr(list_page, "page", stopped)
    answer = clerk.get("/tickets/?category=other&channel=web&opened_at.last=7d", headers=ENGLISH)
    assert answer.status_code == 422
    assert "no index serves the filter Category, Channel. Narrow the list by an estate or a period" in answer.text
    assert "opened_at.last=7d" in answer.text  # nothing is lost


def test_a_list_that_takes_too_long_by_its_size_alone_says_so(clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> None:
        raise TooSlow([])

    monkeypatch.setattr(list_page, "page", stopped)
    answer = clerk.get("/tickets/", headers=ENGLISH)
    assert (answer.status_code, "Narrow it by a filter, such as a period." in answer.text) == (422, True)


def test_a_count_that_takes_too_long_is_left_out(clerk: Person, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> None:
        raise TooSlow([])

    monkeypatch.setattr(list_page, "count", stopped)
    answer = clerk.get("/owners/?size=20")
    assert (answer.status_code, COUNT.findall(answer.text), answer.text.count("<tr data-id=")) == (200, [], 20)


def test_a_deep_page_leads_back_to_the_first(clerk: Person, many: int) -> None:
    first = clerk.get("/owners/?size=20&sort=-number").text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward is not None
    second = clerk.get(unescape(onward[1])).text
    assert 'rel="first" href="/owners/?size=20&amp;sort=-number"' in second
    assert 'rel="first"' not in first


def test_a_heading_says_how_it_is_sorted(clerk: Person) -> None:
    page = clerk.get("/owners/?sort=-number").text
    assert re.findall(r'<th scope="col" aria-sort="(\w+)"><a href="([^"]+)"', page) == [
        ("descending", "/owners/?sort=number")
    ]


@pytest.mark.parametrize("query", ["", "?kind=repair&state.not=void&opened_at.last=7d&assignee_id=1&unit_id=1"])
def test_a_list_takes_a_bounded_number_of_statements(session: Session, clerk: Person, cast: Cast, query: str) -> None:
    few = selected(session, clerk, f"/tickets/{query}")
    values = {"estate_id": cast.id_of("estates"), "kind": "consultation", "opened_at": AT}
    with writing(session):
        write(session, [Insert(Ticket, {**values, "code": f"B-{n}", "subject": "x"}) for n in range(40)], by=BY, at=AT)
    assert selected(session, clerk, f"/tickets/{query}") <= few + 1  # more than a page is counted
    assert few <= 14


def test_a_row_carries_what_scripts_need(clerk: Person, cast: Cast) -> None:
    page = clerk.get(f"/tickets/?code={OWN}-T").text
    assert f'<tr data-id="{cast.id_of("tickets")}" data-version="1">' in page
    assert 'data-column="subject" data-label="事由"' in page


def cell_of(page: str, name: str) -> str:
    """What the first cell of the column holds."""
    found = re.search(rf'<td[^>]* data-column="{name}"[^>]*>(.*?)</td>', page)
    assert found is not None
    return found[1]


LATE = '<span class="late">{} <span class="visually-hidden">overdue</span></span>'


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (AT, "03-04 09:00"),
        (AT + timedelta(seconds=1), LATE.format("03-04 09:00")),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), LATE.format("2026-03-04 09:00")),
    ],
)
def test_a_deadline_that_has_passed_is_told_apart_and_the_year_said_if_it_is_another(
    clerk: Person, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, moment: datetime, shown: str
) -> None:
    session.execute(update(Ticket).where(Ticket.id == cast.id_of("tickets")).values(next_due_at=AT))
    session.commit()
    monkeypatch.setattr(grid, "now", lambda: moment)
    assert cell_of(clerk.get(f"/tickets/?code={OWN}-T", headers=ENGLISH).text, "next_due_at") == shown


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (TicketState.NEW, '<span class="tag tag-state-open">New</span>'),
        (TicketState.RESOLVED, '<span class="tag">Resolved</span>'),
    ],
)
def test_a_state_says_whether_work_is_owed(
    clerk: Person, session: Session, cast: Cast, state: TicketState, shown: str
) -> None:
    session.execute(update(Ticket).where(Ticket.id == cast.id_of("tickets")).values(state=state))
    session.commit()
    assert cell_of(clerk.get(f"/tickets/?code={OWN}-T", headers=ENGLISH).text, "state") == shown


def test_the_search_box_says_what_it_looks_in(clerk: Person) -> None:
    assert 'placeholder="Ticket code · Subject · Unit · Owner"' in clerk.get("/tickets/", headers=ENGLISH).text


def test_a_reference_leads_to_its_row_only_where_its_kind_is_seen(app: Flask, clerk: Person, cast: Cast) -> None:
    link = f'href="/owners/{cast.id_of("owners")}/"'
    engineer = sign_in(app, address(Role.ENGINEER))
    assert (link in clerk.get("/tickets/").text, link in engineer.get("/tickets/").text) == (True, False)


def test_what_is_long_is_cut_and_everything_is_escaped(clerk: Person, session: Session, cast: Cast) -> None:
    name = "<b>&\"'" + "长" * 60
    note = "<i>" + "x" * 300
    with writing(session):
        owner = {"estate_id": cast.id_of("estates"), "number": "L-1", "name": name, "note": note}
        write(session, [Insert(Owner, owner)], by=BY, at=AT)
    clerk.post("/owners/columns?view=all", {"column": ["name", "number", "note"]})
    page = clerk.get("/owners/?number=L-1").text
    assert f"&lt;b&gt;&amp;&#34;&#39;{'长' * 60}</a></th>" in page
    assert f"&lt;i&gt;{'x' * (LONGEST_TEXT - 4)}…</td>" in page
    assert "<b>&" not in page


@pytest.mark.parametrize("name", entities())
def test_every_entity_has_its_list_with_views_filters_and_columns(app: Flask, cast: Cast, name: str) -> None:
    page = sign_in(app, address(Role.ADMINISTRATOR)).get(f"/{name}/?view=all").text
    wanted = [f'data-sheet href="/{name}/{part}?view=all"' for part in ("filters", "views", "columns")]
    assert [each for each in (*wanted, f"/{name}/export/csv?view=all&amp;columns=shown") if each not in page] == []


def test_an_empty_list_offers_a_way_on(clerk: Person) -> None:
    narrowed = clerk.get("/tickets/?kind=help", headers=ENGLISH).text
    assert ("No record fits the search and filters." in narrowed, 'href="/tickets/?view=all"' in narrowed) == (
        True,
        True,
    )
