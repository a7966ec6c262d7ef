"""The search box: what is typed is cleaned like what is stored, and gives nothing masked away."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Role
from models.owner import Owner
from models.unit import Unit
from operations.write import Update, write, writing
from tests.infrastructure.people import AT, BY, ID_NUMBER, NEXT, OTHER, OWN, PHONE, Cast, Person, add, address, sign_in

ROW = re.compile(r'<th scope="row"[^>]*><a href="/\w+/(\d+)/">')


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


def found(person: Person, name: str, text: str) -> set[int]:
    """The rows that the list shows for the words."""
    page = person.get(person.post(f"/{name}/find", {"text": text}).location)
    assert page.status_code == 200
    return {int(row_id) for row_id in ROW.findall(page.text)}


def set_owner(session: Session, cast: Cast, **values: Any) -> None:
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), values)], by=BY, at=AT)


@pytest.mark.parametrize(
    "typed",
    ["138 1234 5678", "138-1234-5678", "１３８１２３４５６７８", "+86 13812345678", f" {PHONE} ", f"{PHONE} {OWN}"],
)
def test_a_phone_is_found_however_it_is_spelt(admin: Person, cast: Cast, typed: str) -> None:
    assert cast.id_of("owners") in found(admin, "owners", typed)


def test_a_landline_is_found_with_its_area_code(admin: Person, session: Session, cast: Cast) -> None:
    set_owner(session, cast, phone="010-62345678")
    assert found(admin, "owners", "(010) 62345678") == {cast.id_of("owners")}


def test_an_id_number_is_found_with_a_small_x(admin: Person, session: Session, cast: Cast) -> None:
    set_owner(session, cast, id_number="11010119900307123X")
    assert found(admin, "owners", "11010119900307123x") == {cast.id_of("owners")}


@pytest.mark.parametrize("typed", ["a-10", "A-10", "Ａ－１０", "A-1"])
def test_a_code_is_found_by_its_beginning_in_either_case(
    admin: Person, session: Session, cast: Cast, typed: str
) -> None:
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    unit_id = add(session, Unit, code="A-101", **place)
    add(session, Unit, code="A_101", **place)
    assert found(admin, "units", typed) == {unit_id}


def test_only_the_beginning_of_a_code_counts(admin: Person) -> None:
    assert found(admin, "units", "ZOWN") == set()


@pytest.mark.parametrize("typed", [f"{OWN}-1", f"owner {OWN}", PHONE])
def test_a_ticket_is_found_by_its_unit_and_its_owner(admin: Person, cast: Cast, typed: str) -> None:
    assert cast.id_of("tickets") in found(admin, "tickets", typed)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HQ, Role.QUALITY_OFFICER])
@pytest.mark.parametrize("name", ["owners", "tickets", "ownerships"])
def test_who_sees_phones_masked_finds_nobody_by_them(app: Flask, cast: Cast, role: Role, name: str) -> None:
    person = sign_in(app, address(role))
    assert [text for text in (PHONE, ID_NUMBER) if found(person, name, text)] == []


def test_who_sees_phones_masked_finds_nobody_by_them_in_a_lookup(app: Flask, cast: Cast) -> None:
    assert sign_in(app, address(Role.AUDITOR)).post("/owners/lookup", {"text": PHONE}).json == []


def test_an_export_of_a_search_by_phone_is_as_narrow(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.AUDITOR))
    query = person.post("/owners/find", {"text": PHONE}).location.partition("?")[2]
    assert f"Owner {OWN}" not in person.get(f"/owners/export/csv?{query}").text


def test_who_sees_phones_in_one_estate_finds_by_them_there(app: Flask, cast: Cast) -> None:
    shown = found(sign_in(app, address(Role.CLERK)), "owners", PHONE)
    assert shown == {cast.id_of("owners"), cast.id_of("owners", NEXT)}
    assert cast.id_of("owners", OTHER) not in shown


def test_an_owner_is_found_by_the_unit(admin: Person, cast: Cast) -> None:
    assert found(admin, "owners", f"{NEXT}-1") == {cast.id_of("owners", NEXT)}


def test_a_butler_finds_no_owner_by_a_unit_next_door(app: Flask, cast: Cast) -> None:
    assert found(sign_in(app, address(Role.BUTLER)), "owners", f"{NEXT}-1") == set()
