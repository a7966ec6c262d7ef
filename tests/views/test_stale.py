"""A save that somebody was faster than: what was typed comes back, beside what they changed."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Role
from models.owner import Owner
from models.ticket import Ticket
from operations.write import Update, write, writing
from tests.infrastructure.people import AT, BY, OWN, Cast, Person, address, sign_in
from tests.infrastructure.walk import row

ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


@pytest.fixture
def owner_path(session: Session, cast: Cast) -> str:
    """The form of an owner whose name somebody changes twice after it was opened."""
    for name in ("Meanwhile", "Since then"):
        with writing(session):
            write(session, [Update(Owner, cast.id_of("owners"), {"name": name})], by=BY, at=AT)
    return f"/owners/{cast.id_of('owners')}/edit"


def test_what_was_typed_comes_back_with_what_was_changed_and_the_new_version(admin: Person, owner_path: str) -> None:
    page = admin.post(owner_path, {"number": OWN, "name": "Typed", "note": "long text", "version": "1"}, **ENGLISH)
    assert page.status_code == 409
    assert 'value="Typed"' in page.text
    assert "long text" in page.text
    assert 'name="version" value="3"' in page.text
    told = page.text.partition('id="meanwhile"')[2].partition("</div>")[0]
    assert re.findall(r"<(del|ins)>([^<]*)<", told) == [
        ("del", "Meanwhile"),
        ("ins", "Since then"),
        ("del", f"Owner {OWN}"),
        ("ins", "Meanwhile"),
    ]


def test_only_what_was_changed_since_is_told(admin: Person, owner_path: str) -> None:
    page = admin.post(owner_path, {"number": OWN, "name": "Typed", "version": "2"}, **ENGLISH)
    assert "Since then" in page.text.partition('id="meanwhile"')[2]
    assert f"Owner {OWN}" not in page.text.partition('id="meanwhile"')[2].partition("</div>")[0]


def test_to_save_again_is_a_decision_that_stands(admin: Person, session: Session, cast: Cast, owner_path: str) -> None:
    admin.post(owner_path, {"number": OWN, "name": "Typed", "version": "1"})
    again = admin.post(owner_path, {"number": OWN, "name": "Typed", "version": "3"})
    assert again.status_code == 302
    assert row(session, Owner, cast.id_of("owners"))["name"] == "Typed"


def test_a_delete_that_somebody_was_faster_than_asks_again(admin: Person, session: Session, cast: Cast) -> None:
    path = f"/owners/{cast.id_of('owners')}/delete"
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "Meanwhile"})], by=BY, at=AT)
    page = admin.post(path, {"version": "1"}, **ENGLISH)
    assert (page.status_code, "Meanwhile" in page.text, 'name="version" value="2"' in page.text) == (409, True, True)


@pytest.mark.parametrize(
    ("action", "field"), [("note", "note"), ("void", "reason"), ("reopen", "reason"), ("resolve", "note")]
)
def test_a_text_for_a_ticket_that_changed_meanwhile_comes_back(
    app: Flask, session: Session, cast: Cast, action: str, field: str
) -> None:
    with writing(session):
        write(session, [Update(Ticket, cast.id_of("tickets"), {"subject": "Changed meanwhile"})], by=BY, at=AT)
    path = f"/tickets/{cast.id_of('tickets')}/act"
    form = {"action": action, "version": "1", field: "A long explanation"}
    page = sign_in(app, address(Role.SUPERVISOR)).post(path, form, **ENGLISH)
    assert (page.status_code, "A long explanation" in page.text) == (409, True)
    assert "Changed meanwhile" in page.text.partition('id="meanwhile"')[2].partition("</div>")[0]
