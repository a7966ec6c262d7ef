import pytest

from models.building import Building


@pytest.mark.parametrize(("floors", "faulty"), [(None, False), (1, False), (200, False), (0, True), (201, True)])
def test_floors_lie_between_one_and_two_hundred(floors: int | None, faulty: bool) -> None:
    assert ("floors" in Building.faults({"floors": floors})) is faulty
