import pytest

from importers.mapping.fields import fields
from importers.reading.table import UnreadableFile
from importers.recipes.recipe import LABELS, loadable, recipe_named, recipes, recognise
from models.base import entities
from models.fields import parse
from models.owner import Owner
from models.ticket import Ticket
from tests.infrastructure.recipes import BUILDINGS, CASE, ONE_SHEET, OWNERS, ROOMS

HC_SHEETS = ["楼栋单元", "业主信息", "费用设置", "房屋信息", "车位信息"]


def test_every_label_is_marked_to_be_translated() -> None:
    assert {recipe.label for recipe in recipes()} == set(LABELS)


def test_every_recipe_fills_fields_that_its_kind_has() -> None:
    filled = {
        (recipe.kind, name)
        for recipe in recipes()
        for name in (*(each.field for each in recipe.outputs), *(name for s in recipe.sortings for name in s.fields))
    }
    known = {(recipe.kind, each.name) for recipe in recipes() for each in fields(entities()[recipe.kind])}
    assert filled - known == {("owners", "unit.occupancy")}  # of the units that are made, beside the owners


def test_every_word_of_the_sorting_of_cases_is_a_choice() -> None:
    (sorting,) = recipe_named("open311").sortings
    columns = Ticket.__table__.columns
    said = [(name, text) for each in (sorting.other, *sorting.values.values()) for name, text in each.items()]
    assert [parse(columns[name].type, text).value for name, text in said if text].count(None) == 0


def test_a_workbook_is_recognised_by_its_sheets_and_the_headings_of_one() -> None:
    assert recognise(HC_SHEETS, OWNERS) is recipe_named("hc")
    assert recognise(HC_SHEETS, ROOMS) is recipe_named("hc")


def test_a_workbook_with_a_sheet_fewer_is_not_recognised() -> None:
    assert recognise(HC_SHEETS[1:], OWNERS) is None


def test_a_workbook_of_one_sheet_is_recognised_by_its_headings_whatever_it_is_called() -> None:
    assert recognise(["Sheet1"], ONE_SHEET) is recipe_named("hc-rooms")


def test_an_export_of_cases_is_recognised_by_its_headings_in_any_order() -> None:
    assert recognise([], sorted(CASE)) is recipe_named("open311")


def test_an_ordinary_file_is_nobodys() -> None:
    assert recognise([], ["业主编号", "姓名", "电话"]) is None
    assert recognise(["楼栋单元"], BUILDINGS) is None


def test_tickets_come_by_a_recipe_only_and_owners_from_any_file() -> None:
    assert [loadable(Ticket, None), loadable(Ticket, "hc"), loadable(Ticket, "open311")] == [False, False, True]
    assert loadable(Owner, None)


def test_nothing_comes_by_a_recipe_that_is_gone() -> None:
    assert not loadable(Ticket, "gone")
    with pytest.raises(UnreadableFile, match="no recipe gone any more"):
        recipe_named("gone")
