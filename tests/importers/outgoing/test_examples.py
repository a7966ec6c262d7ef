import csv

from importers.mapping.fields import fields
from importers.outgoing.examples import EXAMPLES, FILE, example, example_rows
from models.base import entities
from models.owner import Owner


def test_every_example_in_the_file_is_of_a_field_that_is_there() -> None:
    known = {(name, field.name) for name, model in entities().items() for field in fields(model)}
    known |= {("*", name) for _, name in known}
    with FILE.open(encoding="utf-8", newline="") as file:
        said = {(row["entity"], row["field"]) for row in csv.DictReader(file)}
    assert said - known == set()


def test_the_examples_of_a_template_differ() -> None:
    first, second = example_rows(Owner, fields(Owner))
    assert EXAMPLES == 2
    assert (first[0], second[0]) == ("B0001", "B0002")


def test_a_field_that_no_example_is_told_for_has_one_by_its_type() -> None:
    role = next(field for field in fields(Owner) if field.name == "ownership.role")
    assert [example(Owner, role, number) for number in range(2)] == ["Owner", "Co-owner"]
