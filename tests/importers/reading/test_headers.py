from pathlib import Path

import pytest

from importers.reading.files import read_table

BODY = "".join(f"B{number},2024-01-{number},{number}.50\n" for number in range(10, 20))
HEADER = ["No", "On", "Sum"]


def read(folder: Path, text: str) -> tuple[list[str], int, int, list[str]]:
    path = folder / "file.csv"
    path.write_text(text)
    table = read_table(path)
    return table.header, table.header_rows, len(table.rows), [notice.text() for notice in table.notices]


@pytest.mark.parametrize(
    ("above", "header", "rows"),
    [
        ("No,On,Sum\n", HEADER, 1),
        ("Sales of the year\n\nNo,On,Sum\n", HEADER, 1),
        ("Sales,,\nall shops,,\nNo,On,Sum\n", HEADER, 1),
        ("# by hand, on Monday\nNo,On,Sum\n", HEADER, 1),
        ("sep=,\nNo,On,Sum\n", HEADER, 1),
        ("No,On,Sum\n(own),(day),(net)\n", ["No (own)", "On (day)", "Sum (net)"], 2),
        ("No,On,Sum\nown,day,net\nx,y,z\n", ["No own x", "On day y", "Sum net z"], 3),
        ("", ["1", "2", "3"], 0),
        ("No,No,Sum\n", ["No", "No", "Sum"], 1),
        ("No,,Sum\n", ["No", "", "Sum"], 1),
        ("No,,On,Sum\n", HEADER, 1),
        ("No\tOn\tSum\n", HEADER, 1),
        ("No,2023,2024\n", ["No", "2023", "2024"], 1),
    ],
)
def test_the_header_is_found_below_what_stands_above(tmp_path: Path, above: str, header: list[str], rows: int) -> None:
    assert read(tmp_path, above + BODY) == (header, rows, 10, [])


@pytest.mark.parametrize(
    ("below", "line"),
    [
        ("\nSource: the till\n", 13),
        ("Source: the till\n", 12),
        ("\nShop,City\nA,B\nC,D\n", 13),
        ("\nNo,Name,City,Zip\n1,a,b,2\n2,c,d,3\n", 13),
        ("Shop,Town,Head\nnorth,x,Lee\nsouth,y,May\n", 12),
        ("Total,,145.00\n", 12),
    ],
)
def test_what_follows_the_first_table_is_left_out_with_a_notice(tmp_path: Path, below: str, line: int) -> None:
    header, _, count, notices = read(tmp_path, "No,On,Sum\n" + BODY + below)
    assert (header, count, len(notices)) == (HEADER, 10, 1)
    assert str(line) in notices[0]


def test_a_header_that_is_repeated_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path, "No,On,Sum\n" + BODY + "No,On,Sum\n" + BODY)[1:3] == (1, 20)


def test_blank_rows_are_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "\nNo,On,Sum\n\n" + BODY + ",,\n \n" + BODY + "\n\n")[2] == 20


def test_rows_without_a_header_may_look_like_the_numbers_of_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1,2\n3,4\n5,6\n7,8\n")
    table = read_table(path)
    assert (table.header_rows, table.header, len(table.rows)) == (0, ["1", "2"], 4)


def test_numbered_rows_whose_numbers_have_no_heading_keep_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('"a","b"\n' + "".join(f'"{number}",{number}0,x\n' for number in range(1, 8)))
    table = read_table(path)
    assert (table.header, table.rows[0]) == (["", "a", "b"], ["1", "10", "x"])


def test_a_line_break_in_a_cell_that_is_not_quoted_is_healed(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("No,Text,Sum\n1,one\ntwo,3.10\n" + "".join(f"{n},text,{n}.50\n" for n in range(2, 9)))
    assert read_table(path).rows[0] == ["1", "one\ntwo", "3.10"]


def test_the_header_is_where_one_says(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\nc,d\ne,f\n")
    told = read_table(path, header_line=2)
    assert (told.header, told.rows, told.lines) == (["c", "d"], [["e", "f"]], [3])
    assert read_table(path, header_rows=2).header == ["a c", "b d"]
    assert read_table(path, header_rows=0).rows == [["a", "b"], ["c", "d"], ["e", "f"]]


@pytest.mark.parametrize(("text", "rows"), [("a,b\n", 0), ("a,b", 0), ("a,b\n1,2", 1), ("a\n1\n2\n", 2)])
def test_the_smallest_tables_are_tables(tmp_path: Path, text: str, rows: int) -> None:
    assert read(tmp_path, text)[2] == rows
