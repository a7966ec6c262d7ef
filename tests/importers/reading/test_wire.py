import json

import pytest

from importers.reading.blocks import Block, Head
from importers.reading.table import Dialect, Problem
from importers.reading.wire import (
    LENGTH_BYTES,
    block_as_json,
    block_from_json,
    fault_as_json,
    fault_from_json,
    head_as_json,
    head_from_json,
    packed,
    unpacked,
)
from models.faults import Fault, Labels

ODD = ["", "a,b\n", "\x00", "\ud800", "𠮷", "\u2028"]


def sent(message: dict[str, object]) -> dict[str, object]:
    frame = packed(message)
    assert int.from_bytes(frame[:LENGTH_BYTES], "big") == len(frame) - LENGTH_BYTES
    return unpacked(frame[LENGTH_BYTES:])


def test_any_text_comes_over_as_it_is() -> None:
    assert sent({"rows": [ODD]}) == {"rows": [ODD]}


def test_a_block_comes_over_with_its_problems_and_surplus() -> None:
    problems = [Problem(3, Fault("%(a)s is not %(b)s", a="x", b=7), "x", 1), Problem(4, Fault("wrong"), "")]
    block = Block([3, 4], [ODD, ODD], problems, {4: ["more"]})
    found = block_from_json(sent(block_as_json(block)))
    assert (found.lines, found.rows, found.surplus) == (block.lines, block.rows, block.surplus)
    assert [(one.line, one.fault.text(), one.value, one.column) for one in found.problems] == [
        (3, "x is not 7", "x", 1),
        (4, "wrong", "", None),
    ]


@pytest.mark.parametrize("dialect", [None, Dialect(";", "'", "\\"), Dialect("\t", None)])
def test_a_head_comes_over(dialect: Dialect | None) -> None:
    head = Head(["a"], 2, "gb18030", dialect, "业主", ["业主", "藏"], ["藏"], [["1"]], 9, [Fault("said %(n)s", n=1)])
    found = head_from_json(sent(head_as_json(head)))
    assert [notice.text() for notice in found.notices] == ["said 1"]
    found.notices[:] = head.notices
    assert found == head


def test_choices_in_a_sentence_stay_message_ids() -> None:
    fault = fault_from_json(json.loads(json.dumps(fault_as_json(Fault("%(c)s", c=Labels(("Yes", "No")))))))
    assert fault.text({"Yes": "是", "No": "否", "%(c)s": "%(c)s"}.__getitem__) == "是, 否"


@pytest.mark.parametrize("body", [b"", b"hello", b"[1]", b"1", b"null", b"\xff\xff"])
def test_anything_but_an_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(body)
