from datetime import datetime, timedelta

import pytest

from models.draft import Effect
from models.milestone import LimitUnit, MilestoneKind
from models.ticket import TicketState
from rules.deadlines import Basis, Due
from rules.ladder import Step
from rules.what_if import Changed, Judged, counted, differences, in_time, is_hit, levels, moves
from tests.infrastructure.facts import OPENED, ticket_facts

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOW = OPENED + 3 * DAY
FACTS = ticket_facts()


def due(due_at: datetime | None, done_at: datetime | None = None, *, is_open: bool = False) -> Due:
    limit = (1, LimitUnit.DAYS, 1, Basis.LIMIT)
    return Due(MilestoneKind.RESOLUTION, 0, OPENED, due_at, done_at, is_open, *limit)


def judged(*dues: Due, steps: tuple[Step, ...] = ()) -> Judged:
    return Judged(dues, steps)


def step(level: int, due_at: datetime) -> Step:
    return Step(level, due_at, True, 1)


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [
        (due(NOW, NOW), True),
        (due(NOW - SECOND, NOW), False),
        (due(NOW, is_open=True), None),  # the due second itself is in time
        (due(NOW - SECOND, is_open=True), False),
        (due(NOW - SECOND), False),  # ended without it
        (due(NOW + SECOND, NOW), True),
        (due(None, NOW), None),
        (due(None, is_open=True), None),
    ],
)
def test_a_milestone_is_in_time_late_or_not_counted_yet(milestone: Due, expected: bool | None) -> None:
    assert in_time(milestone, NOW) is expected


def test_a_ticket_entered_wrongly_counts_as_nothing() -> None:
    void, late = ticket_facts(state=TicketState.VOID), judged(due(NOW - DAY), steps=(step(1, OPENED),))
    assert (list(counted(void, late, NOW)), levels(void, late, NOW)) == ([], set())
    assert list(differences(void, judged(), late, NOW)) == []


@pytest.mark.parametrize(
    ("today", "draft", "effect"),
    [
        (due(NOW, NOW), due(NOW - DAY, NOW), Effect.LATE),
        (due(NOW - DAY, NOW), due(NOW, NOW), Effect.IN_TIME),
        (due(NOW + DAY, is_open=True), due(NOW - DAY, is_open=True), Effect.LATE),
        (due(NOW - DAY, is_open=True), due(NOW + DAY, is_open=True), Effect.IN_TIME),
    ],
)
def test_what_would_be_another_way_is_said_with_both_dates(today: Due, draft: Due, effect: Effect) -> None:
    (found,) = differences(FACTS, judged(today), judged(draft), NOW)
    assert found == Changed(effect, MilestoneKind.RESOLUTION, None, today.due_at, draft.due_at)


def test_a_level_is_reached_once_its_time_has_come() -> None:
    today, draft = judged(steps=(step(2, NOW + SECOND),)), judged(steps=(step(2, NOW),))
    assert list(differences(FACTS, today, draft, NOW)) == [Changed(Effect.ESCALATED, None, 2, NOW + SECOND, NOW)]
    assert list(differences(FACTS, draft, today, NOW)) == [Changed(Effect.SPARED, None, 2, NOW, NOW + SECOND)]


def test_only_what_is_owed_still_moves() -> None:
    done, owed = due(NOW - DAY, NOW - 2 * DAY), due(NOW - DAY, is_open=True)
    assert list(moves(judged(done), judged(due(NOW, NOW - 2 * DAY)), NOW)) == []
    (found,) = moves(judged(owed), judged(due(NOW, is_open=True)), NOW)
    assert found == Changed(Effect.DATE_MOVED, MilestoneKind.RESOLUTION, None, NOW - DAY, NOW)


def test_a_level_that_was_reached_does_not_move() -> None:
    reached, coming = judged(steps=(step(1, NOW),)), judged(steps=(step(1, NOW + DAY),))
    assert list(moves(reached, coming, NOW)) == []
    assert list(moves(coming, reached, NOW)) == [Changed(Effect.DATE_MOVED, None, 1, NOW + DAY, NOW)]


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ([], False),
        ([Effect.DATE_MOVED, Effect.IN_TIME, Effect.SPARED], False),
        ([Effect.LATE], True),
        ([Effect.SPARED, Effect.ESCALATED], True),
    ],
)
def test_somebody_is_hit_by_what_gets_worse(effects: list[Effect], expected: bool) -> None:
    assert is_hit([Changed(effect) for effect in effects]) is expected
