from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy.orm import Session

from importers.outgoing.examples import Translate
from importers.outgoing.refused import refused_csv, refused_workbook
from tests.infrastructure.loading import FILES, csv_file, estate, loaded, staged


def test_refused_lines_come_out_with_their_cells_and_what_is_wrong(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    content = refused_csv(session, batch_id, lambda sentence: "错：%(value)s")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "行号,问题,业主编号,业主姓名,手机号",
        "2,手机号: 错：1380001000,B001,赵敏,1380001000",
        "4,手机号: 错：电话在备注,B003,孙立,电话在备注",
    ]


def test_corrected_they_load(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    content = refused_csv(session, staged(session, FILES / "bad_phone.csv", estate_id)).decode()
    path = tmp_path / "refused.csv"
    path.write_text(
        content.replace("1380001000", "13800010001").replace("电话在备注", "010-65550101"), encoding="utf-8"
    )
    assert loaded(session, path, estate_id) == (2, 0, 0, 0)


def test_loaded_again_as_they_are_they_are_refused_again_without_more_columns(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = tmp_path / "refused.csv"
    path.write_bytes(refused_csv(session, staged(session, FILES / "row_too_long.csv", estate_id)))
    again = refused_csv(session, staged(session, path, estate_id)).decode("utf-8-sig").splitlines()
    assert again[0] == "行号,问题,业主编号,业主姓名,手机号"
    assert again[1].endswith("B002,钱进,13800020002,朝阳区,多出的一格")


def test_no_cell_of_the_file_is_a_formula(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("业主编号", "姓名", "手机号"), ("A1", "=1+1", "@sum"), ("A2", "'-x", "+1"))
    batch_id = staged(session, path, estate(session))
    rows = refused_csv(session, batch_id).decode("utf-8-sig").splitlines()
    assert [row.split(",")[-3:] for row in rows[1:]] == [["A1", "'=1+1", "'@sum"], ["A2", "'-x", "'+1"]]


def as_workbook(session: Session, batch_id: int, translate: Translate = str) -> Worksheet:
    return load_workbook(BytesIO(refused_workbook(session, batch_id, translate))).worksheets[0]


def test_in_a_workbook_the_faulty_cells_are_coloured_and_say_what_is_wrong(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    sheet = as_workbook(session, batch_id, lambda sentence: "错：%(value)s")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [
        ["行号", "问题", "业主编号", "业主姓名", "手机号"],
        [2, "手机号: 错：1380001000", "B001", "赵敏", "1380001000"],
        [4, "手机号: 错：电话在备注", "B003", "孙立", "电话在备注"],
    ]
    assert [cell.comment.text if cell.comment else "" for cell in sheet[2]] == ["", "", "", "", "错：1380001000"]
    assert [cell.fill.fgColor.rgb for cell in sheet[2][2:]] == ["00000000", "00000000", "FFFFC7CE"]


def test_in_a_workbook_every_digit_stays_and_nothing_is_a_formula(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("业主编号", "姓名", "手机号"), ("0007", "=1+1", "@sum"), ("A2", "''-x", "\x0b1"))
    sheet = as_workbook(session, staged(session, path, estate(session)))
    cells = [cell for row in sheet.iter_rows(min_row=2, min_col=3) for cell in row]
    assert [cell.value for cell in cells] == ["0007", "=1+1", "@sum", "A2", "''-x", "1"]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


def test_a_workbook_corrected_in_place_loads(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = tmp_path / "refused.xlsx"
    path.write_bytes(refused_workbook(session, staged(session, FILES / "bad_phone.csv", estate_id)))
    book = load_workbook(path)
    book.worksheets[0]["E2"], book.worksheets[0]["E3"] = "13800010001", "010-65550101"
    book.save(path)
    assert loaded(session, path, estate_id) == (2, 0, 0, 0)


def test_a_workbook_loaded_again_as_it_is_is_refused_again_without_more_columns(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    path = tmp_path / "refused.xlsx"
    path.write_bytes(refused_workbook(session, staged(session, FILES / "row_too_long.csv", estate_id)))
    again = as_workbook(session, staged(session, path, estate_id))
    assert [cell.value for cell in again[1]][:5] == ["行号", "问题", "业主编号", "业主姓名", "手机号"]
    assert [cell.value for cell in again[2]][2:] == ["B002", "钱进", "13800020002", "朝阳区", "多出的一格"]


def test_lines_in_conflict_come_out_with_the_refused_in_their_order(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("业主编号", "姓名"), ("A1", "林"), ("A1", "周"), ("A2", ""), ("A3", "张"), ("A3", "王"))
    rows = refused_csv(session, staged(session, path, estate(session))).decode("utf-8-sig").splitlines()[1:]
    numbers = [int(row.partition(",")[0]) for row in rows]
    assert numbers == sorted(numbers)
    assert 4 in numbers


def test_lines_beyond_those_with_comments_are_written_as_well(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"A{number}", "林", "=<&>\"'", "'=x") for number in range(4)]
    path = csv_file(tmp_path, ("业主编号", "姓名", "手机号", "备注"), *rows)
    batch_id = staged(session, path, estate(session))
    commented = as_workbook(session, batch_id)
    monkeypatch.setattr("importers.outgoing.refused.COMMENTED_LINES", 2)
    sheet = as_workbook(session, batch_id)
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [cell.value for cell in row] for row in commented.iter_rows()
    ]
    assert [row[4].fill.fgColor.rgb for row in sheet.iter_rows(min_row=2)] == ["FFFFC7CE"] * 4
    assert [row[4].comment is None for row in sheet.iter_rows(min_row=2)] == [False, False, True, True]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row} == {"s"}
