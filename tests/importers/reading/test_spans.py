import pytest

from importers.reading.spans import Span, column_number, exact_span, span, whole_tags

ROWS = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="12"><c r="AC12" s="1"/><c r="AD12"><v>2</v></c></row>'


def in_pieces(text: bytes, size: int) -> list[bytes]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 2, 7, 30, 1000])
def test_the_span_is_the_same_however_the_sheet_is_cut(size: int) -> None:
    assert span(iter(in_pieces(ROWS, size))) == Span(12, 30)


@pytest.mark.parametrize("size", [1, 3, 20])
def test_no_tag_is_divided_and_none_is_lost(size: int) -> None:
    pieces = list(whole_tags(iter(in_pieces(ROWS, size))))
    assert b"".join(pieces) == ROWS
    assert [piece for piece in pieces if piece.count(b"<") != piece.count(b">")] == []


def test_cells_without_a_content_count_only_at_first_sight() -> None:
    text = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9000"><c r="XFD9000" s="1"/></row>'
    assert span(iter([text])).area == 9000 * 16384
    assert exact_span(text) == Span(1, 1)


@pytest.mark.parametrize(
    "text", [b'<x:row r="1"><x:c r="A1"/></x:row>', b'<row r="1"><c s="1" r="A1"/></row>', b"<row><c/></row>"]
)
def test_what_no_ordinary_program_writes_is_odd(text: bytes) -> None:
    assert span(iter([text])).is_odd


@pytest.mark.parametrize(("letters", "number"), [(b"A", 1), (b"Z", 26), (b"aa", 27), (b"XFD", 16384)])
def test_columns_are_counted_by_their_letters(letters: bytes, number: int) -> None:
    assert column_number(letters) == number
