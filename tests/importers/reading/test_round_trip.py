"""What a table is written as, it is read back from: any text, any supported encoding and dialect that can carry it."""

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from importers.reading.files import read_table

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030")
DELIMITERS = (",", ";", "\t", "|", "，", "^", "\x1f")

# What no text file holds: NUL, half characters, and what Unicode keeps for the use inside of programs.
LETTERS = st.characters(exclude_characters="\x00\ufdd0\ufdd1\ufeff", exclude_categories=["Cs"])
CELLS = st.text(LETTERS, max_size=12) | st.sampled_from(
    [
        "",
        "0",
        "007",
        "1E5",
        "NA",
        '5"',
        '"',
        "'",
        "''",
        ",",
        ";",
        "a,b",
        "a\nb",
        "a\r\nb",
        "x\t",
        "好",
        "，",
        "\\",
        "=1",
        "'=",
    ]
)
HEADINGS = st.from_regex(r"[A-Za-z][A-Za-z_]{2,10}", fullmatch=True)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 6))
    header = draw(st.lists(HEADINGS, min_size=width, max_size=width, unique=True))
    body = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=2, max_size=8))
    return [header, *body]


def written(rows: list[list[str]], delimiter: str, quote: str, quoting: int, end: str) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows(rows)
    return text.getvalue()


def read_back(content: bytes) -> list[list[str]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        table = read_table(path)
    assert table.problems == []
    return [table.header, *table.rows]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(ENCODINGS), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]))
def test_a_table_with_every_cell_quoted_is_read_back(
    rows: list[list[str]], encoding: str, delimiter: str, end: str
) -> None:
    assume(all(any(not cell.isspace() and cell for cell in row) for row in rows))  # a blank row is no row
    assert read_back(written(rows, delimiter, '"', csv.QUOTE_ALL, end).encode(encoding)) == rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(ENCODINGS), st.sampled_from(DELIMITERS))
def test_a_table_with_cells_quoted_where_they_must_be_is_read_back(
    rows: list[list[str]], encoding: str, delimiter: str
) -> None:
    assume(all(any(not cell.isspace() and cell for cell in row) for row in rows))
    assert read_back(written(rows, delimiter, '"', csv.QUOTE_MINIMAL, "\r\n").encode(encoding)) == rows
