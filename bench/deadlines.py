"""How many deadlines a second the rule alone reckons, in one process; by itself as `python -m bench.deadlines`."""

from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from bench.report import keep_figures, say_figures
from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar, Pause, reckon
from rules.windows import window

NUMBER, TIMES = 20_000, 5
ALLOWED = {"service clock, five pauses": 20_000.0}  # a second, at least
ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = tuple(window(*each) for each in (("09:00", "12:00"), ("14:30", "17:30")))
Asked = tuple[Clock, int, LimitUnit, int]  # the last is the number of pauses
CASES: dict[str, Asked] = {
    "service clock, five pauses": (Clock.SERVICE, 16, LimitUnit.HOURS, 5),
    "service clock, no pause": (Clock.SERVICE, 16, LimitUnit.HOURS, 0),
    "five working days, five pauses": (Clock.SERVICE, 5, LimitUnit.WORKING_DAYS, 5),
    "round the clock, five pauses": (Clock.ELAPSED, 16, LimitUnit.HOURS, 5),
}


def deadlines_per_second() -> dict[str, float]:
    """By case, the median of some rounds, each over starts that lie all over a year with holidays."""
    return {name: median(_round(*asked) for _ in range(TIMES)) for name, asked in CASES.items()}


def _round(clock: Clock, value: int, unit: LimitUnit, pauses: int) -> float:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    holidays = {date(2026, 10, day): "National Day" for day in range(1, 8)}
    calendar = Calendar(ZONE, dict.fromkeys(range(5), OFFICE), holidays, covered_until=date(2026, 12, 31))
    starts = [first + timedelta(seconds=number * 1571) for number in range(NUMBER)]
    asked = [(start, [_pause(start, number) for number in range(pauses)]) for start in starts]
    begun = perf_counter()
    for start, paused in asked:
        reckon(clock, calendar, start, value, unit, paused)
    return NUMBER / (perf_counter() - begun)


def _pause(start: datetime, number: int) -> Pause:
    """One of several within the hours after the start: each begins before the due moment, and moves it."""
    begins = start + timedelta(minutes=200 * number + 7)
    return Pause(begins, begins + timedelta(minutes=45))


def main() -> None:
    """Measure, say and keep it."""
    found = deadlines_per_second()
    say_figures("deadlines a second, by the rule alone", found, ALLOWED)
    keep_figures("deadlines a second", found)


if __name__ == "__main__":
    main()
