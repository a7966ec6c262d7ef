import pytest

from importers.checking.notes import add_extras, merged
from importers.lines import Line


@pytest.mark.parametrize(
    ("note", "extras", "after"),
    [
        (None, ["车牌号: 粤A1"], "车牌号: 粤A1"),
        ("老业主", ["车牌号: 粤A1"], "老业主\n车牌号: 粤A1"),
        ("老业主\n车牌号: 粤A1", ["车牌号: 粤A1"], "老业主\n车牌号: 粤A1"),
        ("车牌号: 粤A1", ["车牌号: 粤A2", "车牌号: 粤A2"], "车牌号: 粤A1\n车牌号: 粤A2"),
    ],
)
def test_the_note_gets_each_line_once_and_loses_none(note: str | None, extras: list[str], after: str) -> None:
    assert merged(note, extras) == after
    assert merged(after, extras) == after


def test_the_note_of_the_file_goes_before_that_of_the_row() -> None:
    given = Line(2, [], {"note": "新"}, extras=["车牌号: 粤A1"], match={"note": "旧"})
    kept = Line(3, [], {}, extras=["车牌号: 粤A1"], match={"note": "旧"})
    bare = Line(4, [], {}, match={"note": "旧"})
    add_extras(given)
    add_extras(kept)
    add_extras(bare)
    assert [line.values.get("note") for line in (given, kept, bare)] == ["新\n车牌号: 粤A1", "旧\n车牌号: 粤A1", None]
