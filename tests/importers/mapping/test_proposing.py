from collections.abc import Sequence

import pytest

from importers.mapping.proposing import Match, propose
from importers.settings import Settings, Source
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit

IDS = ["11010519491231002X", "632126199109162011", "110105200002290021"]
PHONES = ["13800010001", "13900010002", "15000010003"]
NAMES = ["张三", "李四光", "王晓燕"]
CODES = ["3-2-1501", "3-2-1502", "12-1-0301"]
ADDRESSES = ["3号楼2单元1501室", "3号楼2单元1502室", "12栋301"]
MAILS = ["a@example.com", "b@example.com", "c@example.com"]


def rows(*columns: Sequence[str]) -> list[list[str]]:
    return [list(row) for row in zip(*columns, strict=True)]


def applied(matches: list[Match]) -> dict[str, str]:
    return {match.heading: match.field for match in matches if match.field is not None and match.is_applied}


@pytest.mark.parametrize(
    ("heading", "why", "confidence"),
    [("Owner name", "label", 99), ("姓名", "alias", 99), ("姓名（必填）", "alias", 95), ("姓名(中文)", "alias", 95)],
)
def test_a_known_heading_is_sure(heading: str, why: str, confidence: int) -> None:
    (match,) = propose(Owner, [heading], []).matches
    assert (match.field, match.why, match.confidence) == ("name", why, confidence)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        (IDS, "id_number"),
        (MAILS, "email"),
        (CODES, "unit.code"),
        (ADDRESSES, "unit.code"),
        (["业主", "租户", "家属"], None),
    ],
)
def test_a_column_is_known_by_what_it_holds_whatever_its_heading(texts: list[str], field: str | None) -> None:
    (match,) = propose(Owner, ["甲乙丙"], rows(texts)).matches
    assert applied([match]).get("甲乙丙") == field


def test_phones_under_a_strange_heading_are_offered_only() -> None:
    (match,) = propose(Owner, ["保安值班"], rows(PHONES)).matches
    assert (match.field, match.why, match.is_applied) == ("phone", "content", False)


def test_a_file_without_headings_is_known_by_what_it_holds() -> None:
    proposal = propose(Owner, ["1", "2", "3", "4"], rows(NAMES, PHONES, IDS, CODES))
    assert applied(proposal.matches) == {"1": "name", "2": "phone", "3": "id_number", "4": "unit.code"}
    assert proposal.unmatched_needed == []


def test_a_similar_heading_whose_content_fits_is_taken() -> None:
    (match,) = propose(Owner, ["联系方式3"], rows(PHONES)).matches
    assert (match.field, match.is_applied) == ("phone", True)


def test_of_two_columns_for_one_field_the_surer_wins_and_the_other_names_it() -> None:
    proposal = propose(Owner, ["手机号", "电话"], rows(PHONES, PHONES))
    assert applied(proposal.matches) == {"手机号": "phone"}
    assert proposal.matches[1].rival == "手机号"


def test_what_is_remembered_goes_before_headings() -> None:
    remembered = Settings(columns={"other_phone": Source(0), "name": Source(9)})
    (match,) = propose(Owner, ["手机号"], rows(PHONES), remembered=remembered).matches
    assert match == Match(0, "手机号", "other_phone", 100, "remembered")


@pytest.mark.parametrize(
    ("texts", "field"),
    [(["A001", "A002", "A003"], "number"), (["1", "2", "3"], None), (["A001", "B002", "B003"], None)],
)
def test_numbers_that_the_estate_knows_are_owner_numbers(texts: list[str], field: str | None) -> None:
    known = {"A001", "A002", "A003", "1", "2", "3"}
    (match,) = propose(
        Owner,
        ["客户代号甲"],
        rows(texts),
        known=lambda name, texts: sum(text in known for text in texts if name == "number"),
    ).matches
    assert match.field == field


def test_a_second_column_of_the_same_content_is_merely_not_known() -> None:
    matches = propose(Owner, ["身份证号", "配偶"], rows(IDS, IDS)).matches
    assert [(match.field, match.rival) for match in matches] == [("id_number", None), (None, None)]


@pytest.mark.parametrize(
    ("heading", "texts"),
    [
        ("车牌号", ["粤A12345", "粤A12346", "粤A12347"]),
        ("性别", ["男", "女", "男"]),
        ("年龄", ["28", "18", "33"]),
        ("缴费", ["是", "否", "是"]),
        ("单价", ["1.3", "1.2", "1.5"]),
    ],
)
def test_a_column_that_means_nothing_here_is_left_alone(heading: str, texts: list[str]) -> None:
    (match,) = propose(Owner, [heading], rows(texts)).matches
    assert match.field is None


def test_what_a_new_row_needs_and_nothing_fills_is_named() -> None:
    assert propose(Owner, ["手机号"], []).unmatched_needed == ["name"]
    assert propose(Unit, ["面积"], []).unmatched_needed == ["unit.code"]


def test_two_things_in_one_cell_are_offered_apart() -> None:
    (offer,) = propose(Owner, ["住户信息"], rows(["张三 13800010001", "李四 13900010002"])).offers
    assert (offer.column, offer.splitter, offer.fields) == (0, " ", ("name", "phone"))
    assert offer.example == "张三 13800010001"


def test_the_order_of_a_column_is_shown_by_its_sample() -> None:
    proposal = propose(
        Ownership, ["开始日期", "结束日期"], rows(["03/04/2026", "25/04/2026"], ["1/2/2026", "1/3/2026"])
    )
    assert proposal.date_orders == {0: "dmy"}


def test_a_proposal_is_told_as_json() -> None:
    said = propose(Owner, ["姓名", "甲"], rows(NAMES, NAMES)).as_json()
    assert said["matches"][0] == {
        "column": 0,
        "heading": "姓名",
        "field": "name",
        "confidence": 99,
        "why": "alias",
        "rival": None,
    }
    assert said["remembered"] is False
