import pytest

from importers.mapping.fields import fields, known_spellings
from models.base import Base
from models.building import Building
from models.owner import Owner
from models.staff import Staff
from models.unit import Unit


@pytest.mark.parametrize(
    ("model", "needed"),
    [(Owner, ["name"]), (Unit, ["unit.code"]), (Building, ["code"]), (Staff, ["number", "name", "role"])],
)
def test_the_fields_that_no_new_row_can_be_without_are_known(model: type[Base], needed: list[str]) -> None:
    assert [column.name for column in fields(model) if column.is_needed] == needed


@pytest.mark.parametrize(("spelling", "name"), [("ownername", "name"), ("姓名", "name"), ("房号", "unit.code")])
def test_every_spelling_leads_to_its_field(spelling: str, name: str) -> None:
    assert known_spellings(Owner)[spelling].name == name


def test_a_spelling_of_two_fields_is_that_of_the_first() -> None:
    assert known_spellings(Unit)["业主编号"].name == "owner.number"
    assert known_spellings(Owner)["备注"].name == "note"
