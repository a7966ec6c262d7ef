from decimal import Decimal

import pytest

from models.unit import Unit


@pytest.mark.parametrize(("area", "faulty"), [(None, False), ("0.01", False), ("0", True), ("-1", True)])
def test_the_area_is_above_zero(area: str | None, faulty: bool) -> None:
    assert ("area" in Unit.faults({"area": Decimal(area) if area else None})) is faulty
