from functools import reduce

import pytest

from importers.checking.repairs import LineRepairs, active, applied, may_clear, removed
from importers.lines import Line
from importers.mapping.headings import map_header
from importers.settings import Repair, Settings
from models.faults import Fault
from models.owner import Owner

EVERY = [
    Repair("take_out", "phone", {"characters": "转"}),
    Repair("take_part", "phone", {"part": 0}),
    Repair("pad_zeros", "number", {"length": 5}),
    Repair("try_zeros", "phone", {"length": 11}),
    Repair("replace", "unit.code", {"from": "a", "to": "b"}),
    Repair("clear", "phone", {"message": "m"}),
    Repair("skip_lines", "phone", {"message": "m"}),
    Repair("drop_repeated"),
    Repair("keep_first"),
    Repair("create_missing"),
    Repair("date_order", "from_on", {"order": "dmy"}),
    Repair("map_value", "ownership.role", {"from": "1001", "to": "业主"}),
]
MAPPING = map_header(Owner, ["业主姓名", "手机号", "业主编号"])


@pytest.mark.parametrize("repair", EVERY)
def test_a_repair_enters_the_settings_once_and_can_be_taken_out_again(repair: Repair) -> None:
    once = applied(Settings(), repair)
    assert active(once) == [repair]
    assert applied(once, repair) == once
    assert active(removed(once, repair)) == []


def test_repairs_stand_in_the_order_in_which_they_were_decided() -> None:
    settings = reduce(applied, EVERY, Settings())
    assert active(settings) == [*EVERY[:9], EVERY[10], EVERY[11], EVERY[9]]
    assert active(removed(settings, EVERY[0])) == [*EVERY[1:9], EVERY[10], EVERY[11], EVERY[9]]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (Repair("keep_first"), Repair("keep_last")),
        (Repair("pad_zeros", "number", {"length": 4}), Repair("pad_zeros", "number", {"length": 5})),
        (Repair("replace", "phone", {"from": "a", "to": "b"}), Repair("replace", "phone", {"from": "a", "to": "c"})),
        (Repair("date_order", "from_on", {"order": "dmy"}), Repair("date_order", "from_on", {"order": "mdy"})),
        (Repair("map_value", "r", {"from": "a", "to": "b"}), Repair("map_value", "r", {"from": "a", "to": "c"})),
    ],
)
def test_of_two_that_contradict_the_later_counts(first: Repair, then: Repair) -> None:
    assert active(applied(applied(Settings(), first), then)) == [then]


def faulty(*faults: tuple[str, str]) -> Line:
    line = Line(2, [])
    for column, message in faults:
        line.refuse(column, "x", Fault(message))
    return line


@pytest.mark.parametrize(
    ("kind", "field", "left", "is_left_out"),
    [
        ("skip_lines", "phone", [], True),
        ("skip_lines", "name", ["a", "b"], False),
        ("clear", "phone", ["b"], False),
        ("clear", "name", ["a", "b"], False),
    ],
)
def test_lines_are_repaired_by_kind_and_column(kind: str, field: str, left: list[str], is_left_out: bool) -> None:
    repairs = LineRepairs(Owner, MAPPING, Settings(repairs=(Repair(kind, field, {"message": "a"}),)))
    kept = repairs.apply([faulty(("手机号", "a"), ("业主姓名", "b"))])
    assert [fault.fault.message for line in kept for fault in line.faults] == left
    assert repairs.left_out == int(is_left_out)


@pytest.mark.parametrize(
    ("name", "may_be_empty"), [("phone", True), ("name", False), ("number", False), ("email", False)]
)
def test_only_a_field_that_may_be_empty_is_cleared(name: str, may_be_empty: bool) -> None:
    assert may_clear(Owner, MAPPING, name) is may_be_empty
