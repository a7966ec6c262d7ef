from collections.abc import Sequence

import pytest

from importers.checking.cells import Checker, check
from importers.lines import Cleaning, Line
from importers.mapping.headings import chosen, map_header, propose
from importers.reading.blocks import Block
from importers.reading.table import Problem, Table
from importers.settings import Repair, Settings, Source
from models.base import Base
from models.faults import Fault
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.unit import Unit

LOSSY = "1.38E+10"


def table(*rows: list[str], header: list[str] | None = None) -> Table:
    return Table(header or ["业主姓名", "手机号", "杂项"], list(rows), list(range(2, len(rows) + 2)))


def checker(header: Sequence[str], settings: Settings, model: type[Base] = Owner) -> Checker:
    return Checker(model, chosen(model, header, settings, propose(model, header, [])), settings)


def block(*rows: list[str], start: int = 2) -> Block:
    return Block(list(range(start, start + len(rows))), list(rows))


def said(line: Line) -> list[tuple[str, str]]:
    return [(fault.column, fault.value) for fault in line.faults]


def test_every_cell_is_read_by_the_type_of_its_column_and_blank_ones_are_left_out() -> None:
    found = table([" 林 ", "138 0001 0001", "x"], ["陈", "", ""], ["李", "18999999999", ""])
    lines = check(found, map_header(Owner, found.header))
    assert [line.values for line in lines] == [{"name": "林", "phone": "13800010001"}, {"name": "陈"}, {"name": "李"}]


def test_all_faults_of_a_line_are_collected() -> None:
    found = table(["林" * 81, "12345", ""])
    (line,) = check(found, map_header(Owner, found.header))
    assert [(fault.column, fault.value[:5]) for fault in line.faults] == [
        ("业主姓名", "林林林林林"),
        ("手机号", "12345"),
    ]


def test_a_problem_of_reading_counts_only_where_the_column_counts() -> None:
    found = table(["林", "", "1e20"], ["陈", "", ""])
    fault = Fault("lost")
    found.problems = [Problem(2, fault, "1e20", 2), Problem(3, fault, "陈", 0), Problem(3, fault, "")]
    lines = check(found, map_header(Owner, found.header))
    assert [[fault.column for fault in line.faults] for line in lines] == [[], ["业主姓名", ""]]
    assert lines[1].values == {}


def test_warnings_do_not_refuse() -> None:
    found = table(["林", "110105194912310021"], header=["业主姓名", "身份证号"])
    (line,) = check(found, map_header(Owner, found.header))
    assert (len(line.faults), [warning.value for warning in line.warnings]) == (0, ["110105194912310021"])


def test_what_was_cleaned_is_said_and_counted_and_what_was_not_is_not() -> None:
    judge = checker(["姓名", "手机号", "面积"], Settings())
    lines = judge.check(block(["林", "138-0001-0001", "94.56㎡"], [" 陈 ", "13800010002", "88.5"]))
    assert [line.cleaned for line in lines] == [
        [Cleaning("手机号", "138-0001-0001", "13800010001"), Cleaning("面积", "94.56㎡", "94.56")],
        (),
    ]
    assert judge.cleaned == {"phone": 1, "unit.area": 1}


def test_a_lossy_number_is_refused_and_never_cleaned() -> None:
    (line,) = checker(["手机号", "业主编号"], Settings()).check(block([LOSSY, LOSSY]))
    assert said(line) == [("手机号", LOSSY), ("业主编号", LOSSY)]


def test_a_corrected_cell_counts_instead_and_settles_what_reading_found_in_it() -> None:
    settings = Settings(edits={3: {1: "13800010001", 9: "x"}})
    fault = Fault("lost")
    rows = Block(
        [2, 3],
        [["林", LOSSY], ["陈", LOSSY]],
        [Problem(3, fault, LOSSY, 1), Problem(3, fault, ""), Problem(2, fault, "")],
    )
    first, second = checker(["姓名", "手机号"], settings).check(rows)
    assert said(first) == [("", ""), ("手机号", LOSSY)]
    assert (said(second), second.values, second.cells) == (
        [],
        {"name": "陈", "phone": "13800010001"},
        ["陈", "13800010001"],
    )


def test_fields_come_from_parts_of_columns_and_from_fixed_texts() -> None:
    columns = {
        "name": Source(0, " ", 0),
        "phone": Source(0, " ", -1),
        "ownership.role": Source(text="租户"),
        "note": Source(1),
        "email": Source(0, "/", 1),
    }
    (line,) = checker(["住户", "备注"], Settings(columns=columns)).check(block(["张三　13800010001", "旧"]))
    assert line.values == {"name": "张三", "phone": "13800010001", "ownership.role": OwnershipRole.TENANT, "note": "旧"}


def test_words_that_a_choice_does_not_know_are_read_as_decided() -> None:
    settings = Settings(values={"ownership.role": {"1001": "业主", "住": "tenant"}})
    lines = checker(["姓名", "关系"], settings).check(block(["林", " 1001 "], ["陈", "住"], ["李", "邻居"]))
    assert [line.values.get("ownership.role") for line in lines] == [OwnershipRole.OWNER, OwnershipRole.TENANT, None]
    assert said(lines[2]) == [("关系", "邻居")]


def test_columns_that_no_field_takes_go_to_the_note() -> None:
    settings = Settings(note_columns=(1, 2))
    lines = checker(["姓名", "车牌号", "宠物"], settings).check(block(["林", "粤A1", " 猫\n一只 "], ["陈", "", ""]))
    assert [line.extras for line in lines] == [["车牌号: 粤A1", "宠物: 猫 一只"], ()]


def test_doubtful_days_are_refused_until_their_order_is_known() -> None:
    header = ["房号", "业主编号", "开始日期"]
    rows = [["1-1-101", "A1", "03/04/2026"], ["1-1-101", "A2", "25/04/2026"], ["1-1-101", "A3", "04/25/2026"]]
    judge = checker(header, Settings(), Ownership)
    assert [bool(line.faults) for line in judge.check(block(*rows[:2]))] == [True, False]
    assert judge.found_orders == {"from_on": "dmy"}
    judge.check(block(rows[2]))
    assert judge.found_orders == {}
    ordered = checker(header, Settings(date_orders={"from_on": "dmy"}), Ownership)
    assert [str(line.values.get("from_on")) for line in ordered.check(block(*rows))] == [
        "2026-04-03",
        "2026-04-25",
        "None",
    ]


def test_codes_that_may_have_lost_their_zeros_get_a_warning() -> None:
    rows = [[f"{number:05}", "林"] for number in range(1, 40)] + [["41", "陈"]]
    lines = checker(["业主编号", "姓名"], Settings()).check(block(*rows))
    assert [(line.line, [warning.value for warning in line.warnings]) for line in lines if line.warnings] == [
        (41, ["41"])
    ]
    padded = checker(["业主编号", "姓名"], Settings(repairs=(Repair("pad_zeros", "number", {"length": 5}),)))
    last = padded.check(block(*rows))[-1]
    assert (last.values["number"], last.warnings, last.cleaned) == ("00041", (), [Cleaning("业主编号", "41", "00041")])


@pytest.mark.parametrize(
    ("repair", "text", "phone"),
    [
        (Repair("take_out", "phone", {"characters": "王"}), "13800010001王", "13800010001"),
        (Repair("take_out", "phone", {"characters": "138"}), "13800010001", "13800010001"),
        (Repair("take_part", "phone", {"part": 0}), "13800010001/13900010002", "13800010001"),
        (Repair("take_part", "phone", {"part": 1}), "13800010001、13900010002", "13900010002"),
        (Repair("try_zeros", "phone", {"length": 11}), "1065550101", "010-65550101"),
        (Repair("replace", "phone", {"from": "无", "to": ""}), "无", None),
        (Repair("replace", "phone", {"from": "1", "to": "13800010001"}), "1", "13800010001"),
    ],
)
def test_a_repair_reads_the_cells_of_its_group(repair: Repair, text: str, phone: str | None) -> None:
    (line,) = checker(["姓名", "手机号"], Settings(repairs=(repair,))).check(block(["林", text]))
    assert (line.values.get("phone"), line.faults) == (phone, ())


@pytest.mark.parametrize(
    "repair", [Repair("take_out", "name", {"characters": "王"}), Repair("take_part", "phone", {"part": 3})]
)
def test_a_repair_of_another_kind_or_column_changes_nothing(repair: Repair) -> None:
    (line,) = checker(["姓名", "手机号"], Settings(repairs=(repair,))).check(block(["王林", "13800010001王"]))
    assert (line.values, said(line)) == ({"name": "王林"}, [("手机号", "13800010001王")])


def test_lines_and_cells_of_a_group_can_be_left_out() -> None:
    rows = [["林", "12345"], ["陈", LOSSY], ["", "13800010001"]]
    (_, lossy, _) = checker(["姓名", "手机号"], Settings()).check(block(*rows))
    lost = {"message": lossy.faults[0].fault.message}
    skipping = checker(["姓名", "手机号"], Settings(repairs=(Repair("skip_lines", "phone", lost),)))
    assert [line.line for line in skipping.check(block(*rows))] == [2, 4]
    assert skipping.left_out == 1
    clearing = checker(["姓名", "手机号"], Settings(repairs=(Repair("clear", "phone", lost),)))
    assert [bool(line.faults) for line in clearing.check(block(*rows))] == [True, False, False]


def test_what_is_needed_is_never_cleared() -> None:
    long = {"message": "The text has %(length)s characters, %(limit)s at most are allowed: shorten it"}
    judge = checker(["姓名"], Settings(repairs=(Repair("clear", "name", long),)))
    (line,) = judge.check(block(["林" * 81]))
    assert len(line.faults) == 1


def test_judgements_are_the_same_in_one_block_or_in_many() -> None:
    rows = [[f"1-1-{room:03}", "1", "88㎡" if room % 3 else "x"] for room in range(30)]
    header = ["房号", "楼层", "面积"]
    whole = checker(header, Settings(), Unit).check(block(*rows))
    judge = checker(header, Settings(), Unit)
    parts = [
        line for start in range(0, 30, 7) for line in judge.check(block(*rows[start : start + 7], start=start + 2))
    ]
    assert [(line.line, line.values, said(line), line.cleaned) for line in parts] == [
        (line.line, line.values, said(line), line.cleaned) for line in whole
    ]
