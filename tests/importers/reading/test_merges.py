import pytest

from importers.reading.merges import Merge, fill, header_lines

HEADER = [
    ["业主编号", "联系方式", "", "备注"],
    ["", "手机号", "邮箱", ""],
]


def filled(rows: list[list[str]], *merges: Merge) -> tuple[list[list[str]], list[str]]:
    rows = [list(row) for row in rows]
    return rows, [notice.text() for notice in fill(rows, merges)]


def test_the_heading_of_a_group_counts_for_each_column_below_it() -> None:
    rows, notices = filled([*HEADER, ["B1", "13800010001", "a@b.cn", ""]], ((0, 1), (0, 2)))
    assert rows[0] == ["业主编号", "联系方式", "联系方式", "备注"]
    assert notices == []


def test_a_heading_of_two_rows_counts_in_both() -> None:
    rows, _ = filled([*HEADER, ["B1", "13800010001", "a@b.cn", "x"]], ((0, 0), (1, 0)), ((0, 3), (1, 3)))
    assert rows[1] == ["业主编号", "手机号", "邮箱", "备注"]


def test_a_title_over_the_table_stays_where_it_is() -> None:
    title = [["翠湖花园业主表", "", "", ""], ["编号", "姓名", "电话", "备注"], ["1", "林", "2", ""]]
    assert filled(title, ((0, 0), (0, 3))) == (title, [])


def test_a_value_merged_over_several_rows_is_read_in_each_and_that_is_said() -> None:
    rows, notices = filled([["楼栋", "房号"], ["3栋", "1501"], ["", "1502"], ["", "1503"]], ((1, 0), (3, 0)))
    assert [row[0] for row in rows] == ["楼栋", "3栋", "3栋", "3栋"]
    assert notices == ["1 merged cells, the first in line 2, were read as if each line held their value"]


def test_a_value_merged_over_several_columns_of_a_row_of_data_stays_in_the_first() -> None:
    table = [["a", "b", "c"], ["1", "2", "3"], ["x", "", "y"]]
    assert filled(table, ((2, 0), (2, 1)))[0] == table


@pytest.mark.parametrize(
    "merge", [((9, 0), (12, 0)), ((0, 9), (3, 9)), ((1, 1), (1_048_575, 16_383)), ((2, 0), (3, 0))]
)
def test_a_merge_that_holds_nothing_or_everything_changes_nothing(merge: Merge) -> None:
    table = [["a", "b"], ["1", "2"], ["", "4"], ["", "6"]]
    assert filled(table, merge) == (table, [])


def test_what_stands_beneath_a_merge_is_not_overwritten() -> None:
    table = [["a", "b"], ["1", "2"], ["3", "4"]]
    assert filled(table, ((1, 0), (2, 0)))[0] == table


TITLE = ["翠湖花园业主表", "", "", ""]
BODY = ["B1", "1", "2", "3"]


@pytest.mark.parametrize(
    ("rows", "merges", "header"),
    [
        ([*HEADER, BODY], [((0, 1), (0, 2)), ((0, 0), (1, 0))], (1, 2)),
        ([TITLE, *HEADER, BODY], [((0, 0), (0, 3)), ((1, 1), (1, 2))], (2, 2)),
        ([*HEADER, BODY], [((0, 1), (0, 2)), ((0, 0), (2, 0))], (1, 3)),
        ([*HEADER, BODY], [((0, 0), (1, 0))], None),
        ([*HEADER, BODY], [((2, 0), (2, 1))], None),
        ([*HEADER, BODY], [((0, 1), (0, 2)), ((0, 0), (90, 0))], None),
        ([TITLE], [((0, 0), (0, 3))], None),
        ([], [], None),
    ],
)
def test_headings_of_groups_tell_how_many_rows_the_header_has(
    rows: list[list[str]], merges: list[Merge], header: tuple[int, int] | None
) -> None:
    assert header_lines(rows, merges) == header
