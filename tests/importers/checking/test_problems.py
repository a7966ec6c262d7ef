import json

import pytest

from importers.checking.cells import Checker
from importers.checking.problems import LINES_KEPT, TEXTS_COUNTED, Group, Grouping
from importers.mapping.headings import map_header
from importers.reading.blocks import Block
from importers.settings import Settings
from models.base import Base
from models.owner import Owner
from models.ownership import Ownership

OWNERS = ["业主姓名", "手机号", "身份证号", "关系"]


def groups(model: type[Base], header: list[str], *rows: list[str], size: int = 1000) -> list[Group]:
    mapping = map_header(model, header)
    checker, grouping = Checker(model, mapping, Settings()), Grouping(model, mapping)
    for start in range(0, len(rows), size):
        part = list(rows[start : start + size])
        grouping.add(checker.check(Block(list(range(start + 2, start + 2 + len(part))), part)))
    return grouping.groups(checker.found_orders)


def test_problems_are_grouped_by_kind_and_column_with_their_counts() -> None:
    wrong_check = "110105194912310021"
    found = groups(
        Owner,
        OWNERS,
        ["林", "12345", "", ""],
        ["陈", "1.38E+10", wrong_check, "邻居"],
        ["李", "54321", wrong_check, ""],
        ["王", "54321", wrong_check, ""],
    )
    told = [(group.field, group.count, group.distinct, group.is_warning) for group in found]
    assert told[0] == ("phone", 3, 2, False)
    assert set(told[1:3]) == {("phone", 1, 1, False), ("ownership.role", 1, 1, False)}
    assert told[3:] == [("id_number", 3, 1, True)]
    assert found[0].lines == [(2, "12345"), (4, "54321"), (5, "54321")]
    assert found[0].texts == {"54321": 2, "12345": 1}
    assert found[0].index == 1


def test_counts_are_exact_over_blocks_while_what_is_kept_is_bounded() -> None:
    rows = [["林", str(number), "", ""] for number in range(1000)]
    (whole,) = groups(Owner, OWNERS, *rows)
    (parts,) = groups(Owner, OWNERS, *rows, size=77)
    assert (whole.count, whole.distinct, len(whole.lines), len(whole.texts)) == (1000, 1000, LINES_KEPT, TEXTS_COUNTED)
    assert parts.as_json() == whole.as_json()
    assert len(whole.as_json()["texts"]) == LINES_KEPT


def test_every_word_that_a_choice_does_not_know_is_told() -> None:
    words = [["林", "", "", f"第{number}种"] for number in range(100)]
    (group,) = groups(Owner, OWNERS, *words)
    assert len(group.as_json()["texts"]) == 100


def test_a_group_is_told_as_json() -> None:
    (group,) = groups(Owner, OWNERS, ["林", "", "", "租客户"])
    said = json.loads(json.dumps(group.as_json()))
    assert said["texts"] == [["租客户", 1, "tenant"]]
    assert said["lines"] == [[2, "租客户"]]
    assert said["repairs"][-1]["kind"] == "skip_lines"
    assert (said["field"], said["index"], said["is_warning"]) == ("ownership.role", 3, False)


@pytest.mark.parametrize(
    ("texts", "offered"),
    [
        (["03/04/2026", "05/06/2026"], ["dmy", "mdy"]),
        (["03/04/2026", "25/04/2026"], ["dmy", "mdy"]),
        (["03/04/2026", "04/25/2026"], ["mdy", "dmy"]),
    ],
)
def test_the_order_of_a_column_is_asked_for_what_the_file_shows_first(texts: list[str], offered: list[str]) -> None:
    (group,) = groups(Ownership, ["房号", "业主编号", "开始日期"], *(["1", "A", text] for text in texts))
    orders = [each.repair.options["order"] for each in group.repairs if each.repair.kind == "date_order"]
    assert orders == offered
