from importers.checking import check
from importers.mapping import map_header
from importers.table import Problem, Table
from models.faults import Fault
from models.owner import Owner


def table(*rows: list[str], header: list[str] | None = None) -> Table:
    return Table(header or ["业主姓名", "手机号", "杂项"], list(rows), list(range(2, len(rows) + 2)))


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


def test_warnings_do_not_refuse() -> None:
    found = table(["林", "110105194912310021"], header=["业主姓名", "身份证号"])
    (line,) = check(found, map_header(Owner, found.header))
    assert (len(line.faults), [warning.value for warning in line.warnings]) == (0, ["110105194912310021"])
