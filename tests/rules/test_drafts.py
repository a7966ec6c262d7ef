from dataclasses import replace
from datetime import date

import pytest

from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import RuleKind
from models.ticket import Severity, TicketKind
from rules.deadlines import DeadlineRule
from rules.drafts import Changed, DayOff, Draft, Limit, drafted, drafted_calendar, is_touched, touched_rules, versions
from tests.infrastructure.facts import ALWAYS_OPEN, ticket_facts

FIRST = DeadlineRule(
    id=1,
    kind=RuleKind.COMPLAINT,
    severity=Severity.MINOR,
    milestone=MilestoneKind.RESOLUTION,
    value=2,
    unit=LimitUnit.DAYS,
    valid_from=date(2020, 1, 1),
    valid_to=date(2026, 1, 1),
)
SECOND = replace(FIRST, id=2, value=3, valid_from=date(2026, 1, 1), valid_to=None)
OTHER = replace(FIRST, id=3, severity=Severity.MAJOR, valid_to=None)
DAY = Limit(1, LimitUnit.DAYS, Clock.ELAPSED)
HOLIDAY, SATURDAY = date(2026, 10, 1), date(2026, 10, 10)
CALENDAR = replace(ALWAYS_OPEN, windows={0: ((32400, 61200),)}, holidays={HOLIDAY: "国庆节"})


def test_a_changed_rule_stands_for_its_earlier_versions_and_on_every_day() -> None:
    found = drafted([FIRST, SECOND, OTHER], Changed({2: DAY}))
    always = replace(SECOND, value=1, valid_from=date.min)
    assert found == [OTHER, always]


def test_a_rule_that_ends_leaves_nothing_of_itself() -> None:
    assert drafted([FIRST, SECOND, OTHER], Changed({2: None})) == [OTHER]


def test_a_rule_that_is_added_holds_on_every_day() -> None:
    added = replace(OTHER, id=-1, milestone=MilestoneKind.ANSWER)
    assert drafted([OTHER], Changed({}, [added])) == [OTHER, replace(added, valid_from=date.min)]


@pytest.mark.parametrize(
    "other",
    [
        OTHER,
        replace(FIRST, id=4, valid_to=None),  # beside it, not before it
        replace(FIRST, id=4, milestone=MilestoneKind.ANSWER),
        replace(FIRST, id=4, only_if_harm=True),
    ],
)
def test_what_says_something_else_or_holds_beside_it_is_no_earlier_version(other: DeadlineRule) -> None:
    assert versions([FIRST, SECOND, other], SECOND) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("severity", "expected"), [(Severity.MINOR, True), (Severity.IMPORTANT, False), (Severity.MAJOR, False)]
)
def test_only_tickets_that_a_changed_rule_speaks_of_are_touched(severity: Severity, expected: bool) -> None:
    rules = touched_rules([FIRST, SECOND, OTHER], Changed({2: DAY}))
    assert is_touched(ticket_facts(TicketKind.COMPLAINT, severity), rules) is expected


def test_a_calendar_that_the_draft_leaves_alone_stays_the_same_one() -> None:
    assert drafted_calendar(CALENDAR, None, None) is CALENDAR


def test_windows_are_replaced_in_full() -> None:
    assert drafted_calendar(CALENDAR, {1: [(0, 3600)]}, None).windows == {1: ((0, 3600),)}


def test_days_become_free_worked_or_like_any_other() -> None:
    days = {HOLIDAY: None, SATURDAY: DayOff(True, 0, "调休"), date(2026, 10, 12): DayOff(False, None, "停电")}
    found = drafted_calendar(CALENDAR, None, days)
    assert found.holidays == {date(2026, 10, 12): "停电"}
    assert found.extra_workdays == {SATURDAY: 0}


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (Draft(), False),
        (Draft(deadlines=Changed({1: None})), True),
        (Draft(windows={1: {}}), True),
        (Draft(days={1: {HOLIDAY: None}}), True),
    ],
)
def test_a_draft_knows_whether_it_changes_anything(draft: Draft, expected: bool) -> None:
    assert bool(draft) is expected
