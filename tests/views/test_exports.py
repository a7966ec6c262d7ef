"""What leaves as a file: the filtered rows in the chosen columns, safe in a spreadsheet, masked, and recorded."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.reading.files import read_table
from models.account import Role
from models.export_record import ExportRecord, FileFormat
from models.owner import Owner
from models.unit import Unit
from operations.write import Insert, write, writing
from reports.files import csv_chunks
from rules.guarding import unguarded
from tests.infrastructure.people import AT, BY, ID_NUMBER, OTHER, OWN, PHONE, Cast, Person, address, sign_in
from views.downloads import Counted

ENGLISH = {"Accept-Language": "en"}
ODD = ["=1+1", "+86", "-1", "@x", "\tx", "\rx", "'x", "''x", "'=x", "'", "it's", "plain"]


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


def records(session: Session) -> list[ExportRecord]:
    session.rollback()
    return list(session.scalars(select(ExportRecord).order_by(ExportRecord.id)))


def fill(session: Session, cast: Cast, names: list[str]) -> None:
    values = [{"estate_id": cast.id_of("estates"), "number": f"N-{n:02}", "name": name} for n, name in enumerate(names)]
    with writing(session):
        write(session, [Insert(Owner, each) for each in values], by=BY, at=AT)


def test_the_columns_shown_leave_in_their_order(clerk: Person) -> None:
    clerk.post("/tickets/columns?view=all", {"column": ["subject", "code", "level"]})
    header, *rows = table(clerk.get("/tickets/export/csv?columns=shown&sort=opened_at", headers=ENGLISH).data)
    assert header == ["Subject", "Ticket code", "Level"]
    assert [row[1] for row in rows] == [f"{OWN}-T", "ZZNEXT-T"]


def test_without_a_word_every_column_leaves(clerk: Person) -> None:
    header = table(clerk.get("/tickets/export/csv", headers=ENGLISH).data)[0]
    assert {"Description", "Contact phone", "Level", "Close"} - set(header) == {"Close"}


def test_the_list_links_to_the_files_of_its_filters(clerk: Person) -> None:
    page = clerk.get("/tickets/?kind=repair&size=20&opened_at.last=7d").text
    assert "/tickets/export/xlsx?kind=repair&amp;opened_at.last=7d&amp;columns=shown" in page


def test_a_view_that_is_opened_leaves_as_it_is_shown(clerk: Person) -> None:
    page = clerk.get("/tickets/?view=unassigned").text
    assert "/tickets/export/csv?view=unassigned&amp;state=new&amp;assignee_id.empty=yes&amp;columns=shown" in page
    assert len(table(clerk.get("/tickets/export/csv?view=unassigned").data)) == 2


def test_no_text_is_a_formula_and_every_text_comes_back_as_it_was(admin: Person, session: Session, cast: Cast) -> None:
    fill(session, cast, ODD)
    header, *rows = table(admin.get("/owners/export/csv", headers=ENGLISH).data)
    at = header.index("Owner name")
    kept = {row[header.index("Owner number")]: row[at] for row in rows}
    written = [kept[f"N-{n:02}"] for n in range(len(ODD))]
    assert [text for text in written if text.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert [unguarded(text) for text in written] == ODD


@pytest.mark.parametrize("text", ["=x", "+x", "-x", "@x", "\tx", "\rx", "'x"])
def test_one_apostrophe_goes_in_front(text: str) -> None:
    (content,) = csv_chunks(["h"], [[text]])
    assert table(content)[1] == [f"'{text}"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_numbers_stay_numbers(admin: Person, session: Session, cast: Cast, kind: str) -> None:
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    with writing(session):
        write(session, [Insert(Unit, {**place, "code": "U-1", "floor": -2, "area": Decimal("80.5")})], by=BY, at=AT)
    answer = admin.get(f"/units/export/{kind}?code=U-1", headers=ENGLISH)
    if kind == "csv":
        row = dict(zip(*table(answer.data), strict=True))
        assert (row["Floor"], float(row["Area (m²)"])) == ("-2", 80.5)
    else:
        lines = list(load_workbook(BytesIO(answer.data)).worksheets[0].values)
        found: dict[Any, Any] = dict(zip(*lines, strict=True))
        assert (found["Floor"], found["Area (m²)"]) == (-2, 80.5)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_recorded_with_all_that_an_auditor_asks(app: Flask, session: Session, cast: Cast, kind: str) -> None:
    supervisor = sign_in(app, address(Role.SUPERVISOR))
    supervisor.get(f"/owners/export/{kind}?number={OWN}&sort=number&size=20", headers=ENGLISH)
    (found,) = records(session)
    assert (found.account_id, found.entity, found.format) == (
        cast.accounts[Role.SUPERVISOR],
        "owners",
        FileFormat(kind),
    )
    assert (found.query, found.is_searched) == (f"number={OWN}&sort=number", False)
    assert (found.row_count, found.is_complete, found.is_personal) == (1, True, True)
    assert found.estate_id == cast.id_of("estates")
    assert found.column_names.startswith("Estate, ")


def test_masked_data_are_recorded_as_masked(app: Flask, session: Session, cast: Cast) -> None:
    auditor = sign_in(app, address(Role.AUDITOR))
    text = auditor.get("/owners/export/csv").text
    (found,) = records(session)
    assert (PHONE in text, ID_NUMBER in text, found.is_personal) == (False, False, False)


def test_columns_without_personal_data_are_recorded_as_such(admin: Person, session: Session, cast: Cast) -> None:
    admin.post("/owners/columns?view=all", {"column": ["number", "name"]})
    admin.get("/owners/export/csv?columns=shown")
    assert [found.is_personal for found in records(session)] == [False]


def test_what_was_typed_is_in_no_record(admin: Person, session: Session) -> None:
    path = admin.post("/owners/find", {"text": PHONE}).location
    admin.get(f"/owners/export/csv?{path.partition('?')[2]}")
    (found,) = records(session)
    assert (found.is_searched, found.query) == (True, None)


def test_a_file_of_several_estates_is_recorded_for_no_single_one(admin: Person, session: Session, cast: Cast) -> None:
    admin.get("/tickets/export/csv")
    admin.get(f"/tickets/export/csv?estate_id={cast.id_of('estates', OTHER)}")
    assert [found.estate_id for found in records(session)] == [None, cast.id_of("estates", OTHER)]


def test_a_file_that_is_broken_off_is_recorded_as_incomplete(
    app: Flask, session: Session, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(self: Counted) -> Any:
        self.number = 7
        yield ["a"]
        raise ConnectionError("gone")

    monkeypatch.setattr(Counted, "__iter__", torn)
    with pytest.raises(ConnectionError):
        admin.get("/tickets/export/csv")
    (found,) = records(session)
    assert (found.row_count, found.is_complete) == (7, False)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/overdue/export/csv", "overdue"),
        ("/satisfaction/export/months/csv", "satisfaction-months"),
        ("/satisfaction/callbacks/csv", "callbacks"),
        ("/escalation/tickets/csv?level=1", "tickets"),
    ],
)
def test_every_way_out_is_recorded(admin: Person, session: Session, path: str, name: str) -> None:
    assert admin.get(path).status_code == 200
    assert [(found.entity, found.is_complete) for found in records(session)] == [(name, True)]


def test_a_refused_export_leaves_no_record(app: Flask, session: Session, cast: Cast) -> None:
    engineer = sign_in(app, address(Role.ENGINEER))
    assert engineer.get("/tickets/export/csv").status_code == 403
    assert records(session) == []


def test_who_may_see_the_system_sees_who_took_what(app: Flask, admin: Person, clerk: Person, cast: Cast) -> None:
    clerk.get("/tickets/export/csv?kind=repair")
    admin.get("/tickets/export/csv?kind=complaint")
    auditor = sign_in(app, address(Role.AUDITOR)).get("/exports/", headers=ENGLISH).text
    assert ("kind=repair" in auditor, "kind=complaint" in auditor, "Tickets" in auditor) == (True, True, True)
    own = clerk.get("/exports/").text
    assert ("kind=repair" in own, "kind=complaint" in own) == (True, False)  # the second is of every estate


def test_a_record_is_changed_by_nobody(admin: Person) -> None:
    admin.get("/tickets/export/csv")
    assert {admin.get(f"/exports/1/{deed}").status_code for deed in ("edit", "delete")} == {403}
    assert admin.get("/exports/new").status_code == 403


def test_an_export_is_read_as_it_was(tmp_path: Path, admin: Person, session: Session, cast: Cast) -> None:
    fill(session, cast, ODD)
    file = tmp_path / "owners.csv"
    file.write_bytes(admin.get("/owners/export/csv", headers=ENGLISH).data)
    found = read_table(file)
    at = found.header.index("Owner name")
    assert {text.strip() for text in ODD} <= {unguarded(row[at]).strip() for row in found.rows}


def test_the_filters_that_a_view_brings_are_recorded(clerk: Person, session: Session) -> None:
    clerk.get("/tickets/export/csv?view=unassigned")
    assert [found.query for found in records(session)] == ["state=new&assignee_id.empty=yes"]


def test_an_estate_among_alternatives_is_not_the_only_one(admin: Person, session: Session, cast: Cast) -> None:
    text = admin.get(f"/tickets/export/csv?estate_id={cast.id_of('estates')}&kind=repair&match=any").text
    assert (f"{OTHER}-T" in text, [found.estate_id for found in records(session)]) == (True, [None])


def test_a_file_to_edit_has_the_fields_that_a_file_may_fill_the_key_first(admin: Person, cast: Cast) -> None:
    answer = admin.get(f"/owners/export/csv?columns=editing&estate_id={cast.id_of('estates')}", headers=ENGLISH)
    header, *rows = table(answer.data)
    assert header[:3] == ["Owner number", "Owner name", "Phone"]
    assert "Estate" not in header
    assert len(rows) == 2  # of the one estate alone


def test_a_file_to_edit_is_of_one_estate(admin: Person, cast: Cast) -> None:
    assert admin.get("/owners/export/csv?columns=editing").status_code == 400
    assert admin.get("/regions/export/csv?columns=editing").status_code == 200


def test_the_menu_offers_the_file_to_edit_for_one_estate_only(admin: Person, cast: Cast) -> None:
    page = admin.get(f"/owners/?estate_id={cast.id_of('estates')}", headers=ENGLISH).text
    assert f"/owners/export/xlsx?estate_id={cast.id_of('estates')}&amp;columns=editing" in page
    every = admin.get("/owners/?view=all", headers=ENGLISH).text
    assert "columns=editing" not in every
    assert "Filter the list to one estate first." in every


def test_who_may_not_load_owners_gets_no_file_to_edit(app: Flask, cast: Cast) -> None:
    supervisor = sign_in(app, address(Role.SUPERVISOR))
    where = f"estate_id={cast.id_of('estates')}"
    assert supervisor.get(f"/owners/export/csv?columns=editing&{where}").status_code == 403
    assert "columns=editing" not in supervisor.get(f"/owners/?{where}").text


def test_a_file_to_edit_in_the_clear_is_recorded_as_such(admin: Person, session: Session, cast: Cast) -> None:
    answer = admin.get(f"/owners/export/xlsx?columns=editing&estate_id={cast.id_of('estates')}", headers=ENGLISH)
    assert answer.status_code == 200
    (found,) = records(session)
    assert (found.is_personal, found.row_count, found.is_complete) == (True, 2, True)
