from datetime import date, datetime, time
from pathlib import Path

import pytest

from importers.reading import read_table
from importers.workbooks import as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("007", "007"),
        (18999999999.0, "18999999999"),
        (1.0, "1"),
        (94.56, "94.56"),
        (0.00001, "0.00001"),
        (7, "7"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 11, 1), "2026-11-01"),
        (datetime(2026, 11, 1), "2026-11-01"),  # noqa: DTZ001  # a cell has no zone
        (datetime(2026, 11, 1, 8, 30), "2026-11-01 08:30:00"),  # noqa: DTZ001
        (time(8, 30), "08:30:00"),
    ],
)
def test_a_cell_becomes_the_text_that_people_see(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_number_that_has_lost_digits_is_a_problem_of_its_cell() -> None:
    table = read_table(Path("fixtures/owners/lost_digits.xlsx"))
    (problem,) = table.problems
    assert (problem.line, problem.column) == (2, 2)
    assert "lost digits" in problem.fault.text()
