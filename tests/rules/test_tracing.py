"""Each stretch of a trace with its cause, as people read it."""

from dataclasses import replace
from datetime import date

import pytest

from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar, Pause, Stretch, trace
from tests.infrastructure.clocks import SHANGHAI, hours, local, pause, told

OFFICE = hours("09:00-12:00", "14:30-17:30")
OCTOBER = replace(
    OFFICE,
    holidays={date(2026, 10, day): "National Day" for day in range(1, 8)},
    extra_workdays={date(2026, 10, 10): 0},
)
LATE = replace(hours("20:00-04:00", days=(3, 4)), holidays={date(2026, 10, 2): "National Day"})
H, D, W, MONTH, WORK = list(LimitUnit)[1:6]


def shown(stretches: list[Stretch]) -> list[tuple[str, int, str]]:
    """The end, the minutes counted, and why; each begins where the one before it ends."""
    return [
        ((told(each.end) or "")[5:], each.counted_seconds // 60, f"{each.cause.label} {each.name}".rstrip())
        for each in stretches
    ]


@pytest.mark.parametrize(
    ("clock", "calendar", "start", "value", "unit", "pauses", "expected"),
    [
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-28 16:30", 5, H, []),
            [
                ("09-28 17:30", 60, "counted"),
                ("09-29 09:00", 0, "closed: night"),
                ("09-29 12:00", 180, "counted"),
                ("09-29 14:30", 0, "closed: break"),
                ("09-29 15:30", 60, "counted"),
            ],
            id="a night and a break",
        ),
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-25 16:30", 2, H, []),
            [
                ("09-25 17:30", 60, "counted"),
                ("09-26 00:00", 0, "closed: night"),
                ("09-28 00:00", 0, "closed: day off"),
                ("09-28 09:00", 0, "closed: night"),
                ("09-28 10:00", 60, "counted"),
            ],
            id="a weekend",
        ),
        pytest.param(
            *(Clock.SERVICE, OCTOBER, "2026-09-30 17:00", 13, H, []),
            [
                ("09-30 17:30", 30, "counted"),
                ("10-01 00:00", 0, "closed: night"),
                ("10-08 00:00", 0, "holiday National Day"),
                ("10-08 09:00", 0, "closed: night"),
                ("10-08 12:00", 180, "counted"),
                ("10-08 14:30", 0, "closed: break"),
                ("10-08 17:30", 180, "counted"),
                ("10-09 09:00", 0, "closed: night"),
                ("10-09 12:00", 180, "counted"),
                ("10-09 14:30", 0, "closed: break"),
                ("10-09 17:30", 180, "counted"),
                ("10-10 09:00", 0, "closed: night"),
                ("10-10 09:30", 30, "make-up working day 2026-10-10"),
            ],
            id="holidays and a make-up day",
        ),
        pytest.param(
            *(Clock.SERVICE, LATE, "2026-10-01 23:00", 6, H, []),
            [
                ("10-02 04:00", 300, "counted"),
                ("10-03 00:00", 0, "holiday National Day"),
                ("10-08 00:00", 0, "closed: day off"),
                ("10-08 20:00", 0, "closed: night"),
                ("10-08 21:00", 60, "counted"),
            ],
            id="past midnight into a holiday",
        ),
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-28 11:00", 2, H, [pause("2026-09-28 11:30", "2026-09-28 15:00")]),
            [("09-28 11:30", 30, "counted"), ("09-28 15:00", 0, "pause"), ("09-28 16:30", 90, "counted")],
            id="a pause over a break",
        ),
        pytest.param(
            *(Clock.ELAPSED, OFFICE, "2026-09-28 11:00", 2, H, [pause("2026-09-28 11:30", "2026-09-28 11:40")]),
            [("09-28 11:30", 30, "counted"), ("09-28 11:40", 0, "pause"), ("09-28 13:10", 90, "counted")],
            id="round the clock",
        ),
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-28 11:00", 2, H, [pause("2026-09-28 11:30")]),
            [("09-28 11:30", 30, "counted")],
            id="as far as a pause that goes on",
        ),
        pytest.param(
            *(Clock.ELAPSED, Calendar(SHANGHAI), "2026-09-28 11:00", 2, D, []),
            [("09-29 11:00", 1440, "day 1/2"), ("09-30 11:00", 1440, "day 2/2")],
            id="days",
        ),
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-28 11:00", 1, W, [pause("2026-09-28 11:30", "2026-09-28 12:00")]),
            [("10-05 11:00", 1770, "week 1/1"), ("10-05 11:30", 30, "added for pauses")],
            id="a week, and what a pause added",
        ),
        pytest.param(
            *(Clock.SERVICE, OFFICE, "2026-09-28 17:00", 1, D, [pause("2026-09-28 17:00", "2026-09-29 10:00")]),
            [
                ("09-29 17:00", 270, "day 1/1"),
                ("09-29 17:30", 30, "added for pauses"),
                ("09-30 09:00", 0, "closed: night"),
                ("09-30 10:00", 60, "added for pauses"),
            ],
            id="what a pause added goes over a night",
        ),
        pytest.param(
            *(Clock.ELAPSED, OCTOBER, "2026-09-30 11:00", 3, WORK, []),
            [
                ("10-07 11:00", 10080, "holiday National Day"),
                ("10-08 11:00", 1440, "working day 1/3"),
                ("10-09 11:00", 1440, "working day 2/3"),
                ("10-10 11:00", 1440, "working day 3/3"),
            ],
            id="working days",
        ),
        pytest.param(
            *(Clock.ELAPSED, OFFICE, "2026-09-25 11:00", 1, WORK, []),
            [("09-27 11:00", 2880, "closed: day off"), ("09-28 11:00", 1440, "working day 1/1")],
            id="a working day over a weekend",
        ),
        pytest.param(Clock.SERVICE, OFFICE, "2026-09-28 11:00", 0, MONTH, [], [], id="nothing"),
    ],
)
def test_every_stretch_says_why_it_counts_or_does_not(
    clock: Clock,
    calendar: Calendar,
    start: str,
    value: int,
    unit: LimitUnit,
    pauses: list[Pause],
    expected: list[tuple[str, int, str]],
) -> None:
    assert shown(trace(clock, calendar, local(start), value, unit, pauses)) == expected
