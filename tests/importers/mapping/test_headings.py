import pytest

from importers.mapping.headings import Mapping, chosen, fields, fit, map_header, normalised, propose, weights
from importers.settings import Settings, Source
from models.base import Base, entities
from models.building import Building
from models.owner import Owner
from models.ownership import Ownership
from models.region import Region
from models.staff import Staff
from models.unit import Unit

IMPORTED = [model for model in entities().values() if model.__entity__ and "import" in model.__entity__.deeds]


def mapped(model: type[Base], *header: str) -> dict[str, str]:
    mapping = map_header(model, header)
    return {header[index]: column.name for index, column in mapping.columns.items()}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("number", "number"),
        ("Owner number", "number"),
        ("业主编号", "number"),
        ("*业主姓名", "name"),
        ("业主名称", "name"),
        ("姓　名", "name"),
        ("手机号（必填）", "phone"),
        ("联系电话", "phone"),
        ("电话:", "phone"),
        ("身份证号", "id_number"),
        ("邮箱", "email"),
        ("备注", "note"),
        ("楼栋", "unit.building_id"),
        ("楼号", "unit.building_id"),
        ("单元", "unit.entrance"),
        ("房号", "unit.code"),
        ("房间", "unit.code"),
        ("房屋编号", "unit.code"),
        ("楼层", "unit.floor"),
        ("建筑面积(㎡)", "unit.area"),
        ("关系", "ownership.role"),
    ],
)
def test_a_heading_of_an_owner_file_is_known(heading: str, name: str) -> None:
    assert mapped(Owner, heading) == {heading: name}


@pytest.mark.parametrize(
    ("model", "heading", "name"),
    [
        (Unit, "房号", "unit.code"),
        (Unit, "业主编号", "owner.number"),
        (Unit, "房屋状态", "occupancy"),
        (Building, "楼栋", "code"),
        (Building, "管家", "butler_id"),
        (Staff, "姓名", "name"),
    ],
)
def test_a_heading_means_what_it_means_for_the_entity(model: type[Base], heading: str, name: str) -> None:
    assert mapped(model, heading) == {heading: name}


def test_translations_of_the_label_are_known() -> None:
    mapping = map_header(Owner, ["Propriétaire"], lambda label: ["Propriétaire"] if label == "Owner name" else [])
    assert [column.name for column in mapping.columns.values()] == ["name"]


def test_unknown_columns_are_ignored_with_a_notice() -> None:
    mapping = map_header(Owner, ["业主姓名", "车牌号", "性别"])
    assert mapping.ignored == ["车牌号", "性别"]
    assert [notice.text() for notice in mapping.notices] == ["These columns are not known and ignored: 车牌号, 性别"]


def test_of_two_headings_for_one_column_the_first_wins_with_a_notice() -> None:
    mapping = map_header(Owner, ["手机号", "电话"])
    assert list(mapping.columns) == [0]
    assert [notice.places for notice in mapping.notices] == [{"first": "手机号", "second": "电话"}]


def test_the_columns_that_refused_lines_come_with_are_ignored_without_notice() -> None:
    mapping = map_header(Owner, ["行号", "问题", "业主姓名"])
    assert (list(mapping.columns), mapping.notices) == ([2], [])


def test_no_file_fills_secrets_estates_or_what_is_derived() -> None:
    names = {field.name for model in IMPORTED for field in fields(model)}
    assert names.isdisjoint({"id", "version", "estate_id", "password", "fs_uniquifier", "next_due_at", "opened_at"})


@pytest.mark.parametrize("model", IMPORTED)
def test_every_column_of_an_entity_is_known_by_its_own_heading(model: type[Base]) -> None:
    wordings = {column.words.label: f"列{place}" for place, column in enumerate(fields(model))}
    headings = [column.heading(lambda label: [wordings[label]]) for column in fields(model)]
    mapping = map_header(model, headings, lambda label: [wordings[label]])
    assert [column.name for column in mapping.columns.values()] == [column.name for column in fields(model)]


def test_a_column_without_alias_is_headed_by_its_translation() -> None:
    name, *_ = fields(Region)
    assert name.heading(lambda label: ["区"]) == "区域"
    assert [column.heading(lambda label: ["译文"]) for column in fields(Staff)][-1] == "在职"


@pytest.mark.parametrize(
    ("model", "better", "worse"),
    [
        (
            Owner,
            ["业主名称", "手机号", "身份证号", "业主编号"],
            ["房屋编号", "楼栋编号", "单元编号", "建筑面积", "业主编号"],
        ),
        (Unit, ["房屋编号", "楼栋编号", "单元编号"], ["业主名称", "手机号", "业主编号", "面积"]),
        (Building, ["楼栋号", "总层数"], ["业主名称", "手机号"]),
    ],
)
def test_the_sheet_of_the_entity_itself_fits_better(model: type[Base], better: list[str], worse: list[str]) -> None:
    assert fit(model)(better) > fit(model)(worse)


def test_headings_are_compared_without_what_people_add_to_them() -> None:
    assert normalised(" ＊Owner_Number： ") == normalised("owner number")


HEADER = ["姓名", "手机号", "车牌号"]


def by_hand(**columns: Source) -> Settings:
    return Settings(columns=columns)


def mapping_of(settings: Settings, remembered: Settings | None = None) -> Mapping:
    return chosen(Owner, HEADER, settings, propose(Owner, HEADER, [], remembered=remembered))


def filled(mapping: Mapping) -> dict[str, Source]:
    return {column.name: source for column, source in mapping.filled()}


def test_what_is_chosen_by_hand_is_all_that_is_filled() -> None:
    settings = by_hand(name=Source(0), other_phone=Source(1), nobody=Source(2), email=Source(9))
    assert filled(mapping_of(settings)) == {"name": Source(0), "other_phone": Source(1)}


def test_a_column_may_fill_several_fields_in_part_or_whole_and_a_text_all_lines() -> None:
    settings = by_hand(
        name=Source(0, " ", 0), phone=Source(0, " ", 1), other_phone=Source(0, " ", 1), note=Source(text="旧")
    )
    mapping = mapping_of(settings)
    assert filled(mapping) == dict(settings.columns or {})
    assert [mapping.index(name) for name in ("name", "phone", "note", "email")] == [0, 0, None, None]
    assert [mapping.heading(name) for name in ("phone", "note")] == ["姓名", "备注"]
    assert (mapping.has("phone"), mapping.has("email")) == (True, False)


def test_what_is_remembered_is_filled_unless_the_person_decides() -> None:
    remembered = Settings(columns={"other_phone": Source(1)}, date_orders={"from_on": "dmy"}, note_columns=(2,))
    assert filled(mapping_of(Settings(), remembered)) == {"other_phone": Source(1)}
    assert mapping_of(Settings(), remembered).note_columns == (2,)
    assert filled(mapping_of(by_hand(name=Source(0)), remembered)) == {"name": Source(0)}


def test_extra_columns_go_to_the_note_where_there_is_one() -> None:
    settings = Settings(note_columns=(2, 9))
    mapping = mapping_of(settings)
    assert (mapping.note_columns, mapping.ignored) == ((2,), [])
    assert chosen(Unit, HEADER, settings, propose(Unit, HEADER, [])).note_columns == ()


def test_the_order_of_a_column_is_the_persons_before_the_samples() -> None:
    header, sample = ["开始日期"], [["25/04/2026"], ["03/04/2026"]]
    proposal = propose(Ownership, header, sample)
    assert chosen(Ownership, header, Settings(), proposal).date_orders == {"from_on": "dmy"}
    asked = Settings(date_orders={"from_on": "mdy"})
    assert chosen(Ownership, header, asked, proposal).date_orders == {"from_on": "mdy"}


@pytest.mark.parametrize(("heading", "name"), [("姓名", "name"), ("备注", "note"), ("", ""), ("车牌号", "")])
def test_a_heading_leads_back_to_its_field(heading: str, name: str) -> None:
    assert mapping_of(Settings()).field_name(heading) == name


def test_known_headings_are_told_with_their_weight_as_data() -> None:
    assert weights(Owner)(["业主姓名", "房号", "车牌号"]) == fit(Owner)(["业主姓名", "房号", "车牌号"]) == 4
