"""Loading a file through the pages, as an estate admin does: who may, and what an unusable file is told."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Role
from tests.infrastructure.people import OTHER, OWN, Cast, Person, address, sign_in
from tests.infrastructure.runs import ENGLISH, send
from tests.infrastructure.uploads import GOOD, MIXED, owners_of, tabs, uploaded


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def test_refused_rows_can_be_corrected_and_loaded(session: Session, cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, MIXED)
    admin.post(f"{path}commit")
    before = owners_of(session, cast)
    refused = admin.get(f"{path}refused.csv").get_data().decode("utf-8-sig")
    corrected = uploaded(admin, cast, refused.replace(",12345", ",13700000000"))
    admin.post(f"{corrected}commit")
    assert owners_of(session, cast) == before + 1


def test_refused_rows_come_as_a_workbook_too(cast: Cast, admin: Person) -> None:
    answer = admin.get(f"{uploaded(admin, cast, MIXED)}refused.xlsx")
    assert answer.get_data().startswith(b"PK")


def test_an_unusable_file_gets_a_sentence(cast: Cast, admin: Person) -> None:
    answer = send(admin, cast.id_of("estates"), b"", "x.csv")
    assert "empty" in admin.get(answer.location, headers=ENGLISH).text


def test_no_file_and_no_estate_get_a_sentence(cast: Cast, admin: Person) -> None:
    assert admin.post("/load/", {"kind": "owners", "estate": str(cast.id_of("estates"))}).status_code == 422
    assert admin.post("/load/", {"kind": "owners"}).status_code == 422


def test_nobody_loads_into_an_estate_they_do_not_serve(session: Session, cast: Cast, admin: Person) -> None:
    before = owners_of(session, cast, OTHER)
    assert send(admin, cast.id_of("estates", OTHER), GOOD).status_code == 403
    assert owners_of(session, cast, OTHER) == before


@pytest.mark.parametrize("role", [Role.CLERK, Role.BUTLER, Role.ENGINEER, Role.SUPERVISOR, Role.HQ, Role.AUDITOR])
def test_who_may_not_import_cannot_reach_the_page(app: Flask, cast: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    assert person.get("/load/").status_code == 403
    assert send(person, cast.id_of("estates"), GOOD).status_code == 403


def test_the_template_can_be_filled_in_and_loaded(cast: Cast, admin: Person) -> None:
    header = admin.get("/load/template/owners.csv").get_data().decode("utf-8-sig").strip()
    row = ",".join({"业主编号": "T1", "业主姓名": "陈静"}.get(name, "") for name in header.split(","))
    assert tabs(admin, uploaded(admin, cast, f"{header}\n{row}\n"))["new"] == 1


def test_the_name_of_the_file_is_shown_as_text_and_without_its_place(cast: Cast, admin: Person) -> None:
    answer = send(admin, cast.id_of("estates"), GOOD, "../../../etc/业主<b>.csv")
    assert "业主<b>.csv" not in admin.get(answer.location).text


@pytest.mark.parametrize("row_id", ["9" * 5000, "x", "٣", "-1"])
def test_no_id_of_a_file_is_too_much(cast: Cast, admin: Person, row_id: str) -> None:
    assert {admin.get(f"/load/{row_id}/").status_code, admin.post(f"/load/{row_id}/commit").status_code} == {404}


def test_the_encoding_is_called_as_people_know_it(cast: Cast, admin: Person) -> None:
    page = admin.get(uploaded(admin, cast, GOOD)).text
    assert ("· UTF-8" in page, "utf-8-sig" in page) == (True, False)


def test_rows_of_the_own_estate_are_matched_by_their_number(cast: Cast, admin: Person) -> None:
    text = f"业主编号,业主姓名,手机号\n{OWN},Owner {OWN},13800000000\n"
    assert tabs(admin, uploaded(admin, cast, text))["changed"] == 1
