from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import Enum
from sqlalchemy.orm import Session

from importers.mapping.fields import fields
from importers.mapping.headings import map_header, weights
from importers.outgoing.choices import choices
from importers.outgoing.template import LAST_ROW, LONGEST_LIST, heading, template_csv, template_workbook
from importers.reading.files import read_table
from importers.reading.table import Table
from models.base import entities
from models.fields import parse
from models.import_batch import ImportBatch
from tests.infrastructure.loading import estate, loaded, staged
from views.language import catalog

IMPORTED = [name for name, model in entities().items() if model.__entity__ and "import" in model.__entity__.deeds]
chinese = catalog("zh_Hans_CN").gettext
LANGUAGES = [pytest.param(str, id="English"), pytest.param(chinese, id="Chinese")]

Translate = Callable[[str], str]


def spellings(label: str) -> list[str]:
    return [label, chinese(label)]


def headings(name: str) -> list[str]:
    return template_csv(entities()[name]).decode("utf-8-sig").strip().split(",")


def workbook(name: str, translate: Translate) -> Workbook:
    return load_workbook(BytesIO(template_workbook(entities()[name], spellings, translate)))


def read(folder: Path, name: str, translate: Translate, *, marked: bool = True) -> Table:
    path = folder / "template.xlsx"
    path.write_bytes(template_workbook(entities()[name], spellings, translate, marked=marked))
    return read_table(path, wanted=weights(entities()[name], spellings))


def test_the_template_of_owners_is_headed_in_chinese() -> None:
    assert headings("owners")[:3] == ["业主编号", "业主姓名", "手机号"]
    assert headings("owners")[-6:] == ["楼栋", "单元", "房号", "楼层", "建筑面积", "关系"]


@pytest.mark.parametrize("name", IMPORTED)
def test_a_template_has_no_column_that_loading_ignores(name: str) -> None:
    mapping = map_header(entities()[name], headings(name))
    assert (mapping.ignored, len(mapping.columns)) == ([], len(headings(name)))


@pytest.mark.parametrize("translate", LANGUAGES)
@pytest.mark.parametrize("name", IMPORTED)
def test_every_column_of_the_workbook_is_known_when_it_is_loaded(
    tmp_path: Path, name: str, translate: Translate
) -> None:
    table = read(tmp_path, name, translate, marked=False)
    mapping = map_header(entities()[name], table.header, spellings)
    assert (mapping.ignored, len(mapping.columns)) == ([], len(fields(entities()[name])))


@pytest.mark.parametrize("name", IMPORTED)
def test_examples_that_are_left_in_are_not_loaded_and_that_is_said(tmp_path: Path, name: str) -> None:
    table = read(tmp_path, name, chinese)
    assert table.rows == []
    assert [notice.text() for notice in table.notices] == ["The example rows in line 2, 3 were left out"]


@pytest.mark.parametrize("translate", LANGUAGES)
@pytest.mark.parametrize("name", IMPORTED)
def test_an_example_holds_what_its_column_may_hold_and_all_that_is_needed(
    tmp_path: Path, name: str, translate: Translate
) -> None:
    table = read(tmp_path, name, translate, marked=False)
    columns = fields(entities()[name])
    own = [(field, index) for index, field in enumerate(columns) if field.parent is None]
    assert len(table.rows) == 2
    assert [row for row in table.rows for field, index in own if parse(field.type, row[index]) is None] == []
    assert [
        field.name
        for row in table.rows
        for field, cell in zip(columns, row, strict=True)
        if field.is_needed > bool(cell)
    ] == []


@pytest.mark.parametrize("name", ["owners", "regions"])
def test_what_is_filled_in_below_the_examples_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "filled.xlsx"
    book = workbook(name, chinese)
    book.worksheets[0]["A4"] = "0007"
    book.save(path)
    table = read_table(path, wanted=weights(entities()[name], spellings))
    assert [(line, row[0]) for line, row in zip(table.lines, table.rows, strict=True)] == [(4, "0007")]


def test_needed_columns_are_marked() -> None:
    marked = [heading(field, chinese) for field in fields(entities()["units"])]
    assert marked[:4] == ["楼栋", "单元", "房号*", "楼层"]


def test_a_heading_is_in_the_language_of_the_reader() -> None:
    first = fields(entities()["owners"])[2]
    assert [heading(first, str), heading(first, chinese)] == ["Phone", "手机号"]


def test_digits_stay_as_they_are_typed_and_numbers_and_dates_are_numbers_and_dates() -> None:
    owners, days = workbook("owners", chinese).worksheets[0], workbook("calendar-days", chinese).worksheets[0]
    assert [owners.column_dimensions[letter].number_format for letter in "ACEL"] == ["@", "@", "@", "General"]
    assert days.column_dimensions["B"].number_format == "yyyy-mm-dd"


def test_the_header_stays_in_sight_and_no_cell_is_a_formula() -> None:
    table = workbook("owners", chinese).worksheets[0]
    assert table.freeze_panes == "A2"
    assert {cell.data_type for row in table.iter_rows() for cell in row} <= {"s", "n"}


@pytest.mark.parametrize("name", IMPORTED)
def test_every_column_with_choices_drops_down_and_every_choice_can_be_loaded(name: str) -> None:
    columns = [field for field in fields(entities()[name]) if choices(field, chinese)]
    rules = workbook(name, chinese).worksheets[0].data_validations.dataValidation
    assert [str(rule.sqref).endswith(str(LAST_ROW)) for rule in rules] == [True] * len(columns)
    assert [
        (field.name, said)
        for field in columns
        for said, member in zip(choices(field, chinese), _members(field.type), strict=True)
        if parse(field.type, said).value is not member
    ] == []


def _members(kind: object) -> list[object]:
    return list(kind.enum_class or []) if isinstance(kind, Enum) else [True, False]


def test_choices_too_long_for_a_rule_stand_on_a_sheet_that_nobody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.outgoing.template.LONGEST_LIST", 3)
    book = workbook("owners", chinese)
    (hidden,) = [sheet for sheet in book.worksheets if sheet.sheet_state == "veryHidden"]
    sources = [rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation]
    assert sources == ["'choices'!$B$1:$B$3", "'choices'!$C$1:$C$4"]
    assert hidden["B1"].value == "电话"


def test_no_choice_of_ours_is_too_long_for_the_rule_that_holds_it() -> None:
    rules = [
        rule for name in IMPORTED for rule in workbook(name, chinese).worksheets[0].data_validations.dataValidation
    ]
    assert max(len(rule.formula1) for rule in rules) <= LONGEST_LIST + 2


def test_the_guide_says_of_each_column_what_it_holds() -> None:
    guide = workbook("owners", str).worksheets[1]
    rows = [[cell.value for cell in row] for row in guide.iter_rows(max_row=8)]
    assert rows[0][:3] == ["Column", "Needed", "What it holds"]
    assert rows[1][0] == "Owner number"
    assert rows[2][:2] == ["Owner name*", "needed"]
    assert rows[3][3] == "11 digits for a mobile, area code and number for a landline, or +country and number"
    assert str(rows[3][5]).startswith("手机号, 联系电话, 电话")
    assert rows[3][6] == "13800010001"
    assert rows[7][4] == "Phone, Home visit, Message"


def test_a_template_with_its_examples_left_in_loads_what_was_filled_in(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "filled.xlsx"
    book = workbook("owners", chinese)
    sheet = book.worksheets[0]
    sheet["A4"], sheet["B4"], sheet["C4"] = "0007", "林", "13800010007"
    book.save(path)
    batch_id = staged(session, path, estate(session))
    batch = session.get_one(ImportBatch, batch_id)
    assert (batch.new_count, batch.refused_count) == (1, 0)
    assert [notice["places"] for notice in batch.report["notices"]] == [{"lines": "2, 3"}]


def test_its_examples_unmarked_load_as_they_stand(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(template_workbook(entities()["owners"], spellings, chinese, marked=False))
    assert loaded(session, path, estate(session), create_missing=True) == (2, 0, 0, 0)
