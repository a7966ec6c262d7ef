import pytest

from importers.reading.dialects import dialect_of
from importers.reading.table import Dialect

ROWS = [["name", "text", "number"], ["Lee", "one, two", "1"], ["May", 'so "fine"', "2"], ["Kim", "plain", "3"]] + [
    [f"P{number}", "some; text", str(number)] for number in range(10, 20)
]


def lines(delimiter: str, quote: str = '"', escape: str | None = None) -> list[str]:
    closing = quote[-1]
    return [
        delimiter.join(
            quote[0] + cell.replace(closing, (escape or closing) + closing) + closing
            if delimiter in cell or quote[0] in cell
            else cell
            for cell in row
        )
        + "\n"
        for row in ROWS
    ]


@pytest.mark.parametrize(
    "delimiter", [",", ";", "\t", "|", "，", "^", "~", ":", ", ", " | ", ",,", "||", "::", "§", "\x1f"]
)
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert dialect_of(lines(delimiter)) == Dialect(delimiter)


@pytest.mark.parametrize("quote", ['"', "'", "“”", "«»", "`", "~"])
def test_the_quotation_mark_is_found(quote: str) -> None:
    assert dialect_of(lines(",", quote)) == Dialect(",", quote)


@pytest.mark.parametrize("escape", ["\\", "/", "^"])
def test_the_escape_is_found(escape: str) -> None:
    assert dialect_of(lines(",", '"', escape)) == Dialect(",", '"', escape)


def test_marks_around_every_cell_are_no_part_of_them() -> None:
    assert dialect_of([f"'{number}','word {number}'\n" for number in range(5)]).quote == "'"


@pytest.mark.parametrize(
    "column",
    [
        ["date", "2024-01-02", "2024-03-04"],
        ["time", "08:30", "09:45"],
        ["name", "John Smith", "Jane Doe"],
        ["page", "http://a.example/b?c=1", "http://a.example/d?c=2"],
        ["text", "no", "one, two", "yes", "never"],
        ["price", "$1.20", "$3.40"],
    ],
)
def test_a_single_column_has_no_delimiter(column: list[str]) -> None:
    found = dialect_of([cell + "\n" for cell in column])
    assert all(len(cell.split(found.delimiter)) == 1 for cell in column if ", " not in cell)
    assert found.delimiter == ","


def test_what_is_told_is_kept() -> None:
    assert dialect_of(["a;b,c\n", "1;2,3\n"], delimiter=",") == Dialect(",")
    assert dialect_of(["a,'b'\n", "1,'2'\n"], quote="") == Dialect(",", None)
