import pytest

from models.callback import Satisfaction
from rules.satisfaction import SATISFIED, Share, wilson


def test_the_worked_case_is_96_percent() -> None:
    """S4 业主满意度情况总结: 20 forms of 10 questions, 192 of 200 answers satisfied."""
    share = Share(192, 200)
    assert share.rate == 0.96
    assert share.meets_target
    assert not share.is_small


def test_very_and_basically_satisfied_count_as_satisfied() -> None:
    assert {Satisfaction.VERY, Satisfaction.BASICALLY} == SATISFIED


# Reference values: R, binom::binom.wilson, and Newcombe 1998 (81 of 263, 15 of 148, 0 of 20, 1 of 29).
@pytest.mark.parametrize(
    ("satisfied", "n", "low", "high"),
    [
        (192, 200, 0.9231, 0.9796),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_agrees_with_published_intervals(satisfied: int, n: int, low: float, high: float) -> None:
    interval = wilson(satisfied, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(("satisfied", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_has_no_interval(satisfied: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(satisfied, n)


def test_no_answer_is_neither_a_rate_nor_a_target_met() -> None:
    share = Share(0, 0)
    assert (share.rate, share.interval, share.meets_target, share.is_small) == (None, None, False, True)


@pytest.mark.parametrize(("total", "is_small"), [(29, True), (30, False)])
def test_a_sample_below_thirty_is_small(total: int, is_small: bool) -> None:
    assert Share(total, total).is_small is is_small


@pytest.mark.parametrize(("satisfied", "is_met"), [(899, False), (900, True), (901, True)])
def test_the_target_is_ninety_percent_itself_included(satisfied: int, is_met: bool) -> None:
    assert Share(satisfied, 1000).meets_target is is_met
