"""A limit as somebody asks about it, with pauses, offsets and a present, and everything that can be said of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from models.faults import Fault
from models.milestone import Clock, LimitUnit
from rules.clocks import Calendar, Number, Pause, Stretch, counted, day_end, moved, reckon, trace, used
from rules.tracing import Cause

Found = TypeVar("Found")
Amount = tuple[Number, LimitUnit]
OUT_OF_YEARS = "the dates that follow from it lie outside the years 1 to 9999"


class Unanswerable(Exception):
    """A case that is well formed but leads nowhere: the key that does, and a sentence."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(f"{key}: {sentence}")
        self.key = key
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Case:
    """`done_at` ends a pause that goes on, and what is used is counted until then, else until `now`."""

    clock: Clock
    calendar: Calendar
    start: datetime
    limit: Amount
    pauses: Sequence[Pause] = ()
    offsets: Sequence[Amount] = ()
    done_at: datetime | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds are those of the case's clock. Without a due moment, since a pause goes on, offsets have none either."""

    due_at: datetime | None
    paused_seconds: int
    used_seconds: int | None
    remaining_seconds: int | None
    breached: bool
    late_seconds: int
    offsets_at: list[datetime | None]
    trace: list[Stretch]


def answer(case: Case) -> Answer:
    """Everything about the case. Raises Unanswerable where a clock does not run so long or a date lies too far off."""
    asked = (case.clock, case.calendar)
    pauses = [Pause(each.start, each.end or case.done_at) for each in case.pauses]
    due = _found("limit", lambda: reckon(*asked, case.start, *case.limit, pauses))
    until, name = case.done_at or case.now, "now" if case.done_at is None else "done_at"
    used_seconds, remaining, late = None, None, 0
    if until is not None:
        used_seconds = _found(name, lambda: used(*asked, case.start, until, pauses))
        remaining = max(0, _found("limit", lambda: _budget(case)) - used_seconds)
    if until is not None and due.due_at is not None:
        due_at = due.due_at
        late = _found(name, lambda: counted(*asked, due_at, until))
    return Answer(
        due.due_at,
        due.paused_seconds if due.due_at or until is None else _paused(case, until),
        used_seconds,
        remaining,
        until is not None and due.due_at is not None and until.replace(microsecond=0) > due.due_at,
        late,
        [_offset(case, due.due_at, number) for number in range(len(case.offsets))],
        _trace(case, pauses, due.due_at, until),
    )


def _budget(case: Case) -> int:
    """The seconds that the limit gives, on the clock."""
    value, unit = case.limit
    if unit is LimitUnit.MINUTES or unit is LimitUnit.HOURS:
        return int(value * (60 if unit is LimitUnit.MINUTES else 3600))
    return counted(case.clock, case.calendar, case.start, day_end(case.calendar, case.start, value, unit))


def _paused(case: Case, until: datetime) -> int:
    """What the pauses have added by then, the one that goes on included."""
    pauses = [Pause(each.start, each.end or until) for each in case.pauses]
    return reckon(case.clock, case.calendar, case.start, *case.limit, pauses).paused_seconds


def _offset(case: Case, due_at: datetime | None, number: int) -> datetime | None:
    if due_at is None:
        return None
    return _found(f"offsets[{number}]", lambda: moved(case.clock, case.calendar, due_at, *case.offsets[number]))


def _trace(case: Case, pauses: Sequence[Pause], due_at: datetime | None, until: datetime | None) -> list[Stretch]:
    """Up to the due moment; without one up to the present, as far as that is known."""
    found = trace(case.clock, case.calendar, case.start, *case.limit, pauses)
    end = found[-1].end if found else case.start
    if due_at is None and until is not None and until > end:
        return [*found, Stretch(end, until, 0, Cause.PAUSE)]
    return found


def _found(key: str, ask: Callable[[], Found]) -> Found:
    try:
        return ask()
    except Fault as fault:
        raise Unanswerable(key, str(fault)) from None
