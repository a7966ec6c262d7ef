import pytest

from importers.reading import blocks as under_test
from importers.reading.blocks import Block, blocks_of, head_of, parted
from importers.reading.table import Problem, Table
from models.faults import Fault

WRONG = Fault("wrong")


def table(count: int) -> Table:
    rows = [[str(number), "x" * 10] for number in range(count)]
    found = Table(["a", "b"], rows, list(range(2, count + 2)))
    found.problems = [Problem(5, WRONG, "x"), Problem(3, WRONG, "y", 1), Problem(2, WRONG, "z")]
    found.surplus = {4: ["more"]}
    return found


def test_each_block_has_the_problems_and_surplus_of_its_own_lines() -> None:
    first, second = blocks_of(table(4), 2)
    assert (first.lines, second.lines) == ([2, 3], [4, 5])
    assert [[problem.line for problem in block.problems] for block in (first, second)] == [[2, 3], [5]]
    assert (first.surplus, second.surplus) == ({}, {4: ["more"]})


@pytest.mark.parametrize(("count", "size", "lengths"), [(0, 3, []), (3, 3, [3]), (4, 3, [3, 1]), (1, 100, [1])])
def test_blocks_are_of_the_size_asked_for(count: int, size: int, lengths: list[int]) -> None:
    assert [len(block.rows) for block in blocks_of(table(count), size)] == lengths


def test_a_block_of_long_cells_ends_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "BLOCK_CHARACTERS", 25)
    assert [len(block.rows) for block in blocks_of(table(5), 100)] == [3, 2]


def test_a_block_is_parted_into_smaller_ones_and_left_alone_when_it_is_small() -> None:
    (whole,) = blocks_of(table(5))
    assert list(parted(whole, 5)) == [whole]
    parts = list(parted(whole, 2))
    assert [part.lines for part in parts] == [[2, 3], [4, 5], [6]]
    assert [[problem.line for problem in part.problems] for part in parts] == [[2, 3], [5], []]
    assert [part.surplus for part in parts] == [{}, {4: ["more"]}, {}]


def test_an_empty_block_has_no_parts() -> None:
    assert list(parted(Block([], []), 3)) == []


def test_the_head_has_a_sample_of_the_first_rows_with_long_cells_cut() -> None:
    found = table(300)
    found.rows[0][1] = "x" * 1_000
    head = head_of(found)
    assert (len(head.sample), len(head.sample[0][1]), head.row_count) == (200, 500, 300)
    assert len(found.rows[0][1]) == 1_000
