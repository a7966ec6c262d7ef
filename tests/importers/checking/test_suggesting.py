from collections import Counter
from datetime import UTC, date

import pytest

from importers.checking.judging import Judge
from importers.checking.repairs import applied
from importers.checking.suggesting import (
    CONTRADICTORY,
    MISSING,
    NAMESAKE,
    REPEATED,
    Offered,
    Trouble,
    meanings,
    suggest,
)
from importers.mapping.headings import Mapping, chosen, map_header, propose
from importers.matching import namesakes, places, repeats
from importers.settings import Settings
from models.base import Base
from models.faults import Fault
from models.fields import parse
from models.owner import Owner
from models.ownership import Ownership

OWNERS = ["业主姓名", "手机号", "身份证号", "关系", "房号", "面积"]


def mapping_of(model: type[Base]) -> Mapping:
    return map_header(model, OWNERS if model is Owner else ["房号", "业主编号", "开始日期"])


def fault_of(model: type[Base], name: str, text: str) -> Fault:
    field = mapping_of(model).field(name)
    assert field is not None
    with pytest.raises(Fault) as refused:
        parse(field.type, text)
    return refused.value


def offers(model: type[Base], name: str, *texts: str) -> list[Offered]:
    fault = fault_of(model, name, texts[0])
    return suggest(model, mapping_of(model), Trouble(name, fault, Counter(texts), len(texts)), {})


def first(model: type[Base], name: str, *texts: str) -> tuple[str, dict[str, object]]:
    repair = offers(model, name, *texts)[0].repair
    return repair.kind, dict(repair.options)


@pytest.mark.parametrize(
    ("name", "texts", "kind", "options", "value"),
    [
        ("phone", ["13800010001/13900010002"], "take_part", {"part": 0}, "13800010001"),
        ("phone", ["13800010001王", "13800010001李"], "take_out", {"characters": "李王"}, "13800010001"),
        ("phone", ["1065550101"], "try_zeros", {"length": 11}, "010-65550101"),
        ("id_number", ["身份证11010519491231002X"], "take_out", {"characters": "份证身"}, "11010519491231002X"),
        ("unit.code", ["3-2-1501!"], "take_out", {"characters": "!"}, "3-2-1501"),
    ],
)
def test_a_repair_is_offered_that_reads_the_text_when_it_is_applied(
    name: str, texts: list[str], kind: str, options: dict[str, object], value: str
) -> None:
    offered = offers(Owner, name, *texts)[0]
    assert (offered.repair.kind, offered.repair.options) == (kind, options)
    assert offered.would_help == len(texts)
    settings = applied(Settings(), offered.repair)
    mapping = chosen(Owner, OWNERS, settings, propose(Owner, OWNERS, []))
    field = mapping.field(name)
    assert field is not None
    assert Judge(field, mapping, settings.repairs, UTC)[texts[0]].value == value


@pytest.mark.parametrize("text", ["1.38E+10", "12345", "无"])
def test_what_cannot_be_known_is_only_cleared_or_left_out(text: str) -> None:
    assert [offered.repair.kind for offered in offers(Owner, "phone", text)] == ["clear", "skip_lines"]


def test_a_word_that_people_write_for_nothing_is_offered_as_empty() -> None:
    kinds = [(offered.repair.kind, offered.repair.options) for offered in offers(Owner, "phone", *["无"] * 3, "不详")]
    assert kinds[0] == ("replace", {"from": "无", "to": ""})
    assert [kind for kind, _ in kinds] == ["replace", "clear", "skip_lines"]


def test_a_word_for_a_choice_is_given_a_meaning_rather_than_none() -> None:
    kinds = [offered.repair.kind for offered in offers(Owner, "ownership.role", *["租客户"] * 3)]
    assert kinds == ["map_value", "clear", "skip_lines"]
    (offer, *_) = offers(Owner, "ownership.role", *["租客户"] * 3)
    assert offer.sentence.text() == "Read “租客户” as Tenant: 3 cells"
    assert offer.repair.options == {"from": "租客户", "to": "tenant"}


def test_what_is_needed_is_not_cleared() -> None:
    assert [offered.repair.kind for offered in offers(Owner, "name", "林" * 81)] == ["skip_lines"]


@pytest.mark.parametrize(
    ("text", "choice"),
    [("租客户", "tenant"), ("业主本人", "owner"), ("家庭", "family"), ("1001", None), ("邻居", None)],
)
def test_an_unknown_word_is_like_a_choice_or_like_none(text: str, choice: str | None) -> None:
    fault = fault_of(Owner, "ownership.role", text)
    assert meanings(mapping_of(Owner), Trouble("ownership.role", fault, {text: 1}, 1)).get(text) == choice


def test_days_counted_by_a_spreadsheet_are_offered_as_such() -> None:
    assert first(Ownership, "from_on", "46000", "昨天") == ("date_order", {"order": "serial"})
    assert parse(Ownership.__table__.columns["from_on"].type, "46000", order="serial").value == date(2025, 12, 9)


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        (MISSING[0], ["create_missing", "clear", "skip_lines"]),
        (REPEATED, ["drop_repeated"]),
        (CONTRADICTORY, ["keep_first", "keep_last"]),
    ],
)
def test_faults_that_only_the_register_or_other_lines_show_have_their_repairs(message: str, kinds: list[str]) -> None:
    found = suggest(Owner, mapping_of(Owner), Trouble("unit.code", Fault(message, code="1", line=2), {"1": 1}, 12), {})
    assert [offered.repair.kind for offered in found] == kinds


def test_as_many_units_are_created_as_are_missing() -> None:
    found = suggest(Owner, mapping_of(Owner), Trouble("unit.code", Fault(MISSING[0], code="1"), {"1": 1}, 12), {})
    assert found[0].sentence.text() == "Create the missing units: 12"


def test_the_sentences_are_those_that_matching_says() -> None:
    assert repeats.REPEATED == REPEATED
    assert repeats.CONTRADICTORY == CONTRADICTORY
    assert namesakes.NAMESAKE == NAMESAKE
    place = places.Place("1", None, "101")
    assert [fault.message for fault in (places.obstacle(place, False), places.missing_building("1")) if fault] == [
        *MISSING
    ]
