from datetime import date
from typing import Any

import pytest

from models.base import Base
from models.milestone import LimitUnit
from models.standard import LadderRule, StandardRule

ROW = {"level": 1, "value": 2, "unit": LimitUnit.DAYS, "valid_from": date(2026, 1, 1), "valid_to": None}


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
