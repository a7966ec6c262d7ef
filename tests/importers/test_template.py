import pytest

from importers.mapping import map_header
from importers.template import template_csv
from models.base import entities

IMPORTED = [name for name, model in entities().items() if model.__entity__ and "import" in model.__entity__.deeds]


def headings(name: str) -> list[str]:
    return template_csv(entities()[name]).decode("utf-8-sig").strip().split(",")


def test_the_template_of_owners_is_headed_in_chinese() -> None:
    assert headings("owners")[:3] == ["业主编号", "业主姓名", "手机号"]
    assert headings("owners")[-6:] == ["楼栋", "单元", "房号", "楼层", "建筑面积", "关系"]


@pytest.mark.parametrize("name", IMPORTED)
def test_a_template_has_no_column_that_loading_ignores(name: str) -> None:
    mapping = map_header(entities()[name], headings(name))
    assert (mapping.ignored, len(mapping.columns)) == ([], len(headings(name)))
