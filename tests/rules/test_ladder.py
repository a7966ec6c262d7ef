from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from models.milestone import LimitUnit, MilestoneKind
from models.standard import LadderBasis, RuleKind
from models.ticket import Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind
from rules.clocks import Pause
from rules.deadlines import dues
from rules.facts import Round, TicketClass, TicketFacts
from rules.ladder import DueWarning, LevelRule, MajorCause, Step, level_at, major_cause, steps, warnings
from tests.infrastructure.facts import OPENED, SHANGHAI, ticket_facts
from tests.infrastructure.standards import deadline_rules, level_rules

K = TicketKind
S = Severity
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
A_MONTH = datetime(2026, 4, 4, 9, tzinfo=SHANGHAI) - OPENED

# The shipped default set, row by row: kind, severity, level, open for
CLAUSES = [
    (K.CONSULTATION, None, 1, 2 * DAY),
    (K.REPAIR, S.URGENT, 2, 7 * DAY),
    (K.COMPLAINT, S.MINOR, 1, 2 * DAY),
    (K.COMPLAINT, S.MINOR, 2, 7 * DAY),
    (K.COMPLAINT, S.MINOR, 3, A_MONTH),
    (K.COMPLAINT, S.IMPORTANT, 1, 0 * DAY),
    (K.COMPLAINT, S.IMPORTANT, 2, 7 * DAY),
    (K.COMPLAINT, S.IMPORTANT, 3, A_MONTH),
    (K.COMPLAINT, S.MAJOR, 3, 0 * DAY),
]


def judged(facts: TicketFacts) -> list[Step]:
    return steps(facts, level_rules(), dues(facts, deadline_rules()))


@pytest.mark.parametrize(("case", "offset"), list(product(CLAUSES, (-SECOND, 0 * SECOND, SECOND))))
def test_each_level_is_reached_to_the_second(case: tuple[K, S | None, int, timedelta], offset: timedelta) -> None:
    kind, severity, level, delay = case
    found = judged(ticket_facts(kind, severity, validity=Validity.VALID))
    assert (level_at(found, OPENED + delay + offset) >= level) is (offset >= 0 * SECOND)


@pytest.mark.parametrize(
    ("kind", "severity", "levels"),
    [
        (K.HELP, None, [1, 2]),
        (K.COMPLAINT, S.MINOR, [1, 2, 3]),
        (K.COMPLAINT, S.IMPORTANT, [1, 2, 3]),
        (K.COMPLAINT, S.MAJOR, [1, 2, 3]),
    ],
)
def test_a_ladder_has_its_levels_from_the_lowest_up(kind: K, severity: S | None, levels: list[int]) -> None:
    found = judged(ticket_facts(kind, severity, validity=Validity.VALID))
    assert [step.level for step in found] == levels


def test_nothing_reached_is_level_nought() -> None:
    assert level_at(judged(ticket_facts(K.HELP)), OPENED) == 0


@pytest.mark.parametrize(
    ("validity", "levels"),
    [(None, [1, 2]), (Validity.INVALID, [1, 2]), (Validity.OUTSIDE_REMIT, [1, 2]), (Validity.VALID, [1, 2, 3])],
)
def test_the_month_counts_for_valid_complaints_only(validity: Validity | None, levels: list[int]) -> None:
    found = judged(ticket_facts(K.COMPLAINT, S.MINOR, validity=validity))
    assert [step.level for step in found] == levels


@pytest.mark.parametrize("delay", [DAY, 5 * DAY])
def test_the_owners_own_deadline_replaces_the_two_days(delay: timedelta) -> None:
    found = judged(ticket_facts(K.COMPLAINT, S.MINOR, owner_deadline_at=OPENED + delay))
    assert found[0].due_at == OPENED + delay


def test_the_owners_own_deadline_does_not_move_the_other_steps() -> None:
    found = judged(ticket_facts(K.COMPLAINT, S.MINOR, owner_deadline_at=OPENED + DAY))
    assert found[1].due_at == OPENED + 7 * DAY


def test_the_ladder_counts_from_the_first_opening_also_after_a_reopening() -> None:
    rounds = [Round(0, OPENED, OPENED + DAY, OPENED + DAY), Round(1, OPENED + 20 * DAY)]
    found = judged(ticket_facts(K.HELP, state=TicketState.REOPENED, rounds=rounds))
    assert [step.due_at for step in found] == [OPENED + 2 * DAY, OPENED + 7 * DAY]


def test_what_is_reached_at_once_counts_from_the_reclassification_and_the_rest_from_the_opening() -> None:
    classes = [
        TicketClass(OPENED, K.COMPLAINT, severity=S.MINOR),
        TicketClass(OPENED + DAY, K.COMPLAINT, severity=S.IMPORTANT),
    ]
    found = judged(ticket_facts(classes=classes))
    assert [step.due_at for step in found] == [OPENED + DAY, OPENED + 7 * DAY]


@pytest.mark.parametrize(
    ("ended_after", "levels"),
    [(2 * DAY - SECOND, []), (2 * DAY, [1]), (7 * DAY - SECOND, [1]), (7 * DAY, [1, 2])],
)
def test_a_step_falls_away_that_the_end_came_before(ended_after: timedelta, levels: list[int]) -> None:
    ended = Round(0, OPENED, OPENED + ended_after, OPENED + ended_after)
    found = judged(ticket_facts(K.HELP, state=TicketState.RESOLVED, rounds=[ended]))
    assert [step.level for step in found] == levels
    assert not any(step.is_open for step in found)


def test_the_steps_of_an_open_ticket_are_open() -> None:
    assert all(step.is_open for step in judged(ticket_facts(K.HELP, state=TicketState.WAITING)))


def test_the_ladder_of_the_local_day_of_opening_counts() -> None:
    before = datetime(2019, 12, 31, 15, 59, 59, tzinfo=UTC)
    facts = ticket_facts(classes=[TicketClass(before, K.HELP)], rounds=[Round(0, before)])
    assert judged(facts) == []


def test_a_pause_stops_the_ladder() -> None:
    paused = [Pause(OPENED + DAY, OPENED + 3 * DAY)]
    found = judged(ticket_facts(K.HELP, state=TicketState.WAITING, pauses=paused))
    assert [step.due_at for step in found] == [OPENED + 4 * DAY, OPENED + 9 * DAY]


HOUR = timedelta(hours=1)
U, M, B = LimitUnit, MilestoneKind, LadderBasis


def row(number: int, level: int, value: int | None, unit: LimitUnit = U.HOURS, **others: Any) -> LevelRule:
    shown = {"kind": RuleKind.COMPLAINT, "valid_from": date(2020, 1, 1), "basis": B.DUE_TIME}
    return LevelRule(id=number, level=level, value=value, unit=unit, **{**shown, **others})


def climbed(facts: TicketFacts, rules: Sequence[LevelRule]) -> list[tuple[int, datetime]]:
    return [(step.level, step.due_at) for step in steps(facts, rules, dues(facts, deadline_rules()))]


def warned(facts: TicketFacts, rules: Sequence[LevelRule]) -> list[DueWarning]:
    return warnings(facts, rules, dues(facts, deadline_rules()))


MINOR = ticket_facts(K.COMPLAINT, S.MINOR)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (row(1, 1, 3), 2 * DAY + 3 * HOUR),  # of the resolution
        (row(1, 1, 0), 2 * DAY),
        (row(1, 1, None, U.AT_ONCE), 2 * DAY),
        (row(1, 1, -3), 2 * DAY - 3 * HOUR),
        (row(1, 1, 3, milestone=M.ON_SITE), 4 * HOUR),
        (row(1, 1, 1, U.DAYS), 3 * DAY),
        (row(1, 40, 3), 2 * DAY + 3 * HOUR),
    ],
)
def test_a_step_may_count_from_a_due_time(rule: LevelRule, expected: timedelta) -> None:
    assert climbed(MINOR, [rule]) == [(rule.level, OPENED + expected)]


def test_of_rows_for_one_level_the_earliest_moment_counts() -> None:
    open_time = row(2, 1, 3, U.DAYS, basis=B.OPEN_TIME)
    late_arrival = row(3, 1, 1, milestone=M.ON_SITE)
    assert climbed(MINOR, [open_time, row(1, 1, 3), late_arrival]) == [(1, OPENED + 2 * HOUR)]
    assert steps(MINOR, [open_time, late_arrival], dues(MINOR, deadline_rules()))[0].rule_id == 3


@pytest.mark.parametrize(("done_after", "levels"), [(2 * HOUR, []), (2 * HOUR + SECOND, [1])])
def test_what_is_done_in_time_reaches_no_level_of_lateness(done_after: timedelta, levels: list[int]) -> None:
    facts = replace(MINOR, done={EventKind.ARRIVED: [OPENED + done_after]})
    assert [level for level, _ in climbed(facts, [row(1, 1, 1, milestone=M.ON_SITE)])] == levels


def test_a_step_counts_from_the_due_time_that_a_pause_has_moved() -> None:
    facts = replace(MINOR, pauses=[Pause(OPENED + HOUR, OPENED + 3 * HOUR)])
    assert climbed(facts, [row(1, 1, 1)]) == [(1, OPENED + 2 * DAY + 3 * HOUR)]


def test_what_has_no_date_yet_reaches_no_level() -> None:
    assert climbed(MINOR, [row(1, 1, 1, milestone=M.PROMISED_REPLY)]) == []


def test_a_round_that_ended_unresolved_in_time_reaches_no_level_after_the_reopening() -> None:
    rounds = [Round(0, OPENED, OPENED + DAY), Round(1, OPENED + 5 * DAY)]
    facts = ticket_facts(K.COMPLAINT, S.MINOR, state=TicketState.REOPENED, rounds=rounds)
    assert climbed(facts, [row(1, 1, 0)]) == [(1, OPENED + 7 * DAY)]


def test_a_warning_comes_before_the_due_time_and_reaches_no_level() -> None:
    rules = [row(1, 1, -3, is_warning=True), row(2, 0, -1, is_warning=True)]
    assert climbed(MINOR, rules) == []
    assert warned(MINOR, rules) == [
        DueWarning(1, M.RESOLUTION, 0, OPENED + 2 * DAY - 3 * HOUR),
        DueWarning(2, M.RESOLUTION, 0, OPENED + 2 * DAY - HOUR),
    ]


def test_a_warning_that_would_lie_before_the_start_of_its_clock_does_not_come() -> None:
    rules = [row(1, 0, value, milestone=M.ON_SITE, is_warning=True) for value in (-1, -2)]
    assert [each.due_at for each in warned(MINOR, rules)] == [OPENED]


def test_nobody_is_warned_of_what_is_done() -> None:
    facts = replace(MINOR, done={EventKind.ARRIVED: [OPENED + 2 * HOUR]})
    assert warned(facts, [row(1, 0, 1, milestone=M.ON_SITE, is_warning=True)]) == []


def test_a_warning_may_count_the_open_time_until_the_ticket_ends() -> None:
    rules = [row(1, 1, 1, U.DAYS, basis=B.OPEN_TIME, is_warning=True)]
    assert warned(MINOR, rules) == [DueWarning(1, None, 0, OPENED + DAY)]
    ended = Round(0, OPENED, OPENED + 3 * DAY, OPENED + 3 * DAY)
    assert warned(ticket_facts(K.COMPLAINT, S.MINOR, state=TicketState.RESOLVED, rounds=[ended]), rules) == []


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (S.MINOR, [(2 * DAY - 4 * HOUR)]),
        (S.IMPORTANT, [6 * DAY, 7 * DAY - 4 * HOUR]),
        (S.MAJOR, [9 * DAY, 9 * DAY, 10 * DAY - 4 * HOUR]),
    ],
)
def test_the_shipped_warnings_come_before_the_resolution_is_due(severity: S, expected: list[timedelta]) -> None:
    found = warned(ticket_facts(K.COMPLAINT, severity), level_rules())
    assert sorted(each.due_at - OPENED for each in found) == expected


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, None),
        ({"reopen_count": 1}, None),
        ({"reopen_count": 2}, MajorCause.REPEATED),
        ({"reopen_count": 5}, MajorCause.REPEATED),
        ({"has_caused_harm": True}, MajorCause.HARM),
        ({"has_caused_harm": True, "reopen_count": 2}, MajorCause.HARM),
        ({"has_caused_harm": True, "validity": None}, None),
        ({"has_caused_harm": True, "validity": Validity.INVALID}, None),
        ({"has_caused_harm": True, "severity": S.MAJOR}, None),
        ({"reopen_count": 2, "kind": K.REPAIR, "severity": S.URGENT, "validity": None}, None),
    ],
)
def test_a_valid_complaint_turns_major_when_raised_repeatedly_or_by_harm(
    change: dict[str, Any], cause: MajorCause | None
) -> None:
    row = {"kind": K.COMPLAINT, "severity": S.MINOR, "validity": Validity.VALID, "reopen_count": 0}
    assert major_cause(**{**row, "has_caused_harm": False, **change}) is cause


def test_each_cause_names_its_clause() -> None:
    assert {cause.clause for cause in MajorCause} == {"S3 第5篇 4.1.1", "S3 第5篇 4.1.2"}
