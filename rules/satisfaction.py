"""How satisfied owners are: the rate, how far a sample can be trusted, and the target."""

from dataclasses import dataclass
from math import sqrt

from models.callback import Satisfaction

# Answer scale: S4 第五篇. That the first two count as satisfied: ours.
SATISFIED = frozenset({Satisfaction.VERY, Satisfaction.BASICALLY})
TARGET = 0.90  # 业主满意率 90 % of an excellent project and of the quarterly assessment (S0 基础管理)
SMALL_SAMPLE = 30  # fewer answers than this are shown as a small sample (ours)
SCALE_CLAUSE, RATE_CLAUSE, TARGET_CLAUSE = "S4 第五篇", "S4 业主满意度情况总结", "S0 基础管理"
_Z = 1.959963984540054  # the normal quantile of a 95 % interval


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the share of all owners lies with 95 % confidence, both ends between 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`good` of `total` cases, never to be shown as a bare percentage: the number of cases goes with it (ours)."""

    good: int
    total: int

    @property
    def rate(self) -> float | None:
        """Satisfied ÷ total, between 0 and 1 (S4 业主满意度情况总结); None without any case."""
        return self.good / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the rate; None without any case."""
        return wilson(self.good, self.total) if self.total else None

    @property
    def is_small(self) -> bool:
        """Whether the cases are too few for the rate to stand alone (ours)."""
        return self.total < SMALL_SAMPLE

    @property
    def meets_target(self) -> bool:
        """Whether the rate is at least 90 % (S0 基础管理); false without any case."""
        return self.rate is not None and self.rate >= TARGET


def wilson(satisfied: int, n: int) -> Interval:
    """Wilson's 95 % interval for `satisfied` of `n` answers; ValueError unless 0 ≤ satisfied ≤ n and n > 0.

    Unlike the usual formula it holds for few answers and near 0 and 100 % (ours).
    """
    if n <= 0 or not 0 <= satisfied <= n:
        raise ValueError(f"{satisfied} of {n} answers is no share")
    rate = satisfied / n
    scale = 1 + _Z**2 / n
    middle = (rate + _Z**2 / (2 * n)) / scale
    reach = _Z / scale * sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))
