from pathlib import Path

import pytest

import importers
from importers.reading.files import read_table
from importers.reading.table import Limits, UnreadableFile

OWNERS = Path("fixtures/owners")


def written(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"),
    [
        ("good.csv", "utf-8-sig", ","),
        ("good_bom.csv", "utf-8-sig", ","),
        ("good_gb18030.csv", "gb18030", ","),
        ("good_semicolon.csv", "utf-8-sig", ";"),
        ("good_tab.csv", "utf-8-sig", "\t"),
    ],
)
def test_the_same_table_is_read_from_every_encoding_and_delimiter(name: str, encoding: str, delimiter: str) -> None:
    table = read_table(OWNERS / name)
    good = read_table(OWNERS / "good.csv")
    assert (table.header, table.rows, table.lines) == (good.header, good.rows, good.lines)
    assert table.encoding == encoding
    assert table.dialect is not None
    assert table.dialect.delimiter == delimiter


def test_every_cell_is_text_and_nothing_is_guessed(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "a,b,c\n007,NA,\n1E5,null,2026-01-02\n")).frame
    assert frame.to_numpy().tolist() == [["007", "NA", ""], ["1E5", "null", "2026-01-02"]]
    assert {str(kind) for kind in frame.dtypes} == {"str"}


def test_lines_are_counted_as_in_the_file(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'a,b\r\n1,"x\r\ny"\r\n\r\n2,z\r\n,\r\n3,z\r\n'))
    assert table.rows == [["1", "x\r\ny"], ["2", "z"], ["3", "z"]]
    assert table.lines == [2, 5, 7]


def test_a_row_too_short_is_filled_up_and_blanks_at_its_end_do_no_harm(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b,c\n1\n1,2,3,,\n"))
    assert table.rows == [["1", "", ""], ["1", "2", "3"]]
    assert table.problems == []


def test_a_row_too_long_is_a_problem_of_its_line_and_keeps_its_cells() -> None:
    table = read_table(OWNERS / "row_too_long.csv")
    assert [(problem.line, problem.value) for problem in table.problems] == [(3, "朝阳区")]
    assert table.surplus == {3: ["朝阳区", "多出的一格"]}
    assert table.lines == [2, 3, 4]


def test_a_damaged_quotation_mark_harms_only_its_own_row() -> None:
    table = read_table(OWNERS / "unclosed_quote.csv")
    assert [problem.line for problem in table.problems] == [2]
    assert [(line, row[1]) for line, row in zip(table.lines, table.rows, strict=True)] == [
        (2, "赵敏"),
        (3, "钱进"),
        (4, "孙立"),
        (6, "李四"),
    ]


@pytest.mark.parametrize("rest", ['"open\n2,y\n', '"open\n2,y\n' + "3,z\n" * 300])
def test_a_quotation_mark_never_closed_harms_only_its_own_row(tmp_path: Path, rest: str) -> None:
    table = read_table(written(tmp_path, "a,b\n1," + rest))
    assert [problem.line for problem in table.problems] == [2]
    assert table.rows[1] == ["2", "y"]


def test_an_apostrophe_before_a_formula_sign_is_taken_off() -> None:
    table = read_table(OWNERS / "formulas.csv", guarded=True)
    assert [row[2] for row in table.rows] == ["=1+1", "+86 开头", "'引号"]


def test_columns_without_a_heading_are_left_out(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,,b,\n1,note,2,note\n,note,,\n"))
    assert (table.header, table.rows) == (["a", "b"], [["1", "2"]])


def test_a_nul_character_is_a_problem_of_its_cell(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n" + "1,2\n" * 99 + "1,x\x00\n"))
    assert [(problem.line, problem.column) for problem in table.problems] == [(101, 1)]
    assert table.rows[-1] == ["1", "x\ufffd"]


def test_a_cell_too_long_is_a_problem_of_its_cell(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, f"a,b\n1,{'x' * 40_000}\n2,{'x' * 200_000}\n3,x\n"))
    assert [(problem.line, problem.column) for problem in table.problems if problem.line == 2] == [(2, 1)]
    assert {problem.line for problem in table.problems} == {2, 3}
    assert max(len(row[1]) for row in table.rows) <= Limits().cell_characters


def test_the_header_that_fits_best_is_taken_from_the_first_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "翠湖花园业主表,,\n业主编号,业主姓名,手机号\n1,林,13800010001\n")
    table = read_table(path, wanted=lambda row: row.count("业主编号"))
    assert (table.header, table.lines) == (["业主编号", "业主姓名", "手机号"], [3])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "is empty"),
        (b"  <html><table><tr><td>1</td></tr></table>", "is a web page"),
        (b"%PDF-1.7 \n", "is no table but PDF"),
        (b"a,b\n" + bytes(50), "is not a table"),
        (b"PK\x03\x04 and no archive", "is damaged"),
        (",".join(f"c{number}" for number in range(1001)).encode(), "has 1001 columns"),
        (b"a," * 5_000_000, "columns"),
        (b"a" * 1_000_000, "cells are far too long"),
        (b"a," * 10_000_000, "longer than 16 MB"),
        (b'a,b\n1,"' + b"x" * 20_000_000, "longer than 16 MB"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        read_table(written(tmp_path, content))


def test_a_file_over_the_limits_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "1,2\n" * 20)
    endless = written(tmp_path, 'a,b\n1,"' + "x\n" * 1_200, "endless.csv")
    with pytest.raises(UnreadableFile, match="more than 1000 rows"):
        read_table(endless, limits=Limits(rows=1000))
    with pytest.raises(UnreadableFile, match="more than 10 rows"):
        read_table(path, limits=Limits(rows=10))
    with pytest.raises(UnreadableFile, match="at most are allowed"):
        read_table(path, limits=Limits(file_bytes=10))


def test_a_line_with_far_too_many_cells_harms_only_itself(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n" + "1,2\n" * 30 + "x," * 1_000_000 + "\n3,4\n"))
    assert ([problem.line for problem in table.problems], table.rows[-1], len(table.rows)) == ([32], ["3", "4"], 32)


def test_the_package_gives_the_reader_and_nothing_else() -> None:
    assert importers.read_table is read_table
    with pytest.raises(AttributeError):
        _ = importers.anything


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read_table(tmp_path / "nowhere.csv")


def test_of_a_workbook_the_named_sheet_is_read() -> None:
    table = read_table(OWNERS / "notes_beside.xlsx", sheet="房屋资料")
    assert (table.sheet, len(table.rows), table.header[0]) == ("房屋资料", 8, "房屋编号")


def test_of_a_workbook_the_sheet_whose_header_fits_is_read_and_notes_beside_it_vanish() -> None:
    table = read_table(OWNERS / "notes_beside.xlsx", wanted=lambda row: row.count("手机号"))
    assert (table.sheet, table.lines) == ("业主资料", [2, 3, 4, 5, 6])
    assert table.rows[0] == ["1", "周海", "女", "18999999999", "11010519491231002X", "1"]


def test_a_sheet_that_is_not_there_is_refused_naming_those_that_are() -> None:
    with pytest.raises(UnreadableFile, match="业主资料"):
        read_table(OWNERS / "notes_beside.xlsx", sheet="车位")


def test_bytes_that_are_no_text_are_marked_wherever_they_stand(tmp_path: Path) -> None:
    content = b"a,b\xff\n" + b"1,2\n" * 9 + b"3,4,5\xff\n"
    table = read_table(written(tmp_path, content))
    said = [*table.header, *table.surplus[11], *(problem.value for problem in table.problems)]
    assert table.header == ["a", "b\ufffd"]
    assert "".join(said).encode()
