from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from importers.reading.files import read_table
from importers.reading.known_headings import KnownHeadings
from importers.reading.table import Table, UnreadableFile
from importers.reading.workbooks import as_text
from tests.infrastructure.hostile import repeated_cells
from tests.infrastructure.packing import text_rows, workbook

TABLES = Path("fixtures/tables")


def saved(folder: Path, book: Workbook) -> Path:
    path = folder / "file.xlsx"
    book.save(path)
    return path


def book_of(*rows: Sequence[object]) -> Workbook:
    """A workbook with these rows on its one sheet."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    return book


def problems(table: Table) -> list[tuple[int, int | None, str]]:
    return sorted((problem.line, problem.column, problem.fault.text()[:30]) for problem in table.problems)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (18999999999.0, "18999999999"),
        (1.0, "1"),
        (94.56, "94.56"),
        (0.00001, "0.00001"),
        (7, "7"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 11, 1), "2026-11-01"),
        (datetime(2026, 11, 1), "2026-11-01"),  # noqa: DTZ001  # a cell has no zone
        (datetime(2026, 11, 1, 8, 30), "2026-11-01 08:30:00"),  # noqa: DTZ001
        (datetime(2026, 11, 1, 8, 29, 59, 999_600), "2026-11-01 08:30:00"),  # noqa: DTZ001
        (datetime(2026, 10, 31, 23, 59, 59, 999_900), "2026-11-01"),  # noqa: DTZ001
        (datetime(2026, 11, 1, 8, 30, 0, 250_000), "2026-11-01 08:30:00.250000"),  # noqa: DTZ001
        (time(8, 30), "08:30:00"),
        (time(23, 59, 59, 999_900), "24:00:00"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
        (timedelta(minutes=-5), "-0:05:00"),
    ],
)
def test_a_cell_becomes_the_text_that_people_see(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_number_that_has_lost_digits_is_a_problem_of_its_cell() -> None:
    table = read_table(Path("fixtures/owners/lost_digits.xlsx"))
    (problem,) = table.problems
    assert (problem.line, problem.column) == (2, 2)
    assert "lost digits" in problem.fault.text()


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_a_date_is_the_same_in_either_epoch(tmp_path: Path, epoch: datetime | None) -> None:
    book = Workbook()
    book.epoch = epoch or book.epoch
    book.worksheets[0].append(["日期", "时间"])
    book.worksheets[0].append([date(2026, 11, 1), datetime(2026, 11, 1, 8, 30)])  # noqa: DTZ001
    assert read_table(saved(tmp_path, book)).rows == [["2026-11-01", "2026-11-01 08:30:00"]]


def test_numbers_are_as_the_file_knows_them_and_zeros_in_front_as_it_shows_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "比例", "金额", "电话"])
    sheet.append([7, 0.5, 1234.5, 13800010001])
    sheet["A2"].number_format, sheet["B2"].number_format, sheet["C2"].number_format = "0000", "0%", '"￥"#,##0.00'
    assert read_table(saved(tmp_path, book)).rows == [["0007", "0.5", "1234.5", "13800010001"]]


def test_text_is_read_whole_whatever_it_is_made_of(tmp_path: Path) -> None:
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>\xe8\xb5\xb5</t></r>'
        b"<r><t>\xe6\x95\x8f</t></r><rPh sb='0' eb='1'><t>zhao</t></rPh></si></sst>"
    )
    rows = text_rows(("姓名", "备注")) + b'<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="str"><v>x</v></c></row>'
    table = read_table(workbook(tmp_path / "file.xlsx", rows, {"xl/sharedStrings.xml": strings}))
    assert table.rows == [["赵敏", "x"]]


def test_rich_text_and_an_apostrophe_in_front_are_plain_text(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["姓名", "备注"])
    sheet.append([CellRichText("赵", TextBlock(InlineFont(b=True), "敏")), "0012"])
    sheet["B2"].quotePrefix = True
    assert read_table(saved(tmp_path, book)).rows == [["赵敏", "0012"]]


def test_an_error_and_a_formula_never_calculated_are_problems_of_their_cells(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "金额", "合计"])
    sheet.append(["A1", "#N/A", "=1+1"])
    sheet["B2"].data_type = "e"
    table = read_table(saved(tmp_path, book))
    assert table.rows == [["A1", "#N/A", "=1+1"]]
    assert problems(table) == [(2, 1, "The cell holds the error #N/A:"), (2, 2, "The formula has no value: open")]


def test_a_formula_beyond_the_last_value_is_not_lost(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "金额"])
    sheet.append(["A1", "1"])
    sheet.append(["=A2", "=B2"])
    assert [problem.line for problem in read_table(saved(tmp_path, book)).problems] == [3, 3]


def test_a_column_under_a_merged_heading_has_the_heading_of_its_group(tmp_path: Path) -> None:
    header = ["业主编号", "联系方式", None], [None, "手机号", "邮箱"]
    book = book_of(*header, ["B1", "13800010001", "a@b.cn"], ["B2", "1", "2"])
    sheet = book.worksheets[0]
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    table = read_table(saved(tmp_path, book))
    assert [heading.split()[-1] for heading in table.header] == ["业主编号", "手机号", "邮箱"]
    assert table.rows[-2:] == [["B1", "13800010001", "a@b.cn"], ["B2", "1", "2"]]


def test_cells_merged_over_several_rows_count_in_each_and_that_is_said(tmp_path: Path) -> None:
    book = book_of(["楼栋", "房号"], ["3栋", "1501"], [None, "1502"], ["4栋", "101"])
    sheet = book.worksheets[0]
    sheet.merge_cells("A2:A3")
    table = read_table(saved(tmp_path, book))
    assert table.rows == [["3栋", "1501"], ["3栋", "1502"], ["4栋", "101"]]
    assert [notice.text()[:20] for notice in table.notices] == ["1 merged cells, the "]


def hidden(folder: Path, state: Literal["hidden", "veryHidden"] = "hidden") -> Path:
    book = Workbook()
    book.worksheets[0].title = "旧表"
    book.worksheets[0].append(["编号", "姓名"])
    book.worksheets[0].append(["old", "旧"])
    book.worksheets[0].sheet_state = state
    book.create_sheet("业主").append(["编号", "姓名"])
    book.worksheets[1].append(["A1", "林"])
    book.active = 1
    return saved(folder, book)


def test_a_hidden_sheet_is_listed_and_left_out_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = hidden(tmp_path)
    table = read_table(path)
    assert (table.sheet, table.sheets, table.hidden) == ("业主", ["旧表", "业主"], ["旧表"])
    assert [notice.text() for notice in table.notices] == ["Hidden sheets are not read: 旧表"]
    assert read_table(path, sheet="旧表").rows == [["old", "旧"]]


def test_a_sheet_that_nobody_can_show_is_not_spoken_of(tmp_path: Path) -> None:
    assert read_table(hidden(tmp_path, "veryHidden")).notices == []


def test_an_empty_sheet_in_front_is_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    book.create_sheet("业主").append(["编号", "姓名"])
    book.worksheets[1].append(["A1", "林"])
    assert read_table(saved(tmp_path, book)).sheet == "业主"


@pytest.mark.parametrize("name", ["业主", " 业主 "])
def test_a_sheet_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    assert read_table(hidden(tmp_path), sheet=name).rows == [["A1", "林"]]


def test_an_old_workbook_is_read_with_its_dates_merges_and_errors() -> None:
    table = read_table(TABLES / "old.xls")
    assert table.header == ["业主编号", "姓名", "手机号", "日期", "是否", "错误"]
    assert table.rows[0] == ["0007", "赵敏", "13800010001", "2026-11-01", "TRUE", "合"]
    assert [row[5] for row in table.rows] == ["合", "合", "合", ""]
    assert problems(table) == [(5, 0, "The cell holds the error #N/A:")]
    assert (table.sheets, table.hidden) == (["业主", "藏"], ["藏"])


def test_an_open_document_is_read() -> None:
    table = read_table(TABLES / "open.ods")
    assert table.header == ["业主编号", "手机号", "日期", "是否", "比例"]
    assert table.rows[0] == ["0007", "13800010001", "2026-11-01", "TRUE", "0.5"]


def test_what_a_file_is_called_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "owners.csv"
    path.write_bytes((TABLES / "old.xls").read_bytes())
    assert read_table(path).sheet == "业主"


def test_cells_repeated_without_end_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="spans far too many cells: delete"):
        read_table(repeated_cells(tmp_path / "file.ods"))


@pytest.mark.parametrize(
    "sheet", [b'<row r="1"><c r="A1"><v>1</c></wrong>', b"<row r='1'><c r='A1' t='s'><v>9</v></c></row>"]
)
def test_a_damaged_sheet_is_refused_with_a_sentence(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"damaged|empty"):
        read_table(workbook(tmp_path / "file.xlsx", sheet))


@pytest.mark.parametrize("wanted", [None, KnownHeadings({"车牌号": 3})])
def test_a_title_above_the_table_is_no_header_even_where_no_heading_is_known(
    tmp_path: Path, wanted: KnownHeadings | None
) -> None:
    rows: list[list[object]] = [[number, "林", number * 10] for number in range(1, 9)]
    book = book_of(["翠湖花园业主表"], [], ["编号", "姓名", "面积"], *rows)
    table = read_table(saved(tmp_path, book), wanted=wanted)
    assert (table.header, table.header_rows, table.lines[0]) == (["编号", "姓名", "面积"], 1, 4)
    assert len(table.rows) == 8


def test_what_is_told_about_the_header_wins(tmp_path: Path) -> None:
    path = workbook(tmp_path / "file.xlsx", text_rows(("甲", "乙"), ("编号", "姓名"), ("A1", "林")))
    assert read_table(path, header_line=2).header == ["编号", "姓名"]
    assert read_table(path, header_rows=2).header == ["甲 编号", "乙 姓名"]
    assert read_table(path, header_rows=0).rows[0] == ["甲", "乙"]
