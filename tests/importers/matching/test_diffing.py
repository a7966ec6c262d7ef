from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.building import Building
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.unit import Occupancy, Unit
from operations.write import Insert, write, writing
from tests.infrastructure.loading import AT, BY, FILES, answered, csv_file, estate, loaded, seen

NUMBERED = ("业主编号", "业主姓名", "手机号")
PLACED = ("姓名", "手机号", "身份证号", "楼栋", "单元", "房号")
ID_NUMBER = "11010519491231002X"


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_owners_come_in_with_their_units_and_the_same_file_again_changes_nothing(session: Session) -> None:
    estate_id = estate(session)
    assert loaded(session, FILES / "good.csv", estate_id, create_missing=True) == (5, 0, 0, 0)
    assert loaded(session, FILES / "good.csv", estate_id, create_missing=True) == (0, 0, 5, 0)
    assert (count(session, Owner), count(session, Building), count(session, Unit)) == (5, 2, 5)
    assert count(session, Ownership) == 5


@pytest.mark.parametrize(
    "name", ["good_bom.csv", "good_gb18030.csv", "good_semicolon.csv", "good_tab.csv", "other_order.csv"]
)
def test_the_same_owners_in_another_form_change_nothing(session: Session, name: str) -> None:
    estate_id = estate(session)
    loaded(session, FILES / "good.csv", estate_id, create_missing=True)
    assert loaded(session, FILES / name, estate_id) == (0, 0, 5, 0)


def test_owners_without_numbers_get_them_and_are_known_again(session: Session) -> None:
    estate_id = estate(session)
    assert loaded(session, FILES / "without_number.csv", estate_id, create_missing=True) == (5, 0, 0, 0)
    assert loaded(session, FILES / "without_number.csv", estate_id, create_missing=True) == (0, 0, 5, 0)
    assert sorted(session.scalars(select(Owner.number))) == [f"E1-0000{number}" for number in range(1, 6)]


def test_a_workbook_in_the_manner_of_other_systems_gives_owners_then_units(session: Session) -> None:
    estate_id = estate(session)
    path = FILES / "notes_beside.xlsx"
    assert loaded(session, path, estate_id) == (5, 0, 0, 0)
    assert loaded(session, path, estate_id, create_missing=True, sheet="房屋资料") == (0, 5, 0, 3)
    assert loaded(session, path, estate_id, create_missing=True, sheet="房屋资料") == (0, 0, 5, 3)
    assert sorted(session.scalars(select(Unit.code))) == [f"1-1-101{number}" for number in range(1, 6)]


def test_its_units_can_be_loaded_as_units_just_as_well(session: Session) -> None:
    estate_id = estate(session)
    path = FILES / "notes_beside.xlsx"
    loaded(session, path, estate_id)
    assert loaded(session, path, estate_id, "units", create_missing=True) == (5, 0, 0, 3)
    assert loaded(session, path, estate_id, "units") == (0, 0, 5, 3)
    assert count(session, Ownership) == 5


def test_who_is_named_and_does_not_exist_is_refused_by_number(session: Session) -> None:
    estate_id = estate(session)
    report = answered(session, FILES / "notes_beside.xlsx", estate_id, "units", create_missing=True)
    assert [(fault.line, fault.column, fault.value) for fault in report.refused[:2]] == [
        (2, "业主编号", "1"),
        (3, "业主编号", "2"),
    ]


def test_one_sheet_with_unit_and_owner_gives_both_and_a_warning(session: Session) -> None:
    estate_id = estate(session)
    (line,) = seen(session, FILES / "one_sheet.xlsx", estate_id, create_missing=True)
    assert [warning["column"] for warning in line.problems["warnings"]] == ["身份证号"]
    assert loaded(session, FILES / "one_sheet.xlsx", estate_id, create_missing=True) == (1, 0, 0, 0)
    unit = session.scalars(select(Unit)).one()
    assert (unit.code, unit.floor, str(unit.area)) == ("3-2-1501", 15, "94.56")


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("bad_phone.csv", [(2, "手机号", "1380001000"), (4, "手机号", "电话在备注")]),
        ("bad_id_number.csv", [(2, "身份证号", "11010519491331002X"), (3, "身份证号", "1101051949123100")]),
        (
            "scientific_notation.csv",
            [(2, "手机号", "1.38E+10"), (3, "身份证号", "1.10105E+17"), (4, "业主编号", "1.00E+05")],
        ),
        ("duplicate_number.csv", [(2, "业主姓名", "赵敏"), (4, "业主姓名", "孙立")]),
        ("missing_name.csv", [(3, "业主姓名", "")]),
        ("missing_unit.csv", [(2, "房号", "9-1-901"), (4, "房号", "")]),
        ("row_too_long.csv", [(3, "", "朝阳区")]),
        ("unclosed_quote.csv", [(2, "", "")]),
        ("lost_digits.xlsx", [(2, "身份证号", "110105194912310000")]),
        ("several_faults.csv", [(2, "手机号", "12345"), (2, "邮箱", "nobody"), (2, "业主姓名", "")]),
        ("placeholders.csv", []),
    ],
)
def test_each_fault_is_refused_with_line_column_and_value(
    session: Session, name: str, refused: list[tuple[int, str, str]]
) -> None:
    report = answered(session, FILES / name, estate(session))
    assert [(fault.line, fault.column, fault.value) for fault in report.refused] == refused


def test_lines_that_say_different_things_of_one_record_are_named_together(session: Session) -> None:
    report = answered(session, FILES / "duplicate_number.csv", estate(session))
    sentence = "Lines 2, 4 say different things of the same record: keep one of them, or make them agree"
    assert [fault.message for fault in report.refused] == [sentence] * 2


def test_a_changed_field_is_told_from_old_to_new_and_a_blank_cell_keeps_what_is_there(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, NUMBERED, ("A1", "林", "13800010001")), estate_id)
    path = csv_file(tmp_path, NUMBERED, ("A1", "林晓燕", ""))
    (line,) = seen(session, path, estate_id)
    assert line.changes["fields"] == {"name": ["林", "林晓燕"]}
    assert loaded(session, path, estate_id) == (0, 1, 0, 0)
    assert session.scalars(select(Owner.phone)).one() == "13800010001"


def test_only_the_number_counts_when_it_is_given(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    header = ("业主编号", "姓名", "身份证号")
    loaded(session, csv_file(tmp_path, header, ("A1", "林", ID_NUMBER)), estate_id)
    assert loaded(session, csv_file(tmp_path, header, ("A2", "林", ID_NUMBER)), estate_id) == (1, 0, 0, 0)


def test_an_id_number_that_one_owner_has_is_enough(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("姓名", "身份证号"), ("林", ID_NUMBER)), estate_id)
    path = csv_file(tmp_path, ("姓名", "手机号", "身份证号"), ("林晓燕", "13800010001", ID_NUMBER))
    assert loaded(session, path, estate_id) == (0, 1, 0, 0)


def test_an_id_number_that_several_have_gives_way_to_unit_and_name(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    first = csv_file(
        tmp_path, PLACED, ("林", "", ID_NUMBER, 1, 1, 101), ("陈", "", ID_NUMBER, 1, 1, 102), name="first.csv"
    )
    assert loaded(session, first, estate_id, create_missing=True) == (2, 0, 0, 0)
    second = csv_file(tmp_path, PLACED, ("陈", "13800010001", ID_NUMBER, 1, 1, 102))
    assert loaded(session, second, estate_id) == (0, 1, 0, 0)
    assert session.scalars(select(Owner.phone).where(Owner.name == "陈")).one() == "13800010001"


def test_the_same_person_twice_in_a_file_without_numbers_is_one_owner(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = csv_file(
        tmp_path,
        PLACED,
        ("林", "", ID_NUMBER, 1, 1, 101),
        ("林", "", ID_NUMBER, 1, 1, 102),
        ("陈", "13800010001", "", "", "", ""),
        ("陈", "13800010001", "", "", "", ""),
        ("陈", "13800010002", "", "", "", ""),
    )
    assert loaded(session, path, estate_id, create_missing=True) == (3, 1, 0, 1)
    assert (count(session, Owner), count(session, Ownership)) == (3, 2)
    assert loaded(session, path, estate_id, create_missing=True) == (0, 0, 4, 1)


def test_several_owners_that_fit_are_not_guessed_between(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    header = ("业主编号", "姓名", "手机号")
    path = csv_file(tmp_path, header, ("A1", "林", "13800010001"), ("A2", "林", "13800010001"))
    loaded(session, path, estate_id)
    report = answered(session, csv_file(tmp_path, ("姓名", "手机号"), ("林", "13800010001")), estate_id)
    assert [fault.message for fault in report.refused] == ["2 owners fit this line: give the owner number"]


def test_an_owner_of_another_estate_is_not_met(session: Session, tmp_path: Path) -> None:
    here, elsewhere = estate(session), estate(session, "E2")
    path = csv_file(tmp_path, ("姓名", "身份证号"), ("林", ID_NUMBER))
    assert loaded(session, path, elsewhere) == (1, 0, 0, 0)
    assert loaded(session, path, here) == (1, 0, 0, 0)


def test_a_role_that_is_given_changes_the_ownership(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    header = ("业主编号", "姓名", "房号", "关系")
    loaded(session, csv_file(tmp_path, header, ("A1", "林", "1-1-101", "")), estate_id, create_missing=True)
    assert session.scalars(select(Ownership.role)).one() is OwnershipRole.OWNER
    path = csv_file(tmp_path, header, ("A1", "林", "1-1-101", "租户"))
    assert loaded(session, path, estate_id) == (0, 1, 0, 0)
    assert session.scalars(select(Ownership.role)).one() is OwnershipRole.TENANT


def test_missing_buildings_and_units_are_made_only_when_asked_for(session: Session) -> None:
    estate_id = estate(session)
    assert loaded(session, FILES / "good.csv", estate_id) == (0, 0, 0, 5)
    assert count(session, Unit) == 0


def test_a_unit_changes_field_by_field_and_its_building_may_be_named(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("楼栋", "楼栋名称"), ("1", "听雨轩")), estate_id, "buildings")
    header = ("楼栋", "单元", "房号", "面积", "入住状态")
    first = csv_file(tmp_path, header, ("听雨轩", 1, 101, "88.5", "自住"), (1, 1, 102, "", ""))
    assert loaded(session, first, estate_id, "units") == (2, 0, 0, 0)
    second = csv_file(tmp_path, header, (1, 1, 101, "90", "出租"), (1, 1, 102, "", ""), (1, 1, 101, "", ""))
    assert loaded(session, second, estate_id, "units") == (0, 1, 1, 1)
    unit = session.scalars(select(Unit).where(Unit.code == "1-1-101")).one()
    assert (str(unit.area), unit.occupancy, unit.entrance) == ("90.00", Occupancy.LET, "1")


def test_a_whole_unit_code_is_enough_and_moves_no_unit(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("房号", "楼层"), ("3-2-1501", 15)), estate_id, "units", create_missing=True)
    unit = session.scalars(select(Unit)).one()
    building = session.get_one(Building, unit.building_id)
    assert (building.code, unit.entrance, unit.floor) == ("3", "2", 15)
    assert loaded(session, csv_file(tmp_path, ("房号", "楼层"), ("3-2-1501", 15)), estate_id, "units") == (0, 0, 1, 0)


def test_a_unit_whose_code_is_just_the_room_is_met_again(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("楼栋",), ("V",)), estate_id, "buildings")
    building_id = session.scalars(select(Building.id)).one()
    with writing(session):
        values = {"estate_id": estate_id, "building_id": building_id, "code": "A01"}
        write(session, [Insert(Unit, values)], by=BY, at=AT)
    path = csv_file(tmp_path, ("楼栋", "房号", "楼层"), ("V", "A01", 2), ("V", "A02", 2))
    assert loaded(session, path, estate_id, "units") == (1, 1, 0, 0)
    assert sorted(session.scalars(select(Unit.code))) == ["A01", "V-A02"]


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [
        (("楼栋", "房号"), ("", "101"), "楼栋"),
        (("楼栋", "房号"), ("1", ""), "房号"),
        (("楼栋", "房号"), ("9", "101"), "楼栋"),
        (("楼栋",), ("1",), "房号"),
        (("楼栋", "房号", "面积"), ("1", "101", "0"), "面积"),
    ],
)
def test_a_unit_that_cannot_stand_is_refused(
    session: Session, tmp_path: Path, header: tuple[str, ...], row: tuple[str, ...], column: str
) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("楼栋",), ("1",)), estate_id, "buildings")
    report = answered(session, csv_file(tmp_path, header, row), estate_id, "units")
    assert [fault.column for fault in report.refused] == [column]


def test_any_entity_is_matched_by_its_business_key_and_names_others_by_code_or_name(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    staff = csv_file(tmp_path, ("工号", "姓名", "岗位"), ("S1", "王管家", "管家"), ("S2", "李工", "维修工"))
    assert loaded(session, staff, estate_id, "staff") == (2, 0, 0, 0)
    buildings = csv_file(
        tmp_path, ("楼栋", "管家", "维修工"), ("1", "S1", "李工"), ("2", "无此人", ""), ("1", "S1", "")
    )
    assert loaded(session, buildings, estate_id, "buildings") == (1, 0, 0, 2)
    building = session.scalars(select(Building)).one()
    assert (building.butler_id is None, building.engineer_id is None) == (False, False)
    assert loaded(session, buildings, estate_id, "buildings") == (0, 0, 1, 2)


def test_a_name_that_several_have_is_not_guessed(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    staff = csv_file(tmp_path, ("工号", "姓名", "岗位"), ("S1", "王伟", "管家"), ("S2", "王伟", "管家"))
    loaded(session, staff, estate_id, "staff")
    report = answered(session, csv_file(tmp_path, ("楼栋", "管家"), ("1", "王伟")), estate_id, "buildings")
    assert [fault.message for fault in report.refused] == ["王伟 fits several records: give the code or number"]


def test_a_record_of_another_estate_is_no_more_there_than_one_of_none(session: Session, tmp_path: Path) -> None:
    here, elsewhere = estate(session), estate(session, "E2")
    loaded(session, csv_file(tmp_path, ("工号", "姓名", "岗位"), ("S9", "王伟", "管家")), elsewhere, "staff")
    path = csv_file(tmp_path, ("楼栋", "管家"), ("1", "S9"), ("2", "S8"), ("3", "王伟"))
    told = [
        (fault.value, fault.message.replace(fault.value, "…"))
        for fault in answered(session, path, here, "buildings").refused
    ]
    sentence = "… does not exist here: correct it or add it first"
    assert told == [("S9", sentence), ("S8", sentence), ("王伟", sentence)]


def test_a_key_unique_everywhere_is_not_taken_from_another_estate(session: Session, tmp_path: Path) -> None:
    here, elsewhere = estate(session), estate(session, "E2")
    staff = csv_file(tmp_path, ("工号", "姓名", "岗位"), ("S1", "王管家", "管家"))
    loaded(session, staff, elsewhere, "staff")
    assert loaded(session, staff, here, "staff") == (0, 0, 0, 1)


def test_ownerships_are_matched_by_unit_and_owner(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, FILES / "good.csv", estate_id, create_missing=True)
    header = ("房号", "业主编号", "关系", "结束日期")
    path = csv_file(tmp_path, header, ("1-1-101", "A001", "业主", "2026-01-31"), ("1-1-102", "A001", "家属", ""))
    assert loaded(session, path, estate_id, "ownerships") == (1, 1, 0, 0)
    assert loaded(session, path, estate_id, "ownerships") == (0, 0, 2, 0)


def test_a_row_that_cannot_stand_as_a_whole_is_refused(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, FILES / "good.csv", estate_id, create_missing=True)
    header = ("房号", "业主编号", "开始日期", "结束日期")
    path = csv_file(tmp_path, header, ("1-1-101", "A001", "2026-02-01", "2026-01-31"))
    report = answered(session, path, estate_id, "ownerships")
    assert [(fault.line, fault.column) for fault in report.refused] == [(2, "结束日期")]


def test_tables_without_an_estate_are_loaded_without_one(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("区域",), ("华东",), ("华南",))
    assert loaded(session, path, None, "regions") == (2, 0, 0, 0)
    assert loaded(session, path, estate(session), "regions") == (0, 0, 2, 0)
