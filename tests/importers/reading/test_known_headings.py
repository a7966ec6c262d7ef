import pytest

from importers.reading.known_headings import KnownHeadings, normalised, without_brackets

KNOWN = KnownHeadings({"手机号": 3, "owner number": 1, "ownernumber": 1, "面积": 2})


@pytest.mark.parametrize(
    ("row", "weight"),
    [
        (["手机号", "面积"], 5),
        (["手机号*", "建筑 面积"], 3),
        (["面积（㎡）", "x"], 2),
        (["Owner Number"], 1),
        (["手机号", "手机号"], 3),
        (["", "x" * 100_000], 0),
        ([], 0),
    ],
)
def test_a_row_weighs_what_its_known_headings_weigh(row: list[str], weight: int) -> None:
    assert KNOWN(row) == weight


@pytest.mark.parametrize("heading", ["手机号", " 手机号* ", "【手机号】", "手机号：", "手 机 号"])
def test_what_people_add_to_a_heading_does_not_count(heading: str) -> None:
    assert normalised(heading) == "手机号"


def test_what_stands_in_brackets_can_be_left_out() -> None:
    assert without_brackets("建筑面积（㎡）[必填]") == "建筑面积"
