"""What is wrong with a file and how it is put right, as an estate admin does it."""

import pytest
from flask import Flask

from models.account import Role
from tests.infrastructure.people import OTHER, Cast, Person, address, sign_in
from tests.infrastructure.runs import buttons, counts, decide, headings, page, run_of

# What a screen shows does not depend on the database; what it stores is tested where it is stored.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HEADER = "业主编号,业主姓名,手机号\n"
BAD = HEADER + "A1,陈静,13812345678\nA2,李雷,12345\nA3,韩梅,123\nA4,,13912345678\n"
PLACES = "业主编号,业主姓名,楼栋,房号\nA1,陈静,9栋,9-1-101\nA2,李雷,9栋,9-1-102\n"


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def problems(person: Person, run: str) -> str:
    return page(person, f"{run}problems")


def test_problems_are_grouped_by_kind_and_column_most_first(cast: Cast, admin: Person) -> None:
    found = headings(problems(admin, run_of(admin, cast.id_of("estates"), BAD)))
    assert [heading.split(":")[0] for heading in found] == ["2 手机号", "1 业主姓名"]
    assert "… is not a phone number" in found[0]


def test_a_whole_group_is_left_out_and_taken_back(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), BAD)
    path = f"{run}problems"
    offered = buttons(page(admin, path))
    decide(admin, path, **offered["Leave these lines out (2 lines)"])
    repaired = page(admin, path)
    assert "2 lines with problems fewer, 1 left." in repaired
    assert counts(admin, path)["Problems"] == "1"
    take_back = next(fields for label, fields in buttons(repaired).items() if label.startswith("Take back"))
    decide(admin, path, **take_back)
    assert counts(admin, path)["Problems"] == "3"


def test_a_single_cell_is_corrected_and_taken_back(cast: Cast, admin: Person) -> None:
    path = f"{run_of(admin, cast.id_of('estates'), BAD)}problems"
    fix = buttons(page(admin, path))["Line 3, 手机号"]
    assert fix["text"] == "12345"
    decide(admin, path, **(fix | {"text": "13700000000"}))
    corrected = page(admin, path)
    assert "Line 3: 手机号: 13700000000" in corrected
    assert "1 lines with problems fewer, 2 left." in corrected
    assert counts(admin, path)["Problems"] == "2"
    decide(admin, path, **buttons(corrected)["Take back: Line 3: 手机号: 13700000000"])
    assert counts(admin, path)["Problems"] == "3"


def test_lines_on_one_record_name_each_other_at_the_cell_in_which_they_differ(cast: Cast, admin: Person) -> None:
    text = HEADER + "A1,陈静,13812345678\nA2,李雷,13912345678\nA1,陈静,13700000000\nA2,李雷,13912345678\n"
    found = problems(admin, run_of(admin, cast.id_of("estates"), text))
    assert {heading.split(":")[0] for heading in headings(found)} == {"2 手机号", "1 业主编号"}
    assert found.count("Lines 2, 4 say different things of the same record") == 2
    assert buttons(found)["Line 4, 手机号"]["text"] == "13700000000"


def test_what_a_file_of_refused_rows_adds_is_not_shown_as_data(cast: Cast, admin: Person) -> None:
    text = "行号,问题,业主编号,业主姓名,手机号\n7,电话无效,A1,陈静,12345\n"
    run = run_of(admin, cast.id_of("estates"), text)
    assert "电话无效" not in problems(admin, run)
    assert counts(admin, f"{run}problems")["Columns"] == "3/3"


def test_lines_of_one_name_and_phone_are_taken_for_one_owner_and_taken_back(cast: Cast, admin: Person) -> None:
    text = "业主姓名,手机号,房号\n陈静,13812345678,9-1-101\n陈静,13812345678,9-1-102\n"
    path = f"{run_of(admin, cast.id_of('estates'), text)}problems"
    create = next(fields for label, fields in buttons(page(admin, path)).items() if label.startswith("Create"))
    decide(admin, path, **create)
    decide(admin, path, **buttons(page(admin, path))["Take lines of one name and phone for one owner"])
    joined = page(admin, path)
    assert counts(admin, path)["Problems"] == "0"
    decide(admin, path, **buttons(joined)["Take back: Lines of one name and phone taken for one owner"])
    assert "has this name and phone too" in page(admin, path)


def test_missing_units_are_created_on_one_click(cast: Cast, admin: Person) -> None:
    path = f"{run_of(admin, cast.id_of('estates'), PLACES)}problems"
    create = next(fields for label, fields in buttons(page(admin, path)).items() if label.startswith("Create"))
    decide(admin, path, **create)
    assert counts(admin, path)["Problems"] == "0"
    assert "Missing buildings and units are created" in page(admin, path)


GONE: list[dict[str, str]] = [
    {},
    {"deed": "repair", "group": "gone", "repair": "0"},
    {"deed": "repair", "group": "gone", "repair": "9" * 5000},
    {"deed": "edit", "line": "٣", "index": "-1", "text": "x"},
    {"deed": "edit", "line": "3", "index": "99", "text": "x"},
    {"deed": "take-back", "what": "repair 7"},
    {"deed": "take-back", "what": "line 3"},
]


def test_what_is_gone_is_said(cast: Cast, admin: Person) -> None:
    path = f"{run_of(admin, cast.id_of('estates'), BAD)}problems"
    said = [page(admin, decide(admin, path, **asked)) for asked in GONE]
    assert ["the problems have changed meanwhile" in text for text in said] == [True] * len(GONE)


def test_after_loading_nothing_is_decided_any_more(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), BAD)
    admin.post(f"{run}commit")
    decide(admin, f"{run}problems", deed="edit", line="3", index="2", text="13700000000")
    after = page(admin, f"{run}problems")
    assert "The run is over" in after
    assert buttons(after) == {}


def test_the_problems_of_another_estate_do_not_exist(app: Flask, cast: Cast, admin: Person) -> None:
    run = run_of(sign_in(app, address(Role.ADMINISTRATOR)), cast.id_of("estates", OTHER), BAD)
    assert {admin.get(f"{run}{name}").status_code for name in ("problems", "columns", "answer")} == {404}
