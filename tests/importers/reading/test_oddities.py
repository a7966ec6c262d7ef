from pathlib import Path

import pytest

from importers.reading import oddities as under_test
from importers.reading.oddities import oddities
from tests.infrastructure.packing import workbook

STYLES = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>'
    b'<numFmt numFmtId="164" formatCode="0000"/><numFmt numFmtId="165" formatCode="0.00"/></numFmts>'
    b'<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


def told(folder: Path, cells: bytes, *, prefix: bytes = b"") -> list[tuple[int, int | None, str]]:
    path = workbook(folder / "file.xlsx", b'<%srow r="2">%s</%srow>' % (prefix, cells, prefix))
    return [(problem.line, problem.column, problem.value) for problem in oddities(path, "业主").problems]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="C2"><f>1+1</f><v></v></c>',
        b'<c r="C2"><f>1+1</f><v/></c>',
        b'<c r="C2"><f>1+1</f></c>',
        b'<c s="4" r="C2" t="n"> <f ca="1">1+1</f> </c>',
        b'<c r="B2" s="1"/><c r="C2"><f>1+1</f></c>',
    ],
)
def test_a_formula_without_a_value_is_a_problem_of_its_cell(tmp_path: Path, cell: bytes) -> None:
    assert told(tmp_path, cell) == [(2, 2, "=1+1")]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="C2"><f>1+1</f><v>2</v></c>',
        b'<c r="C2" t="str"><f>IF(A1,"","")</f><v></v></c>',
        b'<c r="C2"/><c r="D2"><v>1</v></c>',
        b'<c r="C2" t="inlineStr"><is><t>#N/A</t></is></c>',
    ],
)
def test_a_formula_with_a_value_and_a_plain_cell_are_not(tmp_path: Path, cell: bytes) -> None:
    assert told(tmp_path, cell) == []


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        (b'<c r="B2" t="e"><v>#N/A</v></c>', "#N/A"),
        (b'<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        (b'<c r="B2" s="3" t="e"><f t="shared" si="0"/><v>#REF!</v></c>', "#REF!"),
    ],
)
def test_an_error_is_a_problem_of_its_cell(tmp_path: Path, cell: bytes, error: str) -> None:
    assert told(tmp_path, cell) == [(2, 1, error)]


def test_cells_are_understood_under_a_prefix(tmp_path: Path) -> None:
    cell = b'<x:c r="C2"><x:f>1+1</x:f><x:v></x:v></x:c><x:c r="D2" t="e"><x:v>#N/A</x:v></x:c>'
    assert told(tmp_path, cell, prefix=b"x:") == [(2, 2, "=1+1"), (2, 3, "#N/A")]


def test_numbers_shown_with_zeros_in_front_are_told_by_their_format(tmp_path: Path) -> None:
    rows = b'<row r="2"><c r="A2" s="1"><v>7</v></c><c r="B2" s="2"><v>7</v></c><c r="C2"><v>7</v></c></row>'
    path = workbook(tmp_path / "file.xlsx", rows, {"xl/styles.xml": STYLES})
    assert oddities(path, "业主").padded == {(1, 0): 4}


def test_a_sheet_is_searched_whole_however_it_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><f>1</f></c></row>' % (line, line) for line in range(1, 60))
    path = workbook(tmp_path / "file.xlsx", rows)
    monkeypatch.setattr(
        under_test, "parts", lambda file, member: iter([rows[at : at + 50] for at in range(0, len(rows), 50)])
    )
    assert [problem.line for problem in oddities(path, "业主").problems] == list(range(1, 60))


def test_a_sheet_that_is_not_there_has_nothing_odd(tmp_path: Path) -> None:
    assert oddities(workbook(tmp_path / "file.xlsx", b""), "车位").problems == []


def test_a_workbook_of_another_kind_has_nothing_odd() -> None:
    assert oddities(Path("fixtures/tables/open.ods"), "业主").problems == []


@pytest.mark.parametrize(
    "cell", [b'<c r="A2"><f>1</f>%s</x>', b'<c r="A2" t="e">%s</c>', b'<c r="A2">%s<f>1</f><v>2</v></c>']
)
def test_blanks_without_end_take_no_time(tmp_path: Path, cell: bytes) -> None:
    assert told(tmp_path, cell % (b" " * 300_000)) == []
