"""Loading a file through the pages, as an estate admin does."""

import re
from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.building import Building
from models.faults import Fault
from models.history import History
from models.import_batch import ImportBatch
from models.owner import Owner
from operations.write import Insert, Refused, Stale, Update, write, writing
from tests.infrastructure.people import AT, BY, OTHER, OWN, Cast, Person, address, settle, sign_in
from tests.infrastructure.statements import selects

HEADER = "业主编号,业主姓名,手机号\n"
GOOD = HEADER + "A1,陈静,13812345678\nA2,李雷,13912345678\n"
MIXED = GOOD + "A3,韩梅,12345\n"


@pytest.fixture
def cast(session: Session) -> Cast:
    return settle(session)


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def upload(person: Person, estate_id: int, text: str, **fields: str) -> TestResponse:
    data = {"kind": "owners", "estate": str(estate_id), "file": (BytesIO(text.encode()), "owners.csv"), **fields}
    return person.post("/load/", data, content_type="multipart/form-data")


def previewed(person: Person, estate_id: int, text: str, **fields: str) -> str:
    """The path of the preview."""
    answer = upload(person, estate_id, text, **fields)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def owners(session: Session, estate_id: int) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(Owner.estate_id == estate_id)) or 0


def tabs(person: Person, path: str) -> list[str]:
    """The counts as shown: new, changed, unchanged, refused."""
    return re.findall(r"<strong>(\d+)</strong>", person.get(path).text)


def test_a_preview_writes_no_owner(session: Session, cast: Cast, admin: Person) -> None:
    before = owners(session, cast.id_of("estates"))
    path = previewed(admin, cast.id_of("estates"), GOOD)
    assert tabs(admin, path) == ["2", "0", "0", "0"]
    assert owners(session, cast.id_of("estates")) == before


def test_loading_writes_the_good_rows_with_their_history(session: Session, cast: Cast, admin: Person) -> None:
    before = owners(session, cast.id_of("estates"))
    path = previewed(admin, cast.id_of("estates"), MIXED)
    admin.post(f"{path}commit")
    batch_id = int(path.rstrip("/").rpartition("/")[2])
    assert owners(session, cast.id_of("estates")) == before + 2
    assert session.scalar(select(func.count()).where(History.batch_id == batch_id)) == 2


def test_the_same_file_again_is_unchanged(cast: Cast, admin: Person) -> None:
    admin.post(f"{previewed(admin, cast.id_of('estates'), GOOD)}commit")
    again = previewed(admin, cast.id_of("estates"), GOOD)
    assert tabs(admin, again) == ["0", "0", "2", "0"]
    assert "There is nothing to load" in admin.get(again, headers={"Accept-Language": "en"}).text


def test_all_or_nothing_loads_nothing_while_a_row_is_refused(session: Session, cast: Cast, admin: Person) -> None:
    before = owners(session, cast.id_of("estates"))
    path = previewed(admin, cast.id_of("estates"), MIXED)
    admin.post(f"{path}commit", {"all_or_nothing": "yes"})
    assert owners(session, cast.id_of("estates")) == before


def test_a_second_commit_adds_nothing(session: Session, cast: Cast, admin: Person) -> None:
    path = previewed(admin, cast.id_of("estates"), GOOD)
    admin.post(f"{path}commit")
    before = owners(session, cast.id_of("estates"))
    admin.post(f"{path}commit")
    assert owners(session, cast.id_of("estates")) == before


def test_a_refused_row_names_line_column_value_and_sentence(cast: Cast, admin: Person) -> None:
    page = admin.get(previewed(admin, cast.id_of("estates"), MIXED), headers={"Accept-Language": "en"}).text
    cells = re.findall(r'data-label="[^"]+">([^<]*)<', page)
    assert cells[:3] == ["4", "手机号", "12345"]
    assert cells[3].startswith("12345 is not a phone number")


def test_refused_rows_can_be_corrected_and_loaded(session: Session, cast: Cast, admin: Person) -> None:
    path = previewed(admin, cast.id_of("estates"), MIXED)
    admin.post(f"{path}commit")
    before = owners(session, cast.id_of("estates"))
    refused = admin.get(f"{path}refused.csv").get_data().decode("utf-8-sig")
    corrected = previewed(admin, cast.id_of("estates"), refused.replace(",12345", ",13700000000"))
    admin.post(f"{corrected}commit")
    assert owners(session, cast.id_of("estates")) == before + 1


def test_dropping_a_file_changes_nothing(session: Session, cast: Cast, admin: Person) -> None:
    before = owners(session, cast.id_of("estates"))
    path = previewed(admin, cast.id_of("estates"), GOOD)
    admin.post(f"{path}drop")
    admin.post(f"{path}commit")
    assert owners(session, cast.id_of("estates")) == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("甲,乙\n1,2\n", "No heading of the file is known"),
    ],
)
def test_an_unusable_file_gets_a_sentence(cast: Cast, admin: Person, text: str, sentence: str) -> None:
    data = {"kind": "owners", "estate": str(cast.id_of("estates")), "file": (BytesIO(text.encode()), "x.csv")}
    headers = {"Accept-Language": "en"}
    answer = admin.post("/load/", data, content_type="multipart/form-data", headers=headers)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_no_file_and_no_estate_get_a_sentence(cast: Cast, admin: Person) -> None:
    assert admin.post("/load/", {"kind": "owners", "estate": str(cast.id_of("estates"))}).status_code == 422
    assert admin.post("/load/", {"kind": "owners"}).status_code == 422


def test_nobody_loads_into_an_estate_they_do_not_serve(session: Session, cast: Cast, admin: Person) -> None:
    before = owners(session, cast.id_of("estates", OTHER))
    assert upload(admin, cast.id_of("estates", OTHER), GOOD).status_code == 403
    assert owners(session, cast.id_of("estates", OTHER)) == before


@pytest.mark.parametrize("deed", ["", "refused.csv"])
def test_a_file_of_another_estate_does_not_exist(app: Flask, cast: Cast, admin: Person, deed: str) -> None:
    path = previewed(sign_in(app, address(Role.ADMINISTRATOR)), cast.id_of("estates", OTHER), GOOD)
    assert admin.get(f"{path}{deed}").status_code == 404


@pytest.mark.parametrize("deed", ["commit", "drop"])
def test_a_file_of_another_estate_cannot_be_loaded_or_dropped(
    app: Flask, session: Session, cast: Cast, admin: Person, deed: str
) -> None:
    path = previewed(sign_in(app, address(Role.ADMINISTRATOR)), cast.id_of("estates", OTHER), GOOD)
    assert admin.post(f"{path}{deed}").status_code == 404
    session.rollback()
    assert session.scalars(select(ImportBatch.state).order_by(ImportBatch.id.desc())).first() == "previewed"


@pytest.mark.parametrize("role", [Role.CLERK, Role.BUTLER, Role.ENGINEER, Role.SUPERVISOR, Role.HQ, Role.AUDITOR])
def test_who_may_not_import_cannot_reach_the_page(app: Flask, cast: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    assert person.get("/load/").status_code == 403
    assert upload(person, cast.id_of("estates"), GOOD).status_code == 403


@pytest.mark.parametrize("after", ["x", "-1", "９", "99999999999999999999", ""])
def test_a_bad_place_in_the_preview_is_no_error(cast: Cast, admin: Person, after: str) -> None:
    assert admin.get(f"{previewed(admin, cast.id_of('estates'), GOOD)}?after={after}&show=nothing").status_code == 200


def test_the_template_can_be_filled_in_and_loaded(tmp_path: Path, cast: Cast, admin: Person) -> None:
    header = admin.get("/load/template/owners.csv").get_data().decode("utf-8-sig").strip()
    row = ",".join({"业主编号": "T1", "业主姓名": "陈静"}.get(name, "") for name in header.split(","))
    assert tabs(admin, previewed(admin, cast.id_of("estates"), f"{header}\n{row}\n")) == ["1", "0", "0", "0"]


def test_the_place_of_the_file_is_kept_out_of_its_name(cast: Cast, admin: Person) -> None:
    data = {
        "kind": "owners",
        "estate": str(cast.id_of("estates")),
        "file": (BytesIO(GOOD.encode()), "../../../etc/业主<b>.csv"),
    }
    answer = admin.post("/load/", data, content_type="multipart/form-data")
    assert "<b>.csv" not in admin.get(answer.headers["Location"]).text


def test_rows_of_the_own_estate_are_matched_by_their_number(cast: Cast, admin: Person) -> None:
    text = HEADER + f"{OWN},Owner {OWN},13800000000\n"
    path = previewed(admin, cast.id_of("estates"), text)
    assert tabs(admin, path) == ["0", "1", "0", "0"]
    assert "13812345678</del>" in admin.get(path).text


@pytest.mark.parametrize("row_id", ["9" * 5000, "x", "٣", "-1"])
def test_no_id_of_a_file_is_too_much(cast: Cast, admin: Person, row_id: str) -> None:
    assert {admin.get(f"/load/{row_id}/").status_code, admin.post(f"/load/{row_id}/commit").status_code} == {404}


@pytest.mark.parametrize("fault", ["refused", "stale"])
def test_what_stands_against_loading_is_said_on_the_preview(
    cast: Cast, admin: Person, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    text = HEADER + f"{OWN},Owner {OWN},13800000000\n"
    path = previewed(admin, cast.id_of("estates"), text)
    raised = {
        "refused": Refused(Owner, {"number": Fault("There is one already"), "id": Fault("of no column")}),
        "stale": Stale(Owner, [cast.id_of("owners")]),
    }
    monkeypatch.setattr("views.imports.commit", Mock(side_effect=raised[fault]))
    answer = admin.post(f"{path}commit", headers={"Accept-Language": "en"})
    page = admin.get(answer.location, headers={"Accept-Language": "en"}).text
    assert "Nothing was loaded" in page
    assert {"refused": "Owner number: There is one already", "stale": "Lines: 2"}[fault] in page


def test_rows_refused_meanwhile_are_shown(session: Session, cast: Cast, admin: Person) -> None:
    text = HEADER + f"{OWN},Owner {OWN},13800000000\n"
    path = previewed(admin, cast.id_of("estates"), text)
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "Meanwhile"})], by=BY, at=AT)
    answer = admin.post(f"{path}commit")
    assert "show=refused" in answer.location
    assert tabs(admin, answer.location) == ["0", "0", "0", "1"]
    assert re.findall(r'<th scope="row"[^>]*>(\d+)<', admin.get(answer.location).text) == ["2"]


def test_the_encoding_is_called_as_people_know_it(cast: Cast, admin: Person) -> None:
    page = admin.get(previewed(admin, cast.id_of("estates"), GOOD)).text
    assert ("· UTF-8" in page, "utf-8-sig" in page) == (True, False)


def test_a_preview_takes_a_bounded_number_of_statements(session: Session, cast: Cast, admin: Person) -> None:
    one = _linked_units(session, cast, admin, 1)
    assert _linked_units(session, cast, admin, 30) == one


def _linked_units(session: Session, cast: Cast, admin: Person, number: int) -> int:
    """How many statements the preview of so many ownerships of as many units takes."""
    buildings = [
        {"estate_id": cast.id_of("estates"), "code": f"B{number}-{each}", "name": "x"} for each in range(number)
    ]
    with writing(session):
        write(session, [Insert(Building, values) for values in buildings], by=BY, at=AT)
    lines = "".join(f"U{number}-{each},B{number}-{each}\n" for each in range(number))
    path = previewed(admin, cast.id_of("estates"), "房号,楼栋\n" + lines, kind="units")
    with selects(session) as sent:
        page = admin.get(f"{path}?show=new").text
    assert f"B{number}-0 x" in page
    return len(sent)


def test_a_changed_row_says_whom_it_changes(cast: Cast, admin: Person) -> None:
    path = previewed(admin, cast.id_of("estates"), HEADER + f"{OWN},Owner {OWN},13800000000\n")
    assert f'<b class="subject">Owner {OWN} {OWN}</b>' in admin.get(path).text
