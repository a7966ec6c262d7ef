"""The choice of a file, and what is asked about how it is read."""

from io import BytesIO

import openpyxl
import pytest
from flask import Flask

from models.account import Role
from tests.infrastructure.people import Cast, Person, address, sign_in
from tests.infrastructure.runs import ENGLISH, counts, decide, page, run_of, send

# What a screen shows does not depend on the database; what it stores is tested where it is stored.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ROWS = [["业主编号", "业主姓名", "手机号"], ["A1", "陈静", "13812345678"], ["A2", "李雷", "13912345678"]]
TAIPEI = "業主編號,業主姓名\nA1,陳靜\nA2,王小明\n".encode("big5")


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def workbook(**sheets: list[list[str]]) -> bytes:
    """A workbook of these sheets, those whose names begin with an underscore hidden."""
    book, file = openpyxl.Workbook(), BytesIO()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("_") else "visible"
        [sheet.append(row) for row in rows]
    book.save(file)
    return file.getvalue()


def test_the_page_says_its_limits_and_offers_empty_files(admin: Person) -> None:
    shown = page(admin, "/load/")
    assert "up to 20 MB" in shown
    assert 'href="/load/template/owners.xlsx"' in shown
    book = openpyxl.load_workbook(BytesIO(admin.get("/load/template/owners.xlsx", headers=ENGLISH).get_data()))
    assert book.worksheets[0]["A1"].value == "Owner number"
    assert {admin.get(f"/load/template/{name}").status_code for name in ("owners.exe", "nothing.xlsx")} == {404}


def test_a_file_leads_to_the_first_step_that_needs_somebody(cast: Cast, admin: Person) -> None:
    header = "业主编号,业主姓名,手机号\n"
    files: dict[str, bytes | str] = {
        "": header + "A1,陈静,13812345678\n",
        "problems": header + "A1,陈静,1\n",
        "columns": "业主编号,业主姓名,东西\nA1,陈静,什么\n",
        "answer": TAIPEI,
    }
    led = [send(admin, cast.id_of("estates"), content).location for content in files.values()]
    assert [location.rpartition("/")[2] for location in led] == list(files)


def test_another_sheet_is_chosen_and_hidden_ones_are_marked(cast: Cast, admin: Person) -> None:
    book = workbook(本期=ROWS, _旧表=[ROWS[0], ["B1", "韩梅", "13700000000"]])
    run = run_of(admin, cast.id_of("estates"), book, "owners.xlsx")
    shown = page(admin, f"{run}answer")
    assert '<b>_旧表</b> <span class="tag">hidden</span>' in shown
    decide(admin, f"{run}answer", sheet="_旧表")
    assert counts(admin, run)["Preview"] == "1"


def test_the_line_of_the_headings_is_chosen(cast: Cast, admin: Person) -> None:
    text = "业主编号,业主姓名,手机号\n甲,乙,丙\nA1,陈静,13812345678\n"
    run = run_of(admin, cast.id_of("estates"), text)
    assert "<td>丙</td>" in page(admin, f"{run}answer")
    decide(admin, f"{run}answer", header_line="2")
    assert ">丙</th>" in page(admin, f"{run}columns")


def test_nonsense_about_the_file_is_found_out_instead(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), "业主编号,业主姓名\nA1,陈静\n")
    decide(admin, f"{run}answer", header_line="9" * 4000, header_rows="٣", encoding="x", delimiter="\n")
    assert counts(admin, run)["Preview"] == "1"


def test_an_unclear_encoding_is_asked_with_what_each_would_read(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), TAIPEI)
    shown = page(admin, f"{run}answer")
    assert "In which of these can you read the text?" in shown
    assert "<b>BIG5</b><pre>業主編號,業主姓名" in shown
    assert "<b>GB18030</b>" in shown
    decide(admin, f"{run}answer", encoding="big5")
    decide(admin, f"{run}columns", **{"column-0": "number", "column-1": "name"})
    assert counts(admin, run)["Preview"] == "2"


def test_a_file_of_another_kind_is_loaded_as_that(cast: Cast, admin: Person) -> None:
    run = run_of(admin, cast.id_of("estates"), "楼栋编码,楼栋名称,地上层数\nB9,九栋,18\n", "b.csv", kind="units")
    assert "This file looks like another kind: Buildings." in page(admin, f"{run}columns")
    again = decide(admin, f"{run}answer", kind="buildings")
    assert counts(admin, again)["Preview"] == "1"
    assert "Dropped" in page(admin, run)
    assert admin.post(f"{run}answer", {"kind": "accounts"}).status_code == 302
    assert admin.post(f"/load/{again.split('/')[2]}/answer", {"kind": "accounts"}).status_code == 403
