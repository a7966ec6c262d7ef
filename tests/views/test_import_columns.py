"""What fills what: the columns of a file as matched and as decided by hand."""

import re

import pytest
from flask import Flask

from models.account import Role
from tests.infrastructure.people import Cast, Person, address, sign_in
from tests.infrastructure.runs import counts, decide, headings, page, run_of

# What a screen shows does not depend on the database; what it stores is tested where it is stored.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

KNOWN = "业主编号,业主姓名,手机号\nA1,陈静,13812345678\n"
ODD = "号,户主大名,甲\nA1,陈静,随便\nA2,李雷,什么\n"


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def chosen(text: str) -> dict[str, str]:
    """By select what is chosen in it, where anything is."""
    selects = re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL)
    found = {name: re.findall(r'<option value="([^"]*)"[^>]* selected', options) for name, options in selects}
    return {name: values[0] for name, values in found.items() if values and values[0]}


def test_each_column_says_what_it_fills_and_why(cast: Cast, admin: Person) -> None:
    shown = page(admin, f"{run_of(admin, cast.id_of('estates'), KNOWN)}columns")
    fills = {name: value for name, value in chosen(shown).items() if name.startswith("column-")}
    assert fills == {"column-0": "number", "column-1": "name", "column-2": "phone"}
    assert shown.count("<b>Certain</b> · ") == 3
    assert "13812345678" in shown


def test_a_column_of_an_unknown_name_is_chosen_by_hand(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), ODD)
    decide(admin, f"{run}columns", **{"column-0": "number", "column-1": "name", "column-2": "@note"})
    assert counts(admin, f"{run}columns")["Preview"] == "2"
    assert chosen(page(admin, f"{run}columns"))["column-2"] == "@note"


def test_two_columns_for_one_field_are_said(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), KNOWN)
    decide(admin, f"{run}columns", **{"column-0": "number", "column-1": "name", "column-2": "name"})
    assert "only the first one fills Owner name" in page(admin, f"{run}columns")


def test_what_no_column_fills_is_a_fixed_text_or_a_part_of_another(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), "业主编号,业主姓名,位置\nA1,陈静,7栋/7-1-101\n")
    asked = {
        "column-0": "number",
        "column-1": "name",
        "from-note": "text",
        "text-note": "2026",
        "from-unit.building_id": "2",
        "divider-unit.building_id": "/",
        "piece-unit.building_id": "0",
        "from-unit.code": "2",
        "divider-unit.code": "/",
        "piece-unit.code": "-1",
    }
    decide(admin, f"{run}columns", **asked)
    kept = chosen(page(admin, f"{run}columns"))
    assert {name: kept.get(name) for name in asked if name.startswith(("from", "piece")) and asked[name] != "0"} == {
        "from-note": "text",
        "from-unit.building_id": "2",
        "from-unit.code": "2",
        "piece-unit.code": "-1",
    }
    assert headings(page(admin, f"{run}problems"))[0].startswith("1 位置: Unit 7-1-101 does not exist")


def test_a_word_that_a_choice_does_not_know_gets_its_meaning(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), "业主编号,业主姓名,联系偏好\nA1,陈静,打电话\nA2,李雷,打电话\n")
    columns = f"{run}columns"
    assert chosen(page(admin, columns))["value-contact_preference-0"] == "phone"
    whole: dict[str, str | list[str]] = {"column-0": "number", "column-1": "name", "column-2": "contact_preference"}
    whole |= {"word-contact_preference": ["打电话"]}
    decide(admin, columns, **(whole | {"value-contact_preference-0": "phone"}))
    assert counts(admin, columns)["Problems"] == "0"
    decide(admin, columns, **(whole | {"value-contact_preference-0": ""}))
    assert headings(page(admin, f"{run}problems"))[0].startswith("2 联系偏好")


def test_what_was_decided_by_hand_is_started_anew(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), KNOWN)
    decide(admin, f"{run}columns", **{"column-0": "number", "column-1": "name"})
    assert "column-2" not in chosen(page(admin, f"{run}columns"))
    decide(admin, f"{run}columns", anew="yes")
    assert chosen(page(admin, f"{run}columns"))["column-2"] == "phone"


def test_both_readings_of_a_date_are_shown(cast: Cast, admin: Person) -> None:
    text = "房号,业主编号,起始日期\n1-101,A1,03/04/2026\n"
    run = run_of(admin, cast.id_of("estates"), text, kind="ownerships")
    decide(admin, f"{run}columns", **{"column-0": "unit_id", "column-1": "owner_id", "column-2": "from_on"})
    shown = page(admin, f"{run}columns")
    assert "03/04/2026 → 2026-04-03 (day, month, year)" in shown
    assert "03/04/2026 → 2026-03-04 (month, day, year)" in shown


def test_what_was_decided_for_such_a_file_is_taken_over_and_said(cast: Cast, admin: Person) -> None:
    first = run_of(admin, cast.id_of("estates"), ODD)
    decide(admin, f"{first}columns", **{"column-0": "number", "column-1": "name", "column-2": "@note"})
    admin.post(f"{first}commit")
    again = run_of(admin, cast.id_of("estates"), ODD.replace("陈静", "陈晶"))
    shown = page(admin, f"{again}columns")
    assert "Filled in as decided for such a file on" in shown
    assert {chosen(shown)["column-1"], chosen(shown)["column-2"]} == {"name", "@note"}
    decide(admin, f"{again}columns", anew="yes")
    assert "Filled in as decided" not in page(admin, f"{again}columns")


def test_a_divider_that_is_no_sign_divides_nothing(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), KNOWN)
    asked = {"column-0": "number", "column-1": "name", "from-note": "1", "divider-note": "\x00"}
    decide(admin, f"{run}columns", **asked)
    assert "data-run-work" not in page(admin, run)
