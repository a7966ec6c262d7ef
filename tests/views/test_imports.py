"""Loading a file through the pages, as an estate admin does."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.history import History
from models.import_batch import ImportBatch
from models.owner import Owner
from tests.infrastructure.people import OTHER, OWN, Cast, Person, address, settle, sign_in

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


def previewed(person: Person, estate_id: int, text: str) -> str:
    """The path of the preview."""
    answer = upload(person, estate_id, text)
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
