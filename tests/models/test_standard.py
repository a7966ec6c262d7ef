from datetime import date
from typing import Any

import pytest

from models.base import Base
from models.milestone import LimitUnit
from models.standard import LadderBasis, LadderRule, StandardRule, StandardSet

DAYS = {"valid_from": date(2026, 1, 1), "valid_to": None}
LIMIT = {"level": 1, "value": 2, "unit": LimitUnit.DAYS, "basis": LadderBasis.OPEN_TIME, "is_warning": False}
ROW = DAYS | LIMIT
SET = {"late_entry_hours": 24, "pause_approval_hours": 24, "pause_cap_hours": 720}
QUIET = {"quiet_from": "22:00", "quiet_until": "07:00"}


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
@pytest.mark.parametrize(
    ("change", "faulty"),
    [
        ({}, set()),
        ({"value": 9999}, set()),
        ({"value": 10_000}, {"value"}),
        ({"value": 0}, {"value"}),
        ({"value": None}, {"value"}),
        ({"value": None, "unit": LimitUnit.AT_ONCE}, set()),
        ({"unit": LimitUnit.AGREED}, {"value"}),
        ({"valid_to": date(2026, 1, 2)}, set()),
        ({"valid_to": date(2026, 1, 1)}, {"valid_to"}),
    ],
)
def test_a_rule_has_the_number_its_unit_needs_and_a_day_to_hold_on(
    model: type[Base], change: dict[str, Any], faulty: set[str]
) -> None:
    assert model.faults(ROW | change).keys() == faulty


@pytest.mark.parametrize(
    ("change", "faulty"),
    [
        ({}, set()),
        ({"value": -2}, set()),
        ({"value": 0}, set()),
        ({"value": -9999}, set()),
        ({"value": -10_000}, {"value"}),
        ({"value": None}, {"value"}),
        ({"value": None, "unit": LimitUnit.AT_ONCE}, set()),
        ({"unit": LimitUnit.AT_ONCE}, {"value"}),
        ({"value": None, "unit": LimitUnit.END_OF_DAY}, {"unit"}),
        ({"value": None, "unit": LimitUnit.AGREED}, {"unit"}),
        ({"valid_to": date(2026, 1, 1)}, {"valid_to"}),
    ],
)
def test_a_row_that_counts_from_a_due_time_has_a_number_with_a_sign(change: dict[str, Any], faulty: set[str]) -> None:
    assert LadderRule.faults({**ROW, "basis": LadderBasis.DUE_TIME, **change}).keys() == faulty


@pytest.mark.parametrize(
    ("level", "is_warning", "stands"),
    [(0, False, False), (0, True, True), (1, False, True), (99, True, True), (99, False, True), (100, True, False)],
)
def test_a_ladder_has_levels_up_to_99_and_only_warns_at_the_foot(level: int, is_warning: bool, stands: bool) -> None:
    assert (LadderRule.faults({**ROW, "level": level, "is_warning": is_warning}) == {}) is stands


@pytest.mark.parametrize(
    ("change", "faulty"),
    [
        ({}, set()),
        ({"late_entry_hours": 0}, set()),
        ({"late_entry_hours": -1}, {"late_entry_hours"}),
        ({"pause_cap_hours": 8785}, {"pause_cap_hours"}),
        ({"quiet_from": None, "quiet_until": None}, set()),
        ({"quiet_from": None}, {"quiet_from"}),
        ({"quiet_until": None}, {"quiet_until"}),
        ({"quiet_from": "24:00"}, {"quiet_from"}),
        ({"quiet_until": "7:00"}, {"quiet_until"}),
    ],
)
def test_a_set_has_hours_that_can_be_meant(change: dict[str, Any], faulty: set[str]) -> None:
    assert StandardSet.faults({**SET, **QUIET, **change}).keys() == faulty
