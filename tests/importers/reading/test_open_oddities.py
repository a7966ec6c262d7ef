from pathlib import Path
from zipfile import ZipFile

import pytest

from importers.reading.files import read_table
from importers.reading.open_oddities import open_oddities
from tests.infrastructure.hostile import open_document


def told(path: Path, sheet: str = "a") -> list[tuple[int, int | None, str]]:
    return [(problem.line, problem.column, problem.value) for problem in open_oddities(path, sheet).problems]


ROW = b"<table:table-row%s>%s</table:table-row>"
TEXT = b'<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
FORMULA = b'<table:table-cell table:formula="of:=1+1"/>'
ERROR = (
    b'<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="">'
    b"<text:p>#DIV/0!</text:p></table:table-cell>"
)


def test_a_formula_without_a_value_and_an_error_are_problems_of_their_cells() -> None:
    assert told(Path("fixtures/tables/open.ods"), "业主") == [(3, 2, "=1+1"), (3, 3, "#DIV/0!")]
    table = read_table(Path("fixtures/tables/open.ods"))
    assert table.rows[1][2:4] == ["=1+1", "#DIV/0!"]
    assert [problem.line for problem in table.problems] == [3, 3]


def test_what_is_written_once_for_many_is_counted(tmp_path: Path) -> None:
    rows = ROW % (b' table:number-rows-repeated="3"', TEXT % b"x")
    rows += ROW % (b"", b'<table:table-cell table:number-columns-repeated="4"/>' + FORMULA)
    assert told(open_document(tmp_path / "file.ods", rows)) == [(4, 4, "=1+1")]


def test_merged_cells_are_told_and_filled_in(tmp_path: Path) -> None:
    merged = TEXT.replace(b"cell ", b'cell table:number-rows-spanned="2" table:number-columns-spanned="1" ', 1)
    rows = b"".join(
        [
            ROW % (b"", TEXT % b"a" + TEXT % b"b"),
            ROW % (b"", merged % b"x" + TEXT % b"1"),
            ROW % (b"", b"<table:covered-table-cell/>" + TEXT % b"2"),
        ]
    )
    path = open_document(tmp_path / "file.ods", rows)
    assert open_oddities(path, "a").merges == [((1, 0), (2, 0))]
    assert read_table(path).rows == [["x", "1"], ["x", "2"]]


@pytest.mark.parametrize("number", [b"x", b"-1", b"99999999999999"])
def test_a_count_that_is_none_is_one(tmp_path: Path, number: bytes) -> None:
    rows = ROW % (b' table:number-rows-repeated="%s"' % number, FORMULA) + ROW % (b"", ERROR)
    assert told(open_document(tmp_path / "file.ods", rows)) == [(1, 0, "=1+1"), (2, 0, "#DIV/0!")]


def test_another_sheet_and_one_without_anything_odd_have_none(tmp_path: Path) -> None:
    assert told(open_document(tmp_path / "odd.ods", ROW % (b"", FORMULA)), "b") == []
    assert told(open_document(tmp_path / "even.ods", ROW % (b"", TEXT % b"x"))) == []


def test_a_document_cut_short_breaks_nothing(tmp_path: Path) -> None:
    path = open_document(tmp_path / "file.ods", ROW % (b"", FORMULA) + b"<table:table-row></wrong>")
    assert told(path) == []
    assert ZipFile(path).testzip() is None
