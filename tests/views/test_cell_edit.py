"""Edit in the cell: the form's own checks, permission, scope and version, one column at a time."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Account, Role
from models.owner import Owner
from models.ticket import Severity, Ticket
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.accounts import Grants, edit_account
from operations.write import Update, write, writing
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.walk import row

ENGLISH = {"headers": {"Accept-Language": "en", "Accept": "application/json"}}


def put(person: Person, name: str, row_id: int, column: str, value: str, **others: Any) -> TestResponse:
    form = {"column": column, f"value-{column}": value, "version": "1", **others}
    return person.post(f"/{name}/{row_id}/cell", form, **ENGLISH)


def editor(person: Person, name: str, row_id: int, column: str) -> TestResponse:
    return person.get(f"/{name}/{row_id}/cell?column={column}", headers={"Accept-Language": "en"})


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


def test_the_cell_is_saved_and_the_row_comes_back_as_the_list_shows_it(
    admin: Person, session: Session, cast: Cast
) -> None:
    answer = put(admin, "owners", cast.id_of("owners"), "name", "陈静", columns="name,number,phone")
    assert (answer.status_code, answer.json and answer.json["version"]) == (200, 2)
    assert row(session, Owner, cast.id_of("owners"))["name"] == "陈静"
    shown = str((answer.json or {})["row"])
    assert re.findall(r'data-column="(\w+)"', shown) == ["name", "number", "phone"]
    assert "陈静" in shown


def test_the_editor_is_the_control_of_the_form_with_the_present_value(clerk: Person, cast: Cast) -> None:
    page = editor(clerk, "tickets", cast.id_of("tickets"), "severity").text
    assert '<option value="urgent" selected>' in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ADMINISTRATOR, 200),
        (Role.ESTATE_ADMIN, 403),
        (Role.CLERK, 200),
        (Role.BUTLER, 200),
        (Role.ENGINEER, 200),
        (Role.SUPERVISOR, 200),
        (Role.MANAGER, 200),
        (Role.QUALITY_OFFICER, 403),
        (Role.HQ, 403),
        (Role.AUDITOR, 403),
    ],
)
def test_who_may_edit_a_ticket_may_edit_its_cells(
    app: Flask, session: Session, cast: Cast, role: Role, status: int
) -> None:
    person, ticket_id = sign_in(app, address(role)), cast.id_of("tickets")
    assert editor(person, "tickets", ticket_id, "subject").status_code == status
    assert put(person, "tickets", ticket_id, "subject", "改过的事由").status_code == status
    assert (row(session, Ticket, ticket_id)["subject"] == "改过的事由") == (status == 200)


@pytest.mark.parametrize(("role", "place"), [(Role.CLERK, OTHER), (Role.BUTLER, NEXT), (Role.ENGINEER, NEXT)])
def test_a_row_out_of_reach_does_not_exist(app: Flask, session: Session, cast: Cast, role: Role, place: str) -> None:
    person, ticket_id = sign_in(app, address(role)), cast.id_of("tickets", place)
    assert editor(person, "tickets", ticket_id, "subject").status_code == 404
    assert put(person, "tickets", ticket_id, "subject", "taken over").status_code == 404
    assert row(session, Ticket, ticket_id)["version"] == 1


def test_a_stale_cell_is_refused_with_what_was_changed_and_the_new_value(
    admin: Person, session: Session, cast: Cast
) -> None:
    owner_id = cast.id_of("owners")
    with writing(session):
        write(session, [Update(Owner, owner_id, {"name": "Meanwhile"})], by=BY, at=AT)
    answer = put(admin, "owners", owner_id, "name", "Typed")
    said = answer.json or {}
    assert (answer.status_code, said["version"]) == (409, 2)
    assert "Owner name is now “Meanwhile”" in said["meanwhile"][0]
    assert "Meanwhile" in said["row"]
    assert put(admin, "owners", owner_id, "name", "Typed", version="2").status_code == 200


@pytest.mark.parametrize("version", ["", "x", "-1"])
def test_nothing_is_saved_blindly(admin: Person, session: Session, cast: Cast, version: str) -> None:
    assert put(admin, "owners", cast.id_of("owners"), "name", "Typed", version=version).status_code == 400
    assert row(session, Owner, cast.id_of("owners"))["version"] == 1


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("phone", "123", "123 is not a phone number"),
        ("name", " ", "A value is needed here"),
        ("number", OWN + "\x00", "NUL"),
        ("contact_preference", "smoke", "smoke is not one of the choices"),
    ],
)
def test_what_the_form_would_refuse_is_refused(
    admin: Person, session: Session, cast: Cast, column: str, value: str, sentence: str
) -> None:
    answer = put(admin, "owners", cast.id_of("owners"), column, value)
    assert (answer.status_code, sentence in (answer.json or {})["fault"]) == (422, True)
    assert row(session, Owner, cast.id_of("owners"))["version"] == 1


def test_a_fault_of_another_column_is_told_under_its_label(clerk: Person, cast: Cast) -> None:
    answer = put(clerk, "tickets", cast.id_of("tickets"), "kind", "help")
    assert answer.status_code == 422
    assert (answer.json or {})["fault"].startswith("Severity: Only complaints and repairs have a severity")


def test_a_class_set_in_a_cell_is_an_event_like_in_the_form(clerk: Person, session: Session, cast: Cast) -> None:
    assert put(clerk, "tickets", cast.id_of("tickets"), "severity", "ordinary").status_code == 200
    kinds = session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == cast.id_of("tickets")))
    assert EventKind.RECLASSIFIED in set(kinds)
    assert row(session, Ticket, cast.id_of("tickets"))["severity"] is Severity.ORDINARY


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("owners", "estate_id"),
        ("owners", "id"),
        ("owners", "version"),
        ("owners", "note"),
        ("owners", "no_such"),
        ("owners", ""),
        ("tickets", "state"),
        ("tickets", "assignee_id"),
        ("tickets", "next_due_at"),
    ],
)
def test_a_column_that_no_cell_offers_is_a_bad_request(
    app: Flask, session: Session, cast: Cast, name: str, column: str
) -> None:
    person = sign_in(app, address(Role.ADMINISTRATOR))
    assert put(person, name, cast.id_of(name), column, "1").status_code == 400


def test_a_crafted_estate_goes_nowhere(admin: Person, session: Session, cast: Cast) -> None:
    other = str(cast.id_of("estates", OTHER))
    crafted = {"estate_id": other, "value-estate_id": other, "value-name": "Typed"}
    assert put(admin, "owners", cast.id_of("owners"), "number", "N-77", **crafted).status_code == 200
    after = row(session, Owner, cast.id_of("owners"))
    assert (after["estate_id"], after["name"], after["number"]) == (cast.id_of("estates"), f"Owner {OWN}", "N-77")


def test_a_reference_to_another_estate_is_refused(admin: Person, session: Session, cast: Cast) -> None:
    stranger = str(cast.id_of("buildings", OTHER))
    assert put(admin, "units", cast.id_of("units"), "building_id", stranger).status_code == 422
    assert row(session, Unit, cast.id_of("units"))["version"] == 1


def test_a_phone_seen_only_masked_is_not_edited(app: Flask, session: Session, cast: Cast) -> None:
    account_id = cast.accounts[Role.MANAGER]
    grants = Grants({Role.ESTATE_ADMIN, Role.HQ}, {cast.id_of("estates")})
    with writing(session):
        edit_account(session, account_id, {}, grants=grants, version=None, by=BY, at=AT)
    person = sign_in(app, address(Role.MANAGER))
    theirs, own = cast.id_of("owners", OTHER), cast.id_of("owners")
    assert PHONE not in editor(person, "owners", theirs, "phone").text
    assert editor(person, "owners", theirs, "phone").status_code in {400, 404}
    assert editor(person, "owners", own, "phone").status_code == 200


def test_who_sees_no_phone_in_the_clear_is_offered_none(app: Flask, session: Session, cast: Cast) -> None:
    page = sign_in(app, address(Role.SUPERVISOR)).get("/owners/").text
    assert "data-editable" not in page


def test_an_account_is_not_edited_in_cells(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, address(Role.ADMINISTRATOR))
    assert put(person, "accounts", cast.accounts[Role.CLERK], "name", "Taken").status_code == 400
    assert row(session, Account, cast.accounts[Role.CLERK])["version"] == 1


def test_without_a_column_the_row_is_told_as_it_is_now(clerk: Person, cast: Cast) -> None:
    answer = clerk.get(f"/tickets/{cast.id_of('tickets')}/cell?columns=subject,severity", **ENGLISH)
    assert (answer.json or {})["version"] == 1
    assert f"{OWN} subject" in (answer.json or {})["row"]


def test_the_list_marks_what_can_be_edited_and_renders_no_editor(clerk: Person, cast: Cast) -> None:
    page = clerk.get("/tickets/").text
    assert re.search(r'<t[dh][^>]*data-column="subject"[^>]*data-editable', page)
    assert not re.search(r'data-column="state"[^>]*data-editable', page)
    assert "value-subject" not in page
