from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from importers.outgoing.sheets import FAULTY, HEADING, Stencils, add_styles, put, sound
from rules.guarding import unguarded


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "'", "''x", "-1", "0007", "a\nb", "𠮷", ""])
def test_what_was_written_is_read_again_as_it_was(text: str) -> None:
    assert unguarded(sound(text)) == text


def test_what_no_workbook_can_hold_is_left_out() -> None:
    assert sound("a\x00b\x0bc\ufffed\ud800") == "abcd"


def test_a_text_is_never_a_formula() -> None:
    book = Workbook()
    add_styles(book)
    sheet = book.worksheets[0]
    put(sheet["A1"], "=1+1")
    assert (sheet["A1"].data_type, sheet["A1"].value) == ("s", "=1+1")


def test_a_stencil_writes_one_cell_after_another() -> None:
    book = Workbook(write_only=True)
    add_styles(book)
    sheet = book.create_sheet()
    stencils = Stencils(sheet)
    sheet.append(stencils.cell(text) for text in ("=a", "b"))
    sheet.append(stencils.cell(text, FAULTY, "wrong") for text in ("c", "d"))
    out = BytesIO()
    book.save(out)
    cells = [cell for row in load_workbook(out).worksheets[0].iter_rows() for cell in row]
    assert [cell.value for cell in cells] == ["=a", "b", "c", "d"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.comment.text if cell.comment else "" for cell in cells] == ["", "", "wrong", "wrong"]


def test_styles_of_one_workbook_do_not_go_to_another() -> None:
    for_one, for_other = Workbook(), Workbook()
    add_styles(for_one)
    add_styles(for_other)
    put(for_one.worksheets[0]["A1"], "a", HEADING)
    put(for_other.worksheets[0]["A1"], "a", HEADING)
    assert for_one.worksheets[0]["A1"].font.b
    assert for_other.worksheets[0]["A1"].font.b
