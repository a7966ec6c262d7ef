"""Saved views: kept, shared, opened by default, and out of the reach of everybody else."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.history import History
from models.saved_view import Audience, SavedView
from operations.accounts import create_account
from operations.write import writing
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.walk import state

TAB = re.compile(r'<a href="([^"]+)"( aria-current=true)?[^>]*>(?:<svg.*?</svg>)?([^<]+)')
ROW = re.compile(r'<th scope="row"[^>]*><a href="[^"]+">([^<]+)</a>')
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.fixture
def supervisor(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.SUPERVISOR))


@pytest.fixture
def stranger(app: Flask, session: Session, cast: Cast) -> Person:
    """A supervisor of the other estate."""
    from flask_security import hash_password

    with writing(session):
        values = {"email": "stranger@example.test", "name": "stranger"}
        estates = {cast.id_of("estates", OTHER)}
        create_account(
            session,
            values,
            hash_password("correct horse battery"),
            roles={Role.SUPERVISOR},
            estates=estates,
            buildings=set(),
            by=BY,
            at=AT,
        )
    return sign_in(app, "stranger@example.test")


def save(person: Person, query: str = "kind=repair", **form: str) -> str:
    """Save the list as a view; returns its key."""
    answer = person.post(f"/tickets/views?{query}", {"deed": "save", "name": "Mine", **form})
    assert answer.status_code == 302, answer.text
    return str(answer.location.partition("view=")[2])


def tabs(person: Person, path: str = "/tickets/?view=all") -> list[str]:
    """The names of the views above the list."""
    page = person.get(path, headers=ENGLISH).text
    bar = page[page.index('class="line-tabs views"') :].partition("</nav>")[0]
    return [unescape(name).strip() for _, _, name in TAB.findall(bar)]


def current(person: Person, path: str) -> list[str]:
    page = person.get(path, headers=ENGLISH).text
    bar = page[page.index('class="line-tabs views"') :].partition("</nav>")[0]
    return [unescape(name).strip() for _, here, name in TAB.findall(bar) if here]


def rows(person: Person, path: str) -> list[str]:
    return sorted(ROW.findall(person.get(path).text))


def test_a_view_brings_back_filters_and_order(clerk: Person) -> None:
    key = save(clerk, "assignee_id.empty=yes&sort=opened_at&after=x&size=20")
    page = clerk.get(f"/tickets/?view={key}").text
    assert rows(clerk, f"/tickets/?view={key}") == [f"{NEXT}-T"]
    assert 'aria-sort="ascending"' in page
    assert current(clerk, f"/tickets/?view={key}") == ["Mine"]


def test_what_was_searched_for_is_not_kept(clerk: Person, session: Session) -> None:
    found = clerk.post("/tickets/find?kind=repair", {"text": PHONE}).location
    save(clerk, found.partition("?")[2])
    assert session.scalars(select(SavedView.query)).all() == ["kind=repair"]


def test_a_view_that_was_narrowed_says_so_and_may_take_it_over(clerk: Person) -> None:
    key = save(clerk)
    narrowed = f"view={key}&kind=repair&assignee_id.empty=yes"
    mark = '<span class="tag">changed</span>'
    assert mark in clerk.get(f"/tickets/?{narrowed}", headers=ENGLISH).text
    assert mark not in clerk.get(f"/tickets/?view={key}", headers=ENGLISH).text
    clerk.post(f"/tickets/views?{narrowed}", {"deed": "update", "key": key})
    assert rows(clerk, f"/tickets/?view={key}") == [f"{NEXT}-T"]


def test_a_view_may_bring_its_columns(clerk: Person) -> None:
    clerk.post("/tickets/columns?view=all", {"column": ["code", "kind"]})
    key = save(clerk, columns="keep")
    clerk.post("/tickets/columns?view=all", {"deed": "reset"})
    assert 'data-column="subject"' in clerk.get("/tickets/?view=all").text
    assert 'data-column="subject"' not in clerk.get(f"/tickets/?view={key}").text


def test_the_list_opens_with_the_default_view_and_all_is_one_step_away(clerk: Person) -> None:
    save(clerk, "assignee_id.empty=yes", default="yes")
    assert rows(clerk, "/tickets/") == [f"{NEXT}-T"]
    assert current(clerk, "/tickets/") == ["Mine"]
    assert rows(clerk, "/tickets/?view=all") == [f"{NEXT}-T", f"{OWN}-T"]
    assert rows(clerk, "/tickets/?kind=repair") == [f"{NEXT}-T", f"{OWN}-T"]
    clerk.post("/tickets/views", {"deed": "default", "key": "all"})
    assert rows(clerk, "/tickets/") == [f"{NEXT}-T", f"{OWN}-T"]


def test_the_last_filter_of_a_view_can_be_taken_off(clerk: Person) -> None:
    page = clerk.get("/tickets/?view=waiting").text
    assert re.findall(r'<a class="chip" href="([^"]+)"', page) == ["/tickets/?view=all"]


def test_a_view_brings_its_filters_whatever_the_size_of_the_page(clerk: Person) -> None:
    assert rows(clerk, "/tickets/?view=unassigned&size=20") == [f"{NEXT}-T"]


def test_a_view_that_ships_may_be_the_default(clerk: Person) -> None:
    clerk.post("/tickets/views", {"deed": "default", "key": "unassigned"})
    assert rows(clerk, "/tickets/") == [f"{NEXT}-T"]


def test_a_default_view_that_is_gone_is_the_whole_list(clerk: Person) -> None:
    key = save(clerk, "assignee_id.empty=yes", default="yes")
    clerk.post("/tickets/views", {"deed": "delete", "key": key})
    assert rows(clerk, "/tickets/") == [f"{NEXT}-T", f"{OWN}-T"]


def test_the_views_that_ship_about_oneself_need_a_staff_member(app: Flask, clerk: Person) -> None:
    assert ("Mine today" in tabs(clerk), "New, unassigned" in tabs(clerk)) == (False, True)
    assert "Mine today" in tabs(sign_in(app, address(Role.ENGINEER)))


def test_an_own_view_is_nobody_elses(app: Flask, clerk: Person, supervisor: Person, session: Session) -> None:
    key = save(clerk)
    admin = sign_in(app, address(Role.ADMINISTRATOR))
    before = state(session)
    assert [person.get(f"/tickets/?view={key}").status_code for person in (supervisor, admin)] == [400, 400]
    deeds = ("update", "rename", "delete", "default")
    forms = [{"deed": deed, "key": key, "name": "Taken"} for deed in deeds]
    assert {person.post("/tickets/views", form).status_code for form in forms for person in (supervisor, admin)} == {
        404
    }
    assert state(session) == before


def test_a_shared_view_is_seen_in_its_estate_only(
    app: Flask, supervisor: Person, clerk: Person, stranger: Person, cast: Cast
) -> None:
    key = save(supervisor, audience=f"estate-{cast.id_of('estates')}")
    assert ("Mine" in tabs(clerk), "Mine" in tabs(stranger)) == (True, False)
    assert stranger.get(f"/tickets/?view={key}").status_code == 400
    assert "Mine" in tabs(sign_in(app, address(Role.AUDITOR)))  # who sees every estate


def test_a_shared_view_is_changed_by_its_maker_only(clerk: Person, supervisor: Person, cast: Cast) -> None:
    key = save(supervisor, audience=f"estate-{cast.id_of('estates')}")
    forms = [{"deed": deed, "key": key, "name": "Taken"} for deed in ("update", "rename", "delete")]
    assert {clerk.post("/tickets/views?kind=help", form).status_code for form in forms} == {403}
    assert supervisor.post("/tickets/views", {"deed": "rename", "key": key, "name": "Ours"}).status_code == 302
    assert ("Ours" in tabs(supervisor), "Ours" in tabs(clerk)) == (True, False)  # and shared no longer


def test_an_administrator_takes_a_shared_view_away(
    app: Flask, supervisor: Person, session: Session, cast: Cast
) -> None:
    key = save(supervisor, audience=f"estate-{cast.id_of('estates')}")
    admin = sign_in(app, address(Role.ADMINISTRATOR))
    assert admin.post("/tickets/views", {"deed": "delete", "key": key}).status_code == 302
    assert session.scalars(select(SavedView.id)).all() == []


def test_a_shared_view_shows_each_person_her_own_rows(app: Flask, stranger: Person, clerk: Person, cast: Cast) -> None:
    key = save(sign_in(app, address(Role.QUALITY_OFFICER)), audience="all")
    assert rows(clerk, f"/tickets/?view={key}") == [f"{NEXT}-T", f"{OWN}-T"]
    assert rows(stranger, f"/tickets/?view={key}") == [f"{OTHER}-T"]


@pytest.mark.parametrize("audience", ["all", "estate-1", "estate-", "estate-999", "nonsense"])
def test_only_who_may_shares(clerk: Person, session: Session, audience: str) -> None:
    answer = clerk.post("/tickets/views", {"deed": "save", "name": "Mine", "audience": audience})
    assert (answer.status_code, session.scalars(select(SavedView.id)).all()) == (403, [])


def test_nobody_shares_with_an_estate_that_she_does_not_serve(supervisor: Person, cast: Cast) -> None:
    form = {"deed": "save", "name": "Mine", "audience": f"estate-{cast.id_of('estates', OTHER)}"}
    assert supervisor.post("/tickets/views", form).status_code == 403


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "Give the view a name"), ("  \x00 ", "Give the view a name"), ("x" * 41, "40 at most are allowed")],
)
def test_a_view_needs_a_name(clerk: Person, name: str, sentence: str) -> None:
    answer = clerk.post("/tickets/views?kind=repair", {"deed": "save", "name": name}, headers=ENGLISH)
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_a_name_is_taken_once_per_person_and_list(clerk: Person, supervisor: Person) -> None:
    save(clerk)
    answer = clerk.post("/tickets/views", {"deed": "save", "name": "Mine"}, headers=ENGLISH)
    assert (answer.status_code, "This is taken already" in answer.text) == (422, True)
    assert clerk.post("/units/views", {"deed": "save", "name": "Mine"}).status_code == 302
    save(supervisor)


@pytest.mark.parametrize("form", [{}, {"deed": "nonsense"}, {"deed": "save"}, {"deed": "delete", "key": "overdue"}])
def test_what_no_form_says_does_nothing(clerk: Person, session: Session, form: dict[str, str]) -> None:
    before = state(session)
    assert clerk.post("/tickets/views", form).status_code in {400, 403, 422}
    assert state(session) == before


def test_a_view_is_a_row_with_history(clerk: Person, session: Session) -> None:
    save(clerk)
    kept = session.scalars(select(History).where(History.entity == "saved_view")).one()
    assert kept.changes["name"] == [None, "Mine"]
    assert session.scalars(select(SavedView.audience)).one() is Audience.OWN


def test_the_history_shows_what_became_of_views_to_administrators_only(app: Flask, clerk: Person) -> None:
    save(clerk, name="Secretly")
    admin = sign_in(app, address(Role.ADMINISTRATOR))
    assert "Secretly" in admin.get("/history/?entity=saved_view").text
    assert "Secretly" not in clerk.get("/history/").text


def test_the_sheet_of_views_needs_no_script(clerk: Person) -> None:
    key = save(clerk)
    page = clerk.get(f"/tickets/views?view={key}").text
    assert ("<h1>" in page, page.count('name="deed" value="delete"')) == (True, 1)


def test_however_many_others_share_the_own_views_stay(app: Flask, clerk: Person) -> None:
    save(clerk, name="zz own")
    officer = sign_in(app, address(Role.QUALITY_OFFICER))
    [save(officer, name=f"!{number}", audience="all") for number in range(61)]
    assert "zz own" in tabs(clerk)
