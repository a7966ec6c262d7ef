import pytest

from importers.mapping.content import date_order, divided, is_nameless, pieces
from models.base import Base
from models.owner import Owner
from models.ticket import Ticket

IDS = ["11010519491231002X", "632126199109162011", "110105200002290021"]


@pytest.mark.parametrize("heading", ["", "3", "Column 3", "列3", "3列", "Unnamed: 3", "field_2", "F1"])
def test_a_number_is_no_heading(heading: str) -> None:
    assert is_nameless(heading)


@pytest.mark.parametrize("heading", ["电话", "phone", "车牌号", "备注2"])
def test_a_word_is_a_heading(heading: str) -> None:
    assert not is_nameless(heading)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2026", "25/04/2026"], "dmy"),
        (["03/04/2026", "04/25/2026"], "mdy"),
        (["03/04/2026", "05/06/2026"], None),
        (["25/04/2026", "04/25/2026"], None),
        (["2026-04-25"], None),
        ([], None),
    ],
)
def test_a_part_above_twelve_decides_the_order_of_a_column(texts: list[str], order: str | None) -> None:
    assert date_order(texts) == order


@pytest.mark.parametrize(
    ("model", "texts", "found"),
    [
        (Owner, ["张三 13800010001", "李四　13900010002"], (" ", ("name", "phone"))),
        (Owner, ["3-2-1501/张三", "3-2-1502/李四"], ("/", ("unit.code", "name"))),
        (Owner, ["张三", "李四"], None),
        (Owner, ["红色 大众", "白色 奥迪"], None),
        (Owner, ["张三 13800010001"], None),
        (Ticket, ["2026-01-05 08:30", "2026-01-06 09:30"], None),
    ],
)
def test_a_cell_that_holds_two_fields_can_be_divided(
    model: type[Base], texts: list[str], found: tuple[str, tuple[str, ...]] | None
) -> None:
    assert pieces(model, texts) == found


@pytest.mark.parametrize(
    ("text", "splitter", "parts"),
    [("张三　 138", " ", ["张三", "138"]), ("3 - 2", "-", ["3", "2"]), ("张三", "/", ["张三"])],
)
def test_pieces_have_no_outer_blanks(text: str, splitter: str, parts: list[str]) -> None:
    assert divided(text, splitter) == parts
