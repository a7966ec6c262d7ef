from datetime import date, timedelta
from typing import Any

import pytest

from models.milestone import LimitUnit
from models.standard import RuleKind
from models.ticket import Category, Severity, TicketKind
from rules.facts import TicketClass
from rules.fitting import Rule, Rulebook, fitting_since, most_specific
from rules.ladder import LevelRule
from tests.infrastructure.facts import OPENED

DAY = date(2026, 3, 4)
HOUR = timedelta(hours=1)
LIFT = TicketClass(OPENED, TicketKind.REPAIR, Category.COMMUNAL_LIFT, Severity.URGENT)


def rule(number: int, kind: RuleKind, **others: Any) -> Rule:
    return Rule(id=number, kind=kind, **{"valid_from": date(2020, 1, 1), **others})


ANY = rule(1, RuleKind.NOT_COMPLAINT)
REPAIR = rule(2, RuleKind.REPAIR)
URGENT = rule(3, RuleKind.REPAIR, severity=Severity.URGENT)
OF_LIFT = rule(4, RuleKind.REPAIR, category=Category.COMMUNAL_LIFT)
OF_URGENT_LIFT = rule(5, RuleKind.REPAIR, category=Category.COMMUNAL_LIFT, severity=Severity.URGENT)
NEWER = rule(6, RuleKind.REPAIR, valid_from=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([ANY, REPAIR], REPAIR),
        ([URGENT, REPAIR], URGENT),
        ([OF_LIFT, URGENT], OF_LIFT),
        ([OF_LIFT, OF_URGENT_LIFT], OF_URGENT_LIFT),
        ([NEWER, REPAIR], NEWER),
    ],
)
def test_the_most_specific_rule_decides_then_the_newer(rules: list[Rule], expected: Rule) -> None:
    assert most_specific(rules, LIFT) == (expected,)
    assert most_specific(rules[::-1], LIFT) == (expected,)


@pytest.mark.parametrize(
    ("ticket", "fits"),
    [
        (TicketClass(OPENED, TicketKind.CONSULTATION), True),
        (TicketClass(OPENED, TicketKind.EMERGENCY), True),
        (TicketClass(OPENED, TicketKind.COMPLAINT, severity=Severity.MINOR), False),
    ],
)
def test_what_is_not_a_complaint_is_everything_else(ticket: TicketClass, fits: bool) -> None:
    assert ANY.fits(ticket) is fits


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_a_rule_holds_from_its_first_day_to_the_eve_of_its_last(day: date, holds: bool) -> None:
    limited = rule(1, RuleKind.REPAIR, valid_from=date(2026, 1, 1), valid_to=date(2026, 7, 1))
    assert limited.holds_on(day) is holds
    assert (limited in Rulebook([limited]).deciding(day, LIFT, is_special=False)) is holds


def test_a_book_answers_the_second_time_as_the_first() -> None:
    book = Rulebook([REPAIR, URGENT])
    first, second = (book.deciding(DAY, LIFT, is_special=False) for _ in range(2))
    assert first == second == (URGENT,)


def test_a_rule_that_fits_before_and_after_a_reclassification_keeps_its_start() -> None:
    classes = [
        TicketClass(OPENED, TicketKind.REPAIR, severity=Severity.ORDINARY),
        TicketClass(OPENED + HOUR, TicketKind.REPAIR, severity=Severity.URGENT),
    ]
    assert fitting_since(Rulebook([REPAIR]), DAY, classes) == [(REPAIR, OPENED)]
    assert fitting_since(Rulebook([REPAIR, URGENT]), DAY, classes) == [(URGENT, OPENED + HOUR)]


def test_a_rule_that_was_interrupted_starts_anew() -> None:
    classes = [
        TicketClass(OPENED, TicketKind.REPAIR, severity=Severity.URGENT),
        TicketClass(OPENED + HOUR, TicketKind.HELP),
        TicketClass(OPENED + 2 * HOUR, TicketKind.REPAIR, severity=Severity.URGENT),
    ]
    assert fitting_since(Rulebook([URGENT]), DAY, classes) == [(URGENT, OPENED + 2 * HOUR)]


def warning(number: int, kind: RuleKind, value: int, **others: Any) -> LevelRule:
    shown = {"level": 1, "unit": LimitUnit.HOURS, "is_warning": True, "valid_from": date(2020, 1, 1)}
    return LevelRule(id=number, kind=kind, value=value, **{**shown, **others})


def test_one_may_be_warned_twice_of_one_date_but_only_by_the_most_specific_rows() -> None:
    day_before, hour_before = warning(1, RuleKind.REPAIR, 24), warning(2, RuleKind.REPAIR, 1)
    anything = warning(3, RuleKind.NOT_COMPLAINT, 48)
    assert most_specific([anything, day_before, hour_before], LIFT) == (day_before, hour_before)


def test_of_two_warnings_at_one_offset_the_newer_counts() -> None:
    old, new = warning(1, RuleKind.REPAIR, 24), warning(2, RuleKind.REPAIR, 24, valid_from=date(2025, 1, 1))
    assert most_specific([new, old], LIFT) == (new,)
