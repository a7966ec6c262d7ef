from pathlib import Path

import pytest

from importers.reading.compound import inspect
from importers.reading.old_oddities import old_oddities


@pytest.fixture(scope="module")
def records() -> bytes:
    return inspect(Path("fixtures/tables/old.xls"))


def record(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


def book(*cells: bytes) -> bytes:
    """The records of a workbook with one sheet `a` of these cells."""
    begin, end = record(0x0809, bytes(16)), record(0x000A, b"")
    named = record(0x0085, (len(begin) + 4 + 9 + len(end)).to_bytes(4, "little") + b"\x00\x00\x01\x00a")
    return begin + named + end + begin + b"".join(cells) + end


def formula(row: int, column: int, result: bytes) -> bytes:
    place = row.to_bytes(2, "little") + column.to_bytes(2, "little") + b"\x00\x00"
    return record(0x0006, place + result + bytes(6))


def test_an_error_typed_into_a_cell_is_a_problem_of_it(records: bytes) -> None:
    (problem,) = old_oddities(records, "业主").problems
    assert (problem.line, problem.column, problem.value) == (5, 0, "#N/A")
    assert problem.fault.text() == "The cell holds the error #N/A: correct it in Excel"


def test_a_formula_that_gave_an_error_is_a_problem_of_its_cell() -> None:
    cells = [
        formula(1, 2, b"\x02\x00\x17\x00\x00\x00\xff\xff"),
        formula(2, 2, b"\x00\x00\x00\x00\x00\x00\xff\xff"),
        formula(3, 2, b"\x00\x00\x00\x00\x00\x00\xf0\x3f"),
        record(0x0205, b"\x04\x00\x01\x00\x00\x00\x01\x00"),
    ]
    found = old_oddities(book(*cells), "a").problems
    assert [(problem.line, problem.column, problem.value) for problem in found] == [(2, 2, "#REF!")]


def test_cells_of_a_chart_inside_the_sheet_are_not_its_own() -> None:
    chart = record(0x0809, bytes(16)) + record(0x0205, b"\x04\x00\x01\x00\x00\x00\x2a\x01") + record(0x000A, b"")
    own = record(0x0205, b"\x05\x00\x01\x00\x00\x00\x2a\x01")
    assert [problem.line for problem in old_oddities(book(chart, own), "a").problems] == [6]


def test_a_sheet_without_errors_or_that_is_not_there_has_nothing_odd(records: bytes) -> None:
    assert old_oddities(records, "藏").problems == []
    assert old_oddities(records, "车位").problems == []


@pytest.mark.parametrize("size", range(0, 80, 3))
def test_records_cut_short_break_nothing(size: int) -> None:
    whole = book(record(0x0205, b"\x05\x00\x01\x00\x00\x00\x2a\x01"))
    assert len(old_oddities(whole[:size], "a").problems) <= 1
