import pytest

from importers.checking.widths import Width

NUMBERS = [f"{number:04}" for number in range(1, 31)]


@pytest.mark.parametrize(
    ("texts", "short"),
    [
        ([*NUMBERS, "31"], [30]),
        ([*NUMBERS, "", "A1"], []),
        ([str(number) for number in range(1000, 1030)] + ["31"], []),
        ([*NUMBERS[:5], "31"], []),
        ([*NUMBERS, *map(str, range(1, 20))], []),
        ([f"A{number}" for number in NUMBERS] + ["A1"], []),
    ],
)
def test_a_code_shorter_than_all_others_that_begin_with_zeros_is_told(texts: list[str], short: list[int]) -> None:
    assert [place for place, _ in Width().judge(texts)] == short


def test_what_the_first_block_shows_holds_for_the_next() -> None:
    width = Width()
    assert list(width.judge(NUMBERS)) == []
    ((place, fault),) = width.judge(["0031", "32"])
    assert (place, fault.places) == (1, {"value": "32", "count": 2, "length": 4})
