from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.json_bytes import decoded, encoded
from operations.recording import plain

TEXTS = st.text(st.characters())  # halves of surrogate pairs among them
ODDEST = timezone(timedelta(hours=8, minutes=5, seconds=43))


class Colour(StrEnum):
    RED = "red"


@given(st.recursive(TEXTS | st.integers() | st.booleans() | st.none(), st.lists) | st.dictionaries(TEXTS, TEXTS))
def test_whatever_is_plain_comes_back_as_it_is(value: Any) -> None:
    assert decoded(encoded(value)) == value


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63), -(2**63) - 1, 10**40])
@pytest.mark.parametrize("text", ["", "\ud800", "𠮷"])
def test_large_numbers_stay_exact_beside_any_text(number: int, text: str) -> None:
    found = decoded(bytearray(encoded([number, text])))
    assert (type(found[0]), found) == (int, [number, text])


@pytest.mark.parametrize("beside", ["", "\ud800"])
@pytest.mark.parametrize(
    "value",
    [
        Colour.RED,
        date(26, 1, 2),
        datetime(2026, 11, 1, 8, 30, 0, 600, UTC),
        datetime(1890, 1, 1, tzinfo=ODDEST),
        Decimal("1234.50"),
    ],
)
def test_values_are_written_as_history_writes_them(value: Any, beside: str) -> None:
    assert decoded(encoded([value, beside], plain)) == [plain(value), beside]


def test_what_has_no_plain_form_is_an_error() -> None:
    with pytest.raises(TypeError):
        encoded({"value": object()})


@pytest.mark.parametrize("body", [b"", b" ", b"hello", b" hello", b"\xff", b" \xff", b"[1"])
def test_anything_but_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(body)
