import pytest

from rules.guarding import guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@x", "\tx", "\rx", "'x", "''x", "'=x", "'"])
def test_a_guarded_cell_is_no_formula_and_comes_back_as_it_was(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "陈静", "1", "3-2-1501", "a'b"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == unguarded(cell) == cell


def test_an_apostrophe_before_an_ordinary_text_is_kept() -> None:
    assert unguarded("'n Sync") == "'n Sync"
