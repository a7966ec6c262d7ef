import pytest

from importers.reading.sheet_tables import begin_table, end_table
from importers.reading.table import Grid, Problem, Table
from models.faults import Fault

HEADER = ["编号", "姓名", "手机号"]
ROWS = [[f"B{number}", "林", f"1380001000{number}"] for number in range(5)]


def ended(*below: list[str]) -> tuple[list[int], list[str]]:
    """The lines that stay of five rows with others below, where [] is a blank row, and what is said."""
    rows = [*ROWS, *below]
    numbered = [(line, row) for line, row in enumerate(rows, start=2) if row]
    table = Table(HEADER, [row for _, row in numbered], [line for line, _ in numbered])
    end_table(table)
    return table.lines, [notice.text() for notice in table.notices]


OWN = [2, 3, 4, 5, 6]
ELSE = ["From line 8 on the file holds something else than the first table: it is left out"]


@pytest.mark.parametrize(
    "below",
    [
        [["说明：请如实填写", "", ""]],
        [["车位", "", ""], ["车位号", "业主", "位置"], ["A-1", "林", "地下一层"]],
        [["车位号", "业主", "位置"], ["A-1", "林", "地下一层"], ["A-2", "周", "地上"]],
    ],
)
def test_another_table_or_notes_after_a_blank_row_are_left_out_and_that_is_said(below: list[list[str]]) -> None:
    assert ended([], *below) == (OWN, ELSE)


@pytest.mark.parametrize(
    "below",
    [
        [["B9", "周", "13800010009"]],
        [["3栋", "", ""], ["B9", "周", "13800010009"]],
        [["B9", "周", "无"], ["B10", "王", "13800010010"]],
    ],
)
def test_rows_like_those_above_stay_after_a_blank_row(below: list[list[str]]) -> None:
    assert ended([], *below)[1] == []


def test_without_a_blank_row_everything_stays() -> None:
    assert ended(["说明：请如实填写", "", ""]) == ([*OWN, 7], [])


@pytest.mark.parametrize("blank", [[], [[]]])
def test_totals_at_the_end_are_left_out_and_that_is_said(blank: list[list[str]]) -> None:
    lines, said = ended(*blank, ["合计", "", "5"])
    assert (lines, said) == (OWN, [f"Line {7 + len(blank)} adds up the others: it is left out"])


def test_the_header_said_again_is_no_row() -> None:
    assert ended(HEADER, ["B9", "周", "13800010009"]) == ([*OWN, 8], [])


def test_a_table_of_mere_text_is_never_cut() -> None:
    table = Table(["a", "b"], [["x", "y"]] * 6, [2, 3, 4, 5, 9, 12])
    end_table(table)
    assert table.lines == [2, 3, 4, 5, 9, 12]


def test_the_problems_of_what_is_left_out_go_with_it() -> None:
    table = Table(HEADER, [*ROWS, ["说明", "", ""]], [2, 3, 4, 5, 6, 9])
    table.problems = [Problem(3, Fault("wrong"), ""), Problem(9, Fault("wrong"), "")]
    table.surplus = {9: ["x"]}
    end_table(table)
    assert ([problem.line for problem in table.problems], table.surplus) == ([3], {})


def test_an_empty_table_stays_empty() -> None:
    table = Table(HEADER, [], [])
    end_table(table)
    assert table.rows == []


BODY = [[f"{number + 1}", "林", f"1380001000{number}", "", ""] for number in range(8)]
TITLE = ["翠湖花园业主表", "", "", "", ""]
BLANK = [""] * 5
WIDE = [*HEADER, "", ""]
NOTED = [*HEADER, "", "说明"]


@pytest.mark.parametrize(
    ("above", "begin"),
    [
        ([WIDE], (1, 1)),
        ([NOTED], (1, 1)),
        ([TITLE, WIDE], (2, 1)),
        ([BLANK, TITLE, BLANK, NOTED], (4, 1)),
        ([["业主", "", "联系", "", ""], WIDE], (1, 2)),
        ([], (1, 0)),
    ],
)
def test_a_table_begins_under_what_is_no_header_of_it(above: list[list[str]], begin: tuple[int, int]) -> None:
    rows = [*above, *BODY]
    assert begin_table(Grid(rows, list(range(1, len(rows) + 1)))) == begin


@pytest.mark.parametrize("rows", [[], [["", ""]], [["a"], ["b"]]])
def test_of_a_sheet_without_a_table_no_beginning_is_told(rows: list[list[str]]) -> None:
    assert begin_table(Grid(rows, list(range(1, len(rows) + 1)))) is None
