import pytest

from importers.reading.own_files import leave_out_examples, shorten_refused
from importers.reading.table import Problem, Table
from models.faults import Fault


def table(*rows: list[str]) -> Table:
    return Table(["a", "b"], list(rows), list(range(2, len(rows) + 2)))


@pytest.mark.parametrize("mark", ["例：", "例:", "e.g. "])
def test_a_row_marked_as_an_example_is_left_out_with_its_problems(mark: str) -> None:
    found = table([f"{mark}B1", "x"], ["B2", "y"])
    found.problems = [Problem(2, Fault("wrong"), ""), Problem(3, Fault("wrong"), "")]
    leave_out_examples(found)
    assert (found.rows, found.lines, [problem.line for problem in found.problems]) == ([["B2", "y"]], [3], [3])
    assert [notice.text() for notice in found.notices] == ["The example rows in line 2 were left out"]


def test_rows_that_only_speak_of_examples_stay() -> None:
    found = table(["B1", "例：x"], ["案例：B2", "y"], ["", ""])
    leave_out_examples(found)
    assert (len(found.rows), found.notices) == (3, [])


def test_what_stands_beyond_the_header_of_refused_rows_belongs_to_its_row() -> None:
    rows = [["行号", "问题", "a", ""], ["2", "x", "1", ""], ["3", "x", "1", "2"]]
    shorten_refused(rows)
    assert rows == [["行号", "问题", "a"], ["2", "x", "1"], ["3", "x", "1", "2"]]


@pytest.mark.parametrize("rows", [[], [["a", "问题", ""], ["1", "2", ""]]])
def test_rows_of_any_other_file_stay_as_wide_as_they_are(rows: list[list[str]]) -> None:
    before = [list(row) for row in rows]
    shorten_refused(rows)
    assert rows == before
