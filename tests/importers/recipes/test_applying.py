from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from importers.reading.blocks import Block
from importers.reading.sources import opened
from importers.reading.table import UnreadableFile
from importers.recipes.applying import Applied, Returned, applied, merged
from importers.recipes.recipe import recipe_named
from importers.settings import Reading, Settings, Source
from tests.infrastructure.recipes import (
    CASE,
    ONE_SHEET,
    case,
    cases,
    community,
    owner,
    room,
    usual_community,
    workbook,
)

Sheets = dict[str, list[list[object]]]


@contextmanager
def read(name: str, path: Path) -> Iterator[Applied | Returned]:
    """The file by the recipe of that name, read in this process."""
    recipe = recipe_named(name)
    with applied(recipe, lambda reading, known: opened(path, reading, known, apart=False), Reading()) as found:
        yield found


def lines(name: str, path: Path) -> tuple[list[str], list[Block]]:
    with read(name, path) as found:
        return found.head.header, list(found.blocks(100))


def column(name: str, path: Path, heading: str) -> list[str]:
    header, blocks = lines(name, path)
    place = header.index(heading)
    return [row[place] for block in blocks for row in block.rows]


def test_a_line_for_each_room_has_its_owner_beside_it(tmp_path: Path) -> None:
    path = usual_community(tmp_path)
    assert column("hc", path, "房屋编号") == [str(1010 + number) for number in range(1, 9)]
    assert column("hc", path, "业主信息.业主名称") == [*(f"业主{number}" for number in range(1, 6)), "", "", ""]


def test_a_line_has_the_number_of_its_row_in_the_base_sheet(tmp_path: Path) -> None:
    (block,) = lines("hc", usual_community(tmp_path))[1]
    assert block.lines == list(range(2, 10))


def test_who_is_not_in_the_other_sheet_is_a_problem_of_the_cell_that_names_them(tmp_path: Path) -> None:
    header, (block,) = lines("hc", usual_community(tmp_path))
    assert [(each.line, each.value, each.column) for each in block.problems] == [
        (7, "6", header.index("业主编号")),
        (8, "7", header.index("业主编号")),
        (9, "8", header.index("业主编号")),
    ]
    assert str(block.problems[0].fault) == "6 is not in the sheet 业主信息: add it there or correct it"


def test_notes_beside_the_tables_are_no_rows(tmp_path: Path) -> None:
    header, _ = lines("hc", usual_community(tmp_path))
    assert "说明" not in header


def test_refused_lines_that_come_back_need_no_other_sheet(tmp_path: Path) -> None:
    header, (block,) = lines("hc", usual_community(tmp_path))
    path = workbook(tmp_path / "refused.xlsx", {"refused": [["行号", "问题", *header], [7, "?", *block.rows[5]]]})
    again, (back,) = lines("hc", path)
    assert [dict(zip(again, row, strict=True))["业主编号"] for row in back.rows] == ["6"]
    assert back.problems == []


def test_sheets_that_go_nowhere_are_named(tmp_path: Path) -> None:
    with read("hc", usual_community(tmp_path)) as found:
        assert [str(notice) for notice in found.head.notices] == ["These sheets are not read: 费用设置, 车位信息"]


def test_owners_without_a_room_come_after_the_rooms(tmp_path: Path) -> None:
    path = community(tmp_path, [owner(1), owner(2)], [room(1011, 1)])
    _, blocks = lines("hc", path)
    assert [number for block in blocks for number in block.lines] == [2, 3]
    assert column("hc", path, "业主编号") == ["1", "2"]
    assert column("hc", path, "房屋编号") == ["1011", ""]


def test_family_and_tenants_stand_in_the_room_of_their_owner_under_no_number(tmp_path: Path) -> None:
    owners = [owner(7, "租客", kind=1003, of=1), owner(1, "户主")]
    path = community(tmp_path, owners, [room(1011, 1)])
    assert column("hc", path, "业主信息.业主名称") == ["户主", "租客"]
    assert column("hc", path, "业主编号") == ["1", ""]
    assert column("hc", path, "房屋编号") == ["1011", "1011"]


def test_a_room_that_nobody_owns_is_wished_for_beside_the_lines(tmp_path: Path) -> None:
    with read("hc", community(tmp_path, [owner(1)], [room(1011, 1), room(1012, None, floor=3)])) as found:
        assert [number for block in found.blocks() for number in block.lines] == [2]
        unit = {"code": "1-1-1012", "building": "1", "entrance": "1", "floor": 3, "area": "94.56"}
        assert found.beside.wishes.units == {"1-1-1012": unit}


def test_a_room_that_nobody_owns_and_that_is_wrong_stays_a_line(tmp_path: Path) -> None:
    path = community(tmp_path, [owner(1)], [room(1011, None, floor="三楼半")])
    assert column("hc", path, "房屋楼层")[0] == "三楼半"


def test_every_building_is_wished_for_with_its_floors(tmp_path: Path) -> None:
    with read("hc", community(tmp_path, [owner(1)], [room(1011, 1)], [[1, 1, 33], [1, 2, 33], [2, 1, "?"]])) as found:
        assert found.beside.wishes.buildings == {"1": 33, "2": None}


def test_the_buildings_of_one_sheet_are_those_of_its_rows(tmp_path: Path) -> None:
    row = [3, 1, 301, 3, 18, "有", 110, 10102, 94.56, 94.56, 0, 2006, "吴女士", "女", 13800000001, "", 1001]
    with read("hc-rooms", workbook(tmp_path / "rooms.xlsx", {"资产信息": [ONE_SHEET, row]})) as found:
        assert [len(block.rows) for block in found.blocks()] == [1]
        wishes = found.beside.wishes
        assert (wishes.buildings, wishes.occupancies) == ({"3": 18}, {"3-1-301": "let"})


def test_a_column_that_is_not_needed_may_be_missing(tmp_path: Path) -> None:
    sheets: Sheets = {
        "楼栋单元": [["楼栋号", "单元编号", "总层数"], [1, 1, 9]],
        "业主信息": [["业主名称", "手机号", "身份证号", "业主类型", "业主编号"], ["甲", 13800000001, None, 1001, 1]],
        "房屋信息": [["房屋编号", "楼栋编号", "单元编号", "房屋楼层", "业主编号"], [101, 1, 1, 1, 1]],
    }
    path = workbook(tmp_path / "few.xlsx", sheets)
    with read("hc", path) as found:
        columns = merged(Settings(), recipe_named("hc"), found.head.header).columns or {}
    assert "unit.area" not in columns
    assert "unit.floor" in columns


def test_a_sheet_without_a_heading_that_is_needed_says_which(tmp_path: Path) -> None:
    sheets: Sheets = {"楼栋单元": [["楼栋号", "单元编号"]], "业主信息": [["业主名称"]], "房屋信息": [["房屋编号"]]}
    with (
        pytest.raises(UnreadableFile, match="the column 手机号 is missing"),
        read("hc", workbook(tmp_path / "x.xlsx", sheets)),
    ):
        pass


def test_times_of_a_case_are_meant_where_it_came_from(tmp_path: Path) -> None:
    path = cases(tmp_path, case("1", "2022-01-04 08:30:00"), case("2", "2022-07-04 08:30:00"), case("3", "soon"))
    assert column("open311", path, "open_dt → opened_at") == [
        "2022-01-04T08:30:00-05:00",
        "2022-07-04T08:30:00-04:00",
        "soon",
    ]


def test_what_has_no_field_of_its_own_is_in_the_description_by_its_heading(tmp_path: Path) -> None:
    path = cases(tmp_path, case("1", "2022-01-04 08:30:00", ward="Ward 3"))
    text = column("open311", path, "type → description")[0]
    assert text.splitlines() == [
        "type: Street Light Outages",
        "reason: Street Lights",
        "subject: Public Works Department",
        "location: 1 Example St",
        "neighborhood: Centre",
        "ward: Ward 3",
    ]


def test_every_column_of_a_case_goes_somewhere() -> None:
    recipe = recipe_named("open311")
    used = {column for output in recipe.outputs for column in output.columns} | {recipe.sortings[0].column}
    assert set(CASE) - used == set()


def test_what_kind_of_ticket_a_case_is_hangs_on_its_reason(tmp_path: Path) -> None:
    path = cases(tmp_path, case("1", "2022-01-04 08:30:00"), case("2", "2022-01-04 08:30:00", reason="Unheard of"))
    header, (block,) = lines("open311", path)
    places = [header.index(f"reason → {name}") for name in ("kind", "severity", "category")]
    assert [[row[place] for place in places] for row in block.rows] == [
        ["repair", "ordinary", "lighting_general"],
        ["help", "", "other"],
    ]


def test_a_title_that_is_missing_is_the_type_and_one_that_is_too_long_is_cut(tmp_path: Path) -> None:
    path = cases(tmp_path, case("1", "2022-01-04", case_title=" "), case("2", "2022-01-04", case_title="x" * 130))
    assert column("open311", path, "case_title → subject") == ["Street Light Outages", "x" * 119 + "…"]


def test_the_person_overrules_the_recipe() -> None:
    recipe, header = recipe_named("hc"), ["业主编号", "业主信息.业主名称"]  # the others are not there
    chosen = Settings(columns={"number": Source(column=1)}, values={"ownership.role": {"1001": "tenant"}})
    found = merged(chosen, recipe, header)
    assert found.columns == {"number": Source(column=1)}
    assert found.values["ownership.role"] == {"1001": "tenant"}
    assert (found.recipe, found.create_missing) == ("hc", True)
