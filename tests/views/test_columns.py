"""The columns of a list, its density and size of page: chosen, remembered for the person, reset."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import entities
from models.list_preference import Density, ListPreference
from models.owner import Owner
from models.ticket import Ticket
from operations.write import Insert, write, writing
from tests.infrastructure.people import AT, BY, ID_NUMBER, OWN, PHONE, Cast, Person, address, sign_in
from views.list_columns import offered_columns, usual_columns

HEADING = re.compile(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]+)')
OFFERED = re.compile(r'<input type="checkbox" name="column" value="([^"]+)"( checked)?')
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


def headings(person: Person, path: str) -> list[str]:
    found = HEADING.findall(person.get(path, headers=ENGLISH).text)
    return [unescape(each).strip(" ↑↓\n") for each in found]


def choose(person: Person, name: str, *columns: str, **form: Any) -> None:
    answer = person.post(f"/{name}/columns?view=all", {"column": list(columns), **form})
    assert answer.status_code == 302, answer.text


def test_the_ticket_list_shows_what_the_desk_works_with(clerk: Person) -> None:
    assert headings(clerk, "/tickets/") == [
        *("Ticket code", "Subject", "Unit", "Owner", "Kind", "Severity", "State", "Assignee", "Opened", "Next due"),
        "Level",
    ]
    assert usual_columns(Ticket)[-1] == "level"


def test_columns_are_shown_as_chosen_and_in_that_order(clerk: Person, app: Flask) -> None:
    choose(clerk, "tickets", "subject", "level", "category", "code")
    assert headings(clerk, "/tickets/") == ["Subject", "Level", "Category", "Ticket code"]
    elsewhere = sign_in(app, address(Role.CLERK))
    assert headings(elsewhere, "/tickets/") == ["Subject", "Level", "Category", "Ticket code"]


def test_a_choice_is_the_persons_own(clerk: Person, app: Flask) -> None:
    choose(clerk, "tickets", "subject")
    assert "Kind" in headings(sign_in(app, address(Role.SUPERVISOR)), "/tickets/")
    assert "Unit code" in headings(clerk, "/units/")


def test_the_first_column_names_the_row(clerk: Person, cast: Cast) -> None:
    choose(clerk, "tickets", "subject", "code")
    page = clerk.get("/tickets/").text
    assert f'<a href="/tickets/{cast.id_of("tickets")}/">{OWN} subject</a></th>' in page


def test_what_is_unknown_secret_or_said_twice_is_left_out(clerk: Person, session: Session) -> None:
    choose(clerk, "tickets", "code", "password", "nonsense", "code", "kind", "version", "id")
    assert headings(clerk, "/tickets/") == ["Ticket code", "Kind"]


def test_no_column_at_all_changes_nothing(clerk: Person) -> None:
    before = headings(clerk, "/tickets/")
    choose(clerk, "tickets")
    assert headings(clerk, "/tickets/") == before


def test_a_column_that_is_no_more_falls_away(clerk: Person, session: Session) -> None:
    choose(clerk, "tickets", "code", "kind")
    session.query(ListPreference).update({"columns": "gone,code"})
    session.commit()
    assert headings(clerk, "/tickets/") == ["Ticket code"]


def test_a_personal_column_is_shown_masked(app: Flask, clerk: Person, cast: Cast) -> None:
    auditor = sign_in(app, address(Role.AUDITOR))
    choose(auditor, "owners", "name", "phone", "id_number")
    choose(clerk, "owners", "name", "phone")
    masked, clear = auditor.get("/owners/").text, clerk.get("/owners/").text
    assert (PHONE in masked, ID_NUMBER in masked, "138****5678" in masked) == (False, False, True)
    assert PHONE in clear


def test_density_and_size_of_page_are_remembered(clerk: Person, session: Session) -> None:
    choose(clerk, "tickets", density="compact", size="20")
    kept = session.scalars(select(ListPreference)).one()
    assert (kept.density, kept.page_size, kept.columns) == (Density.COMPACT, 20, None)
    assert 'data-density="compact"' in clerk.get("/tickets/").text
    assert re.search(r'name="size" value="20" checked', clerk.get("/tickets/columns").text)


def test_the_address_says_its_own_size(clerk: Person) -> None:
    choose(clerk, "tickets", size="20")
    assert re.search(r'name="size" value="100" checked', clerk.get("/tickets/columns?size=100").text)


@pytest.mark.parametrize("form", [{"size": "7"}, {"size": "9" * 40}, {"density": "airy"}, {"size": ""}])
def test_what_no_form_says_is_not_kept(clerk: Person, session: Session, form: dict[str, str]) -> None:
    choose(clerk, "tickets", **form)
    kept = session.scalars(select(ListPreference)).one_or_none()
    assert kept is None or (kept.page_size, kept.density) == (None, Density.COMFORTABLE)


def test_everything_can_be_as_it_was(clerk: Person) -> None:
    before = headings(clerk, "/tickets/")
    choose(clerk, "tickets", "code", density="compact", size="20")
    choose(clerk, "tickets", "code", deed="reset")
    assert headings(clerk, "/tickets/") == before
    assert 'data-density="comfortable"' in clerk.get("/tickets/").text


def test_the_filters_outlast_the_choice(clerk: Person) -> None:
    answer = clerk.post("/tickets/columns?kind=repair&sort=opened_at&size=20", {"column": ["code"], "size": "50"})
    assert answer.location == "/tickets/?kind=repair&sort=opened_at"


@pytest.mark.parametrize("name", entities())
def test_every_list_offers_its_columns_and_can_show_them_all(app: Flask, cast: Cast, name: str) -> None:
    admin, model = sign_in(app, address(Role.ADMINISTRATOR)), entities()[name]
    offered = [column for column, _ in OFFERED.findall(admin.get(f"/{name}/columns").text)]
    assert sorted(offered) == sorted(offered_columns(model))
    choose(admin, name, *offered)
    assert admin.get(f"/{name}/").status_code == 200


def test_no_secret_is_offered(app: Flask, cast: Cast) -> None:
    admin = sign_in(app, address(Role.ADMINISTRATOR))
    assert "password" not in admin.get("/accounts/columns").text.replace('href="/password"', "")
    assert set(offered_columns(Owner)) <= set(Owner.__table__.columns.keys())


def test_two_first_choices_at_the_same_moment_are_both_kept(clerk: Person, session: Session, cast: Cast) -> None:
    """In two windows: one chooses the density, the other the columns."""
    values = {"account_id": cast.accounts[Role.CLERK], "entity": "tickets", "density": Density.COMPACT}
    with ThreadPoolExecutor(1) as other:
        with writing(session):
            write(session, [Insert(ListPreference, values)], by=BY, at=AT)
            chosen = other.submit(clerk.post, "/tickets/columns?view=all", {"column": ["code", "kind"]})
            wait([chosen], timeout=1)
        assert chosen.result().status_code == 302
    found = session.scalars(select(ListPreference)).one()
    assert (found.density, found.columns) == (Density.COMPACT, "code,kind")
