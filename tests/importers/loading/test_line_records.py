from datetime import date
from decimal import Decimal

from importers.lines import CellFault, Line, LinkWish, UnitWish
from importers.loading.line_records import line_from, record_of, staged_line
from importers.loading.staged import pack, unpack
from models.faults import Fault
from models.import_batch import RowVerdict
from models.owner import ContactPreference, Owner
from models.ownership import Ownership, OwnershipRole

NEW = RowVerdict.NEW


def test_a_line_comes_back_as_it_was_staged() -> None:
    line = Line(7, ["A1", "林", ""], {"name": "林", "contact_preference": ContactPreference.VISIT, "note": None})
    line.unit = UnitWish("1-101", "1", True, None, 3, Decimal("88.50"))
    line.link = LinkWish("1-101", OwnershipRole.TENANT)
    line.missing_building = "1"
    staged = staged_line(unpack(pack([record_of(line)]))[0], NEW)
    assert (staged.line, staged.cells) == (7, ["A1", "林", ""])
    again = line_from(Owner, staged)
    assert (again.values, again.unit, again.link, again.missing_building) == (
        line.values,
        line.unit,
        line.link,
        line.missing_building,
    )
    assert again.values["contact_preference"] is ContactPreference.VISIT


def test_dates_and_amounts_come_back_as_what_they_are() -> None:
    line = Line(2, [], {"from_on": date(2026, 1, 5)})
    assert line_from(Ownership, staged_line(unpack(pack([record_of(line)]))[0], NEW)).values == line.values


def test_of_a_row_that_is_there_old_and_new_values_are_kept() -> None:
    line = Line(3, ["A1"], {"name": "陈"}, match={"id": 5, "version": 2, "name": "林"}, changes={"name": ("林", "陈")})
    staged = staged_line(unpack(pack([record_of(line)]))[0], RowVerdict.CHANGED)
    assert staged.changes["fields"] == {"name": ["林", "陈"]}
    assert (staged.changes["row"], staged.changes["version"]) == (5, 2)


def test_a_refused_line_keeps_its_cells_and_what_is_wrong_with_them() -> None:
    line = Line(3, ["x"], {"name": "陈"}, [CellFault("手机号", "x", Fault("no %(what)s", what="phone"))])
    staged = staged_line(unpack(pack([record_of(line)]))[0], RowVerdict.REFUSED)
    assert (staged.cells, staged.changes["fields"]) == (["x"], {})
    assert staged.problems["faults"] == [
        {"column": "手机号", "value": "x", "message": "no %(what)s", "places": {"what": "phone"}}
    ]
