"""Parts made ready in another thread: in order, with their errors, and nothing of it left."""

from collections.abc import Iterator
from contextlib import closing
from threading import active_count, current_thread

import pytest

from operations.ahead import made_ahead


def upper(text: str) -> str:
    return text.upper()


@pytest.mark.parametrize("texts", ["", "a", "ab", "abcdefghij"])
def test_what_is_made_comes_in_the_order_of_its_parts(texts: str) -> None:
    assert list(made_ahead(texts, upper)) == list(texts.upper())


def test_one_part_alone_is_made_without_a_thread() -> None:
    assert list(made_ahead("a", lambda _: current_thread())) == [current_thread()]


def test_of_several_each_is_made_in_another_thread() -> None:
    assert current_thread() not in list(made_ahead("abc", lambda _: current_thread()))


def test_the_next_part_is_taken_before_the_one_before_is_handed_out_and_no_more() -> None:
    taken = []

    def parts() -> Iterator[str]:
        for part in "abcd":
            taken.append(part)
            yield part

    with closing(made_ahead(parts(), upper)) as made:
        assert (next(made), taken) == ("A", ["a", "b"])
        assert (next(made), taken) == ("B", ["a", "b", "c"])


def test_what_making_raises_is_raised_when_its_turn_comes() -> None:
    made = made_ahead((2, 1, 0, 3), lambda number: 2 // number)
    assert (next(made), next(made)) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_no_thread_is_left_once_it_is_closed() -> None:
    before = active_count()
    with closing(made_ahead("abcd", upper)) as made:
        assert next(made) == "A"
        assert active_count() == before + 1
    assert active_count() == before
