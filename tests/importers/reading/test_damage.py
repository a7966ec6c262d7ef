"""A sample of damaged files, one damage each: what a reader that is told nothing but the path makes of them.

`python -m bench.reading` measures all places of all damages.
"""

from functools import cache
from pathlib import Path

import pytest

from bench.damage import cases
from bench.reading import scores, simple, weighted
from bench.shop_table import table
from importers.reading.files import read_table

EVERY = 71
FAMILIES = sorted({case.family for case in cases(table(24), EVERY)})


@cache
def found() -> dict[str, list[float]]:
    return scores(EVERY, rows=24)


def test_of_damaged_files_nearly_everything_is_recovered() -> None:
    assert simple(found()) >= 9.97
    assert weighted(found()) >= 9.97


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_of_damage_is_given_up(family: str) -> None:
    values = found()[family]
    assert sum(values) / len(values) >= 9.8
    assert min(values) >= 8.9


def test_a_damaged_row_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    rows = "".join(f"{n},0{n % 10}:30,word {n}\n" for n in range(10, 30))
    path = tmp_path / "file.csv"
    path.write_text("No,Time,Text\n" + rows + "30,08:30\n31,,09:30,word\n32;10:30;word\n" + '33,11:30,"word\n' + rows)
    table = read_table(path)
    assert [(problem.line, problem.fault.message.split(":")[0]) for problem in table.problems] == [
        (23, "The row has %(count)s cells, the header has %(width)s"),
        (24, "The row is divided by %(sign)s instead of %(delimiter)s"),
        (25, "A quotation mark is opened and not closed"),
    ]
    assert table.rows[20:24] == [
        ["30", "08:30", ""],
        ["31", "09:30", "word"],
        ["32", "10:30", "word"],
        ["33", "11:30", "word"],
    ]
    assert len(table.rows) == 44


def test_cells_that_belong_nowhere_are_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n" + "1,2024-01-02\n" * 5 + "2,2024-01-03,note,more\n")
    table = read_table(path)
    assert (table.rows[-1], table.surplus) == (["2", "2024-01-03"], {7: ["note", "more"]})
    assert [problem.line for problem in table.problems] == [7]


def test_many_rows_without_their_last_cells_are_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("编号,姓名,备注\n" + "B1,赵敏\n" * 50)
    table = read_table(path)
    assert (table.header, table.rows[0], table.problems) == (["编号", "姓名", "备注"], ["B1", "赵敏", ""], [])
