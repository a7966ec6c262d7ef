import pytest

from importers.mapping.fields import Field, fields
from importers.outgoing.choices import choices
from models.owner import Owner
from models.staff import Staff

WORDS = {"Phone": "电话", "Home visit": "上门拜访", "Message": "短信", "Yes": "是", "No": "否"}


def field(model: type[Owner | Staff], name: str) -> Field:
    return next(field for field in fields(model) if field.name == name)


def test_choices_are_said_in_the_language_of_the_reader() -> None:
    preference = field(Owner, "contact_preference")
    assert choices(preference) == ["Phone", "Home visit", "Message"]
    # A wording that no file may hold gives way to one that it may.
    assert choices(preference, lambda label: WORDS[label]) == ["电话", "上门", "短信"]


def test_a_truth_is_yes_or_no() -> None:
    assert choices(field(Staff, "is_active"), lambda label: WORDS[label]) == ["是", "否"]


@pytest.mark.parametrize("name", ["number", "phone", "unit.floor"])
def test_a_field_of_text_or_numbers_has_no_choices(name: str) -> None:
    assert choices(field(Owner, name)) == []
