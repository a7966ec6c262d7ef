from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from models.ticket import Severity, TicketKind, TicketState, Validity
from rules.facts import Round, TicketClass, TicketFacts
from rules.ladder import Step, level_at, steps
from tests.infrastructure.facts import OPENED, SHANGHAI, ticket_facts
from tests.infrastructure.standards import level_rules

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
    return steps(facts, level_rules())


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
