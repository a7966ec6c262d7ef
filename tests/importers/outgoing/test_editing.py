"""What goes out comes back: rows as a file, the file edited or not, and loaded again."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.exchange import report
from importers.loading.staging import preview
from importers.outgoing.editing import Words, edited_fields, headings, lines
from models.base import Base, entities, entity
from models.building import Building
from models.owner import ContactPreference, Owner
from models.ownership import Ownership, OwnershipRole
from models.unit import Unit
from operations.standards import load_standards
from operations.write import Insert, write, writing
from reports.files import csv_chunks, write_workbook
from tests.infrastructure.made_up import AWKWARD, add_rows, row
from tests.infrastructure.people import AT, BY, Cast
from views.language import catalog, wordings

IMPORTABLE = [name for name, model in entities().items() if "import" in entity(model).deeds]
SHANGHAI = ZoneInfo("Asia/Shanghai")
ENGLISH, CHINESE = Words(str, wordings), Words(catalog("zh_Hans_CN").gettext, wordings)

# Rows stay in the database from example to example, and a failure names its rows: none is made smaller.
FEW = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Tally = tuple[int, int, int, int]
Table = list[list[Any]]


def nobody(column: Any) -> bool:
    """Nothing is masked."""
    return False


def table(
    session: Session, model: type[Base], ids: list[int], said: Words = ENGLISH, masked: Callable[[Any], bool] = nobody
) -> Table:
    """The file as rows of cells, its header first."""
    session.rollback()
    return [headings(model, said), *lines(session, model, ids, said, SHANGHAI, masked)]


def written(path: Path, rows: Table) -> Path:
    """The file on the disk, as the panel writes it."""
    header, *body = rows
    if path.suffix == ".csv":
        path.write_bytes(b"".join(csv_chunks(header, body, is_guarded=True)))
    else:
        with path.open("wb") as file:
            write_workbook(file, "rows", header, body, is_guarded=True)
    return path


def loaded(session: Session, path: Path, name: str, estate_id: int | None) -> Tally:
    """What became of its lines: new, changed, unchanged, refused."""
    batch_id = preview(session, path, path.name, name, estate_id, BY, AT, wordings=wordings)
    assert list(report(session, batch_id).refused) == []
    counts = commit(session, batch_id, BY, AT)
    return counts.new, counts.changed, counts.unchanged, counts.refused


def estate_of(model: type[Base], cast: Cast) -> int | None:
    return cast.id_of("estates") if "estate_id" in model.__table__.columns else None


@pytest.mark.parametrize("name", IMPORTABLE)
def test_every_heading_of_the_file_is_known_again(name: str) -> None:
    found = entities()[name]
    assert len(set(headings(found, ENGLISH))) == len(set(headings(found, CHINESE))) == len(edited_fields(found))


@pytest.mark.parametrize("name", IMPORTABLE)
@given(data=st.data())
@settings(FEW, max_examples=2)
def test_rows_that_nobody_edits_come_back_as_they_were(
    session: Session, cast: Cast, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    model = entities()[name]
    ids = add_rows(session, cast, model, data.draw(st.lists(row(model), min_size=2, max_size=4)))
    suffix, said = data.draw(st.sampled_from([".csv", ".xlsx"])), data.draw(st.sampled_from([ENGLISH, CHINESE]))
    path = written(tmp_path / f"rows{suffix}", table(session, model, ids, said))
    assert loaded(session, path, name, estate_of(model, cast)) == (0, 0, len(ids), 0)


@pytest.mark.parametrize(
    "name", ["standard-sets", "rules", "ladder-rules", "ladder-levels", "calendar-days", "service-windows"]
)
def test_the_standards_as_shipped_come_back_as_they_were(
    session: Session, cast: Cast, tmp_path: Path, name: str
) -> None:
    with writing(session):
        load_standards(session, BY, AT)
    model = entities()[name]
    ids = [found.id for found in session.query(model)]
    path = written(tmp_path / "rows.xlsx", table(session, model, ids, CHINESE))
    assert loaded(session, path, name, estate_of(model, cast)) == (0, 0, len(ids), 0)


EDITS = [
    ("owners", "name", "新名字", "新名字"),
    ("owners", "note", "'=1+1", "=1+1"),
    ("owners", "phone", "13900000001", "13900000001"),
    ("owners", "contact_preference", "家访", ContactPreference.VISIT),
    ("units", "floor", 31, 31),
    ("units", "area", "￥1,234.50", Decimal("1234.50")),
    ("buildings", "name", "第\n二行", "第\n二行"),
    ("ownerships", "role", "租户", OwnershipRole.TENANT),
    ("inspections", "inspected_on", "2026年11月1日", datetime(2026, 11, 1, tzinfo=UTC).date()),
    ("findings", "description", "地面破损", "地面破损"),
    ("staff", "is_active", "否", False),
    ("estates", "name", "一期", "一期"),
    ("standard-sets", "note", "试行", "试行"),
    ("rules", "text", "按此办理", "按此办理"),
    ("calendars", "name", "日历", "日历"),
    ("service-windows", "closes", "18:00", "18:00"),
]


ANOTHER: dict[str, dict[str, Any]] = {  # what was there before is something else
    "is_active": {"is_active": True},
    "role": {"role": OwnershipRole.OWNER},
    "contact_preference": {"contact_preference": None},
}


@pytest.mark.parametrize(("name", "field", "text", "expected"), EDITS)
@given(data=st.data())
@settings(FEW, max_examples=1)
def test_one_cell_that_is_edited_is_the_one_change(
    session: Session, cast: Cast, tmp_path: Path, name: str, field: str, text: Any, expected: Any, data: st.DataObject
) -> None:
    model = entities()[name]
    rows = data.draw(st.lists(row(model), min_size=2, max_size=2))
    ids = add_rows(session, cast, model, [each | ANOTHER.get(field, {}) for each in rows])
    cells = table(session, model, ids)
    place = [each.name for each in edited_fields(model)].index(field)
    cells[2][place] = text
    before = session.get_one(model, ids[1])
    kept = {column.name: getattr(before, column.name) for column in model.__table__.columns}
    assert loaded(session, written(tmp_path / "rows.xlsx", cells), name, estate_of(model, cast)) == (0, 1, 1, 0)
    session.expire_all()
    after = session.get_one(model, ids[1])
    found = {column.name: getattr(after, column.name) for column in model.__table__.columns}
    assert {column for column, value in found.items() if value != kept[column]} - {"stamp"} == {field, "version"}
    assert found[field] == expected


def owners(session: Session, cast: Cast, **values: Any) -> list[int]:
    return add_rows(session, cast, Owner, [{"number": "00071", "name": "业主", **values}])


def test_an_owner_has_the_first_unit_and_the_role_in_it(session: Session, cast: Cast) -> None:
    header, line = table(session, Owner, [cast.id_of("owners")])
    found = dict(zip(header, line, strict=True))
    unit = session.get_one(Unit, cast.id_of("units"))
    assert (found["Unit code"], found["Role"]) == (unit.code, "Owner")


def test_a_reference_is_named_by_its_code_whatever_its_title_is(session: Session, cast: Cast) -> None:
    header, line = table(session, Ownership, [cast.id_of("ownerships")])
    owner = session.get_one(Owner, cast.id_of("owners"))
    assert dict(zip(header, line, strict=True))["Owner"] == owner.number


def test_an_owner_who_had_the_unit_before_has_a_line_for_each_time(
    session: Session, cast: Cast, tmp_path: Path
) -> None:
    pair = {"unit_id": cast.id_of("units"), "owner_id": cast.id_of("owners"), "estate_id": cast.id_of("estates")}
    times = [(date(2001, 1, 1), date(2005, 1, 1)), (date(2010, 1, 1), date(2012, 1, 1))]
    with writing(session):
        before = [Insert(Ownership, {**pair, "from_on": first, "until_on": last}) for first, last in times]
        ids = [cast.id_of("ownerships"), *write(session, before, by=BY, at=AT)]
    cells = table(session, Ownership, ids)
    assert loaded(session, written(tmp_path / "rows.csv", cells), "ownerships", pair["estate_id"]) == (0, 0, 3, 0)
    cells[2][cells[0].index("Role")] = "Tenant"
    assert loaded(session, written(tmp_path / "rows.csv", cells), "ownerships", pair["estate_id"]) == (0, 1, 2, 0)
    assert session.get_one(Ownership, ids[1], populate_existing=True).role is OwnershipRole.TENANT


def test_an_empty_cell_keeps_what_is_there(session: Session, cast: Cast, tmp_path: Path) -> None:
    ids = owners(session, cast, note="留下")
    cells = table(session, Owner, ids)
    cells[1][cells[0].index("Note")] = ""
    assert loaded(session, written(tmp_path / "rows.csv", cells), "owners", cast.id_of("estates")) == (0, 0, 1, 0)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_no_text_is_a_formula_on_its_way(session: Session, cast: Cast, tmp_path: Path, suffix: str) -> None:
    ids = [owners(session, cast, number=f"A-{place}", note=text)[0] for place, text in enumerate(AWKWARD)]
    path = written(tmp_path / f"rows{suffix}", table(session, Owner, ids))
    text = StringIO(path.read_text("utf-8-sig") if suffix == ".csv" else "", newline="")
    book = load_workbook(path).worksheets[0].values if suffix == ".xlsx" else csv.reader(text)
    texts = [str(cell) for line in book for cell in line if cell is not None]
    assert [text for text in texts if text.startswith(("=", "@"))] == []
    assert loaded(session, path, "owners", cast.id_of("estates")) == (0, 0, len(ids), 0)


def personal(column: Any) -> bool:
    return column.name in {"phone", "other_phone", "id_number", "email"}


def test_what_left_masked_is_not_written_over_what_is_stored(session: Session, cast: Cast, tmp_path: Path) -> None:
    said = {"phone": "13812345678", "id_number": "110101199003070038", "email": "a.person@example.com"}
    ids = owners(session, cast, **said)
    cells = table(session, Owner, ids, masked=personal)
    assert "138****5678" in cells[1]
    cells[1][cells[0].index("Owner name")] = "改名"
    assert loaded(session, written(tmp_path / "rows.csv", cells), "owners", cast.id_of("estates")) == (0, 1, 0, 0)
    session.expire_all()
    found = session.get_one(Owner, ids[0])
    assert {name: getattr(found, name) for name in said} == said
    assert found.name == "改名"


def test_a_mask_of_anything_else_is_refused(session: Session, cast: Cast, tmp_path: Path) -> None:
    ids = owners(session, cast, phone="13812345678", email="a.person@example.com")
    cells = table(session, Owner, ids, masked=personal)
    cells[1][cells[0].index("Phone")] = "139****5678"
    cells[1][cells[0].index("E-mail")] = "b***@example.com"
    path = written(tmp_path / "rows.csv", cells)
    batch_id = preview(session, path, path.name, "owners", cast.id_of("estates"), BY, AT, wordings=wordings)
    refused = report(session, batch_id).refused
    assert sorted(each.column for each in refused) == ["E-mail", "Phone"]


def test_a_building_of_a_name_only_is_still_named_by_its_code(session: Session, cast: Cast) -> None:
    header, line = table(session, Unit, [cast.id_of("units")])
    building = session.get_one(Building, cast.id_of("buildings"))
    assert line[header.index("Building")] == building.code
