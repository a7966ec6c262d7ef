from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from importers.checking import judging
from importers.checking.judging import Judge, Verdict
from importers.mapping.headings import map_header
from models.base import Base
from models.owner import Owner
from models.ownership import Ownership
from models.ticket import Ticket


def judge(model: type[Base], heading: str, zone: str = "UTC") -> Judge:
    mapping = map_header(model, [heading])
    return Judge(mapping.columns[0], mapping, (), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("手机号", "13800010001"),
        ("身份证号", "11010519491231002X"),
        ("邮箱", "lin@example.com"),
        ("业主编号", "A-001"),
        ("姓名", "林晓燕"),
        ("备注", "NA"),
    ],
)
def test_a_plain_text_is_its_own_value_and_is_not_remembered(heading: str, text: str) -> None:
    found = judge(Owner, heading)
    assert found.of_all([text]) == [text]
    assert len(found) == 0


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("手机号", "18999999999"),
        ("身份证号", "111111111111111111"),
        ("身份证号", "110105194912310021"),
        ("邮箱", "lin@example"),
        ("业主编号", "A" * 41),
        ("业主编号", "1.38E+10"),
        ("姓名", "林" * 81),
        ("姓名", "林\u200b"),
    ],
)
def test_a_text_with_more_to_say_is_judged_and_remembered(heading: str, text: str) -> None:
    found = judge(Owner, heading)
    assert [type(verdict) for verdict in found.of_all([text, text])] == [Verdict, Verdict]
    assert list(found) == [text]


def test_blank_cells_are_no_values() -> None:
    assert judge(Owner, "姓名").of_all(["", " ", "\t"]) == [None, None, None]
    assert judge(Owner, "手机号").of_all(["", " "]) == [None, None]


def test_no_more_texts_are_remembered_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "REMEMBERED", 10)
    found = judge(Owner, "手机号")
    assert len(found.of_all([f"x{number}" for number in range(95)])) == 95
    assert len(found) <= 10


def test_only_texts_beyond_doubt_are_evidence_of_an_order() -> None:
    found = judge(Ownership, "开始日期")
    found.of_all(["03/04/2026", "25/04/2026", "25/04/2026", "2026-04-25", "26/04/2026"])
    assert found.evidence == {"dmy": 2}


def test_a_moment_is_told_in_the_zone_of_the_estate() -> None:
    found = judge(Ticket, "opened_at", "Asia/Shanghai")["2026/1/5 8:30"]
    assert found.became == "2026-01-05 08:30"
    assert found.value.astimezone(UTC).hour == 0
