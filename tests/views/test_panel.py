import base64
import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from models.account import Role
from models.base import entities, entity
from models.owner import Owner
from models.unit import Unit
from operations.write import Delete, Insert, Update, write, writing
from tests.infrastructure.people import AT, BY, ID_NUMBER, NEXT, OWN, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.statements import selects
from tests.infrastructure.walk import row, state
from views.lists import SEARCHES_KEPT, cursor_text, read_address, record_id
from views.public import safe_path

LINK = re.compile(r'<a class="btn btn-outline-secondary" rel="(prev|next)" href="([^"]+)"')
ROW = re.compile(r'<th scope="row"[^>]*><a href="([^"]+)">([^<]+)</a>')
COOKIE_LIMIT = 4093  # what every browser keeps


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


@pytest.fixture
def many(session: Session, cast: Cast) -> int:
    """45 units on few floors, beside the cast's three: more than two pages of 20."""
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    rows = [Insert(Unit, {**place, "code": f"U-{n:02}", "floor": n % 3}) for n in range(45)]
    with writing(session):
        return len(write(session, rows, by=BY, at=AT))


@pytest.fixture
def same_moment(session: Session, cast: Cast) -> int:
    """41 callbacks of one moment: the sort key ties from the first to the last."""
    values = {"estate_id": cast.id_of("estates"), "ticket_id": cast.id_of("tickets"), "called_at": AT}
    model = entities()["callbacks"]
    with writing(session):
        return len(write(session, [Insert(model, {**values, "outcome": "refused"})] * 41, by=BY, at=AT))


# Lists


@pytest.mark.parametrize("sort", ["code", "-code"])
def test_pages_lead_through_the_list_and_back(admin: Person, many: int, sort: str) -> None:
    forth, last = pages(admin, f"/units/?size=20&sort={sort}", "next")
    back, _ = pages(admin, last, "prev")
    shown = [code for page in forth for code in page]
    assert shown == sorted(set(shown), reverse=sort.startswith("-"))
    assert len(shown) == many + 3
    assert back[::-1] == forth


def test_pages_lose_and_repeat_nothing_where_the_sort_key_ties(admin: Person, same_moment: int) -> None:
    forth, last = pages(admin, "/callbacks/?size=20", "next")
    back, _ = pages(admin, last, "prev")
    assert len({row_id for page in forth for row_id in page}) == sum(map(len, forth)) == same_moment + 3
    assert back[::-1] == forth


def test_a_list_is_filtered_by_a_choice_a_reference_and_a_day(admin: Person, cast: Cast) -> None:
    assert numbers(admin, f"/units/?building_id={cast.id_of('buildings')}") == [f"{OWN}-1"]
    assert numbers(admin, "/units/?occupancy=vacant") == []
    assert len(numbers(admin, "/tickets/?opened_at.from=2026-03-04&opened_at.to=2026-03-04")) == 3
    assert numbers(admin, "/tickets/?opened_at.to=2026-03-03") == []
    assert len(numbers(admin, "/tickets/?assignee_id.empty=yes")) == 1


def test_several_values_of_a_filter_are_any_of_them(admin: Person, cast: Cast) -> None:
    both = f"/units/?building_id={cast.id_of('buildings')}&building_id={cast.id_of('buildings', NEXT)}"
    assert sorted(numbers(admin, both)) == [f"{NEXT}-1", f"{OWN}-1"]


def test_a_search_finds_and_keeps_what_was_typed_out_of_every_address(admin: Person) -> None:
    found = admin.post("/owners/find?size=20", {"text": PHONE})
    assert (found.status_code, PHONE in found.location, "size=20" in found.location) == (302, False, True)
    page = admin.get(found.location)
    assert page.text.count(PHONE) == 4  # three rows and the search box
    assert PHONE not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page.text))


def test_an_empty_search_shows_the_whole_list(admin: Person) -> None:
    assert "q=" not in admin.post("/owners/find", {"text": "  "}).location


def test_a_search_of_somebody_else_is_over(app: Flask, admin: Person) -> None:
    found = admin.post("/owners/find", {"text": PHONE}).location
    answer = sign_in(app, address(Role.CLERK)).get(found)
    assert (answer.status_code, PHONE in answer.text) == (400, False)


def test_many_long_searches_do_not_outgrow_the_cookie(admin: Person) -> None:
    texts = ["".join(chr(0x4E00 + (n * 7919 + place * 104729) % 20000) for place in range(100)) for n in range(15)]
    sizes = [len(admin.post("/owners/find", {"text": each}).headers["Set-Cookie"].split(";")[0]) for each in texts]
    assert max(sizes) < COOKIE_LIMIT
    assert SEARCHES_KEPT >= 1


ADDRESSES = [
    "sort=password",
    "sort=-",
    "sort=phone",
    "sort=%00",
    "sort=__class__",
    "size=-1",
    "size=%00",
    "size=99999999999999999999",
    "size=٣",
    "after=x",
    "after=%00",
    "after=é",
    "after=" + "A" * 5000,
    "before=bnVsbA",
    "after=bnVsbA&before=bnVsbA",
    "q=nonsense",
    "q=%00",
    "endpoint=x",
    "_external=1&_scheme=javascript",
    "_anchor=x",
    "_method=POST",
    "export_type=csv",
    "self=1",
    "id=1",
    "columns=x",
    "estate_id=",
    "estate_id=x",
    "estate_id=-1",
    "estate_id=0",
    "estate_id=1.5",
    "estate_id=٣",
    "estate_id=²",
    "estate_id=9223372036854775807",
    "estate_id=9223372036854775808",
    "estate_id=" + "9" * 5000,
    "estate_id=%00",
    "estate_id.from=1",
    "estate_id.empty=maybe",
    "estate_id.nonsense=1",
    "estate_id.from.to=1",
    "phone=1",
    "password=x",
    "=1",
    ".=1",
    "%00=1",
    "&".join(f"estate_id={n}" for n in range(500)),
    "state=nonsense",
    "state=%F0%9F%98%80",
    "state=%ED%A0%80",
    "at.from=0001-01-01T00:00:00%2B23:59",
    "opened_at.from=0001-01-01T00:00:00%2B23:59",
    "opened_at.to=9999-12-31T23:59:59-23:59",
    "opened_at.from=9999-99-99",
    "opened_at=2026-01-01",
    "opened_at.to=2199-12-31",
    "due_on.from=nonsense",
    "due_on.to=1900-01-01",
    "level=99999999999999999999",
    "level.from=1e9",
    "row_id=" + "9" * 30,
    "entity=" + "x" * 5000,
    "is_open=maybe",
]
IDS = ["0", "-1", "+1", "1.0", "1e3", "x", "٣", "²", "%00", "9" * 18, str(2**63), "9" * 5000, "..", "%2e%2e", " 1"]
FAULTS = [
    ({"name": ""}, "name"),
    ({"number": ""}, "number"),
    ({"number": OWN}, "number"),
    ({"number": "a b?"}, "number"),
    ({"number": "x" * 41}, "number"),
    ({"name": "x" * 81}, "name"),
    ({"name": "nul\x00"}, "name"),
    ({"phone": "12345"}, "phone"),
    ({"phone": "1.38E+10"}, "phone"),
    ({"id_number": "110101199013990038"}, "id_number"),
    ({"email": "nobody"}, "email"),
    ({"contact_preference": "pigeon"}, "contact_preference"),
    ({"estate_id": "999"}, "estate_id"),
    ({"estate_id": "x"}, "estate_id"),
    ({"estate_id": "9" * 5000}, "estate_id"),
    ({"estate_id": "", "estate_id.text": "nul\x00"}, "estate_id"),
    ({"estate_id": "", "estate_id.text": "a " * 5000}, "estate_id"),
]
VALUES = [
    ("findings", {"due_on": "0001-01-01T00:00:00+23:59"}),
    ("callbacks", {"called_at": "0001-01-01T00:00:00+23:59"}),
    ("units", {"floor": "99999999999"}),
    ("units", {"floor": "٣" * 30}),
    ("units", {"area": "1e999999"}),
    ("units", {"area": "NaN"}),
    ("units", {"area": "-1"}),
    ("units", {"area": "9" * 5000}),
    ("buildings", {"floors": "0"}),
    ("inspection-items", {"points": "99"}),
]
PAGES = [
    ("/", 200),
    ("/login", 302),
    ("/owners/", 200),
    ("/owners/999/", 404),
    ("/nowhere", 404),
    ("/logout", 405),
    ("/owners/?sort=x", 400),
    ("/healthz", 200),
    ("/static/panel.css", 200),
    ("/owners/export/csv", 200),
]
CURSORS = [
    [None, 1],
    ["x"],
    ["x", "y"],
    ["x", True],
    ["x", -1],
    ["x", 2**63],
    ["x", 1.5],
    [{"a": 1}, 1],
    [["x"], 1],
    ["\ud800", 1],
    ["nul\x00", 1],
    ["2026-01-01T00:00:00", 1],
    ["0001-01-01T00:00:00+23:59", 1],
    ["9999-12-31T23:59:59-23:59", 1],
    [10**400, 1],
    [1e308, 1],
    [2**62, 1],
    [-(2**70), 1],
    {},
    "x",
    [],
]


@pytest.mark.parametrize("name", ["tickets", "ladder-steps", "regions"])
def test_no_address_of_a_list_is_too_much(admin: Person, name: str) -> None:
    assert list(broken(admin, f"/{name}/", ADDRESSES)) == []


def test_no_address_of_an_export_is_too_much(admin: Person) -> None:
    assert list(broken(admin, "/tickets/export/csv", ADDRESSES)) == []


@pytest.mark.parametrize("name", ["tickets", "regions", "inspection-items"])
def test_no_cursor_is_too_much(admin: Person, name: str) -> None:
    cursors = [f"after={encoded(json.dumps(cursor))}" for cursor in CURSORS]
    deep = [f"{way}={encoded('[' * 5000 + ']' * 5000)}" for way in ("after", "before")]
    assert list(broken(admin, f"/{name}/", [*cursors, *deep, f"after={encoded('[NaN,1]')}"])) == []


def test_no_id_of_a_row_is_too_much(admin: Person) -> None:
    assert [row_id for row_id in IDS if statuses(admin, f"/owners/{row_id}") != {404}] == []


def test_nothing_typed_into_a_search_or_lookup_is_too_much(admin: Person) -> None:
    typed = ["", "\x00", "%_\\'", "é" * 5000, "a " * 5000, "😀", "  "]
    assert [fault for each in typed for fault in broken_words(admin, each)] == []


def test_no_estate_of_a_lookup_is_too_much(admin: Person) -> None:
    estates = ["x", "-1", "9" * 5000, "٣", "\x00", str(2**63)]
    answers = [admin.post("/owners/lookup", {"text": "O", "estate_id": estate}) for estate in estates]
    assert {answer.status_code for answer in answers} == {200}


@given(st.text(max_size=40))
def test_only_plain_digits_are_the_id_of_a_record(typed: str) -> None:
    found = record_id(typed)
    assert found is None or str(found) == typed.lstrip("0").rjust(1, "0")


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(["sort", "after", "before", "size", "level", "due_at.from", "x"]), st.text()))
def test_whatever_an_address_says_is_read_or_a_fault(app: Flask, parameters: dict[str, str]) -> None:
    with app.test_request_context():
        found = read_address(entities()["ladder-steps"], MultiDict(parameters))
    assert found.faults.keys() <= parameters.keys()


def test_a_cursor_reads_back_what_was_written(app: Flask) -> None:
    with app.test_request_context():
        parameters = MultiDict({"after": cursor_text((AT, 7)) or "", "sort": "-due_at"})
        assert read_address(entities()["ladder-steps"], parameters).listing.after == (AT, 7)


def test_a_list_takes_a_bounded_number_of_statements_however_many_rows(
    session: Session, admin: Person, cast: Cast
) -> None:
    few = statements(session, admin, "/owners/?size=200")
    rows = [{"estate_id": cast.id_of("estates"), "number": f"M-{n}", "name": "Many"} for n in range(150)]
    with writing(session):
        write(session, [Insert(Owner, each) for each in rows], by=BY, at=AT)
    assert statements(session, admin, "/owners/?size=200") == few
    assert few <= 12


def test_a_detail_page_takes_a_bounded_number_of_statements_however_many_rows_refer_to_it(
    session: Session, admin: Person, cast: Cast, same_moment: int
) -> None:
    path = f"/tickets/{cast.id_of('tickets')}/"
    many_rows = statements(session, admin, path)
    with writing(session):
        keep = cast.id_of("callbacks")
        gone = session.scalars(select(entities()["callbacks"].id).where(entities()["callbacks"].id > keep + 2)).all()
        write(session, [Delete(entities()["callbacks"], row_id) for row_id in gone], by=BY, at=AT)
    assert statements(session, admin, path) == many_rows


# Forms


def test_a_row_is_added_shown_changed_and_deleted(admin: Person, session: Session, cast: Cast) -> None:
    form = {"estate_id": cast.id_of("estates"), "number": "N-1", "name": "陈静", "phone": "138 1234 5679"}
    path = admin.post("/owners/new", form).location
    assert "13812345679" in admin.get(path).text
    assert admin.post(f"{path}edit", {**form, "name": "陈敬", "version": "1"}).location == path
    assert "陈敬" in admin.get(path).text
    assert admin.post(f"{path}delete", {"version": "2"}).location == "/owners/"
    assert admin.get(path).status_code == 404


def test_saving_and_adding_another_leads_to_an_empty_form(admin: Person, cast: Cast) -> None:
    form = {"estate_id": cast.id_of("estates"), "number": "N-1", "name": "陈静", "again": "yes"}
    assert admin.post("/owners/new", form).location == "/owners/new"


def test_of_two_editors_the_second_is_told_and_takes_nothing_back(admin: Person, session: Session, cast: Cast) -> None:
    path, owner_id = f"/owners/{cast.id_of('owners')}/edit", cast.id_of("owners")
    assert 'name="version" value="1"' in admin.get(path).text
    first = admin.post(path, {"number": OWN, "name": "First", "note": "kept", "version": "1"})
    second = admin.post(path, {"number": OWN, "name": "Second", "note": "", "version": "1"})
    assert (first.status_code, second.status_code) == (302, 409)
    assert (row(session, Owner, owner_id)["name"], row(session, Owner, owner_id)["note"]) == ("First", "kept")


def test_a_form_with_faults_keeps_the_version_it_was_shown_with(admin: Person, session: Session, cast: Cast) -> None:
    path = f"/owners/{cast.id_of('owners')}/edit"
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"note": "meanwhile"})], by=BY, at=AT)
    assert 'name="version" value="1"' in admin.post(path, {"number": OWN, "name": "", "version": "1"}).text


def test_nothing_is_saved_or_deleted_without_a_version(admin: Person, session: Session, cast: Cast) -> None:
    before, path = state(session), f"/ownerships/{cast.id_of('ownerships')}"
    form = {name: cast.id_of(f"{name[:-3]}s") for name in ("unit_id", "owner_id")}
    versions = ["", "x", "-1", "٣", "9" * 5000, "1.0"]
    saved = [admin.post(f"{path}/edit", {**form, "role": "tenant", "version": each}) for each in versions]
    deleted = [admin.post(f"{path}/delete", {"version": each}) for each in versions]
    assert {answer.status_code for answer in (*saved, *deleted)} == {400}
    assert state(session) == before


def test_a_stale_delete_is_refused(admin: Person, session: Session, cast: Cast) -> None:
    path, row_id = f"/ownerships/{cast.id_of('ownerships')}/delete", cast.id_of("ownerships")
    with writing(session):
        write(session, [Update(entities()["ownerships"], row_id, {"role": "tenant"})], by=BY, at=AT)
    assert admin.post(path, {"version": "1"}).status_code == 409
    assert row(session, entities()["ownerships"], row_id)["version"] == 2


def test_a_delete_that_would_orphan_says_what_stands_in_the_way(admin: Person, session: Session, cast: Cast) -> None:
    before, path = state(session), f"/units/{cast.id_of('units')}/delete"
    asked, refused = admin.get(path), admin.post(path, {"version": "1"})
    assert (asked.status_code, refused.status_code) == (200, 409)
    assert f"/tickets/?unit_id={cast.id_of('units')}" in asked.text or "Tickets: 1" in english(admin, path)
    assert f"/ownerships/?unit_id={cast.id_of('units')}" in refused.text
    assert state(session) == before


def test_a_fault_is_said_at_its_field_and_nothing_is_saved(admin: Person, session: Session, cast: Cast) -> None:
    before = state(session)
    assert [case for case in FAULTS if faulty_fields(admin, cast, case[0]) != (422, [case[1]])] == []
    assert state(session) == before


def test_no_value_of_a_form_is_too_much(admin: Person, cast: Cast) -> None:
    assert [case for case in VALUES if not is_refused(admin, cast, *case)] == []


def test_what_was_typed_comes_back_escaped(admin: Person, cast: Cast) -> None:
    form = {"estate_id": cast.id_of("estates"), "number": "N-1", "name": '"><script>alert(1)</script>'}
    path = admin.post("/owners/new", form).location
    shown = [admin.get(each).text for each in (path, f"{path}edit", f"{path}delete", "/owners/", "/history/")]
    shown.append(admin.post("/owners/new", {**form, "phone": "bad"}).text)
    assert [page for page in shown if "<script>alert" in page] == []


def test_every_form_saves_what_it_shows_unchanged(admin: Person, session: Session, cast: Cast) -> None:
    before = state(session)
    assert [path for path in edit_pages(cast) if admin.post(path, shown_form(admin, path)).status_code != 302] == []
    assert state(session) == before


# Files


def test_a_csv_opens_in_a_spreadsheet_without_harm(admin: Person, session: Session, cast: Cast) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", 'a"b,c', "陈静"]
    rows = [{"estate_id": cast.id_of("estates"), "number": f"N-{n}", "name": name} for n, name in enumerate(names)]
    with writing(session):
        write(session, [Insert(Owner, each) for each in rows], by=BY, at=AT)
    answer = admin.get("/owners/export/csv?sort=-number")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="owners-')
    assert [cell for cell in cells(answer.data) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_an_xlsx_opens_and_holds_no_formula(admin: Person, session: Session, cast: Cast) -> None:
    odd = ["=1+1", "\x07bell", "\ufffe\uffff", "a\nb", "x" * 40000, "😀"]
    rows = [{"estate_id": cast.id_of("estates"), "number": f"N-{n}", "name": "x", "note": t} for n, t in enumerate(odd)]
    with writing(session):
        write(session, [Insert(Owner, each) for each in rows], by=BY, at=AT)
    book = load_workbook(BytesIO(admin.get("/owners/export/xlsx").data))
    found = [cell for line in book.worksheets[0].iter_rows() for cell in line]
    assert {cell.data_type for cell in found} <= {"s", "n", "inlineStr"}
    assert "'=1+1" in [cell.value for cell in found]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_what_the_list_was_filtered_to(admin: Person, cast: Cast, kind: str) -> None:
    answer = admin.get(f"/tickets/export/{kind}?assignee_id.empty=yes")
    shown = answer.text if kind == "csv" else str(list(load_workbook(BytesIO(answer.data)).worksheets[0].values))
    assert (f"{OWN}-T" in shown, f"{NEXT}-T" in shown) == (False, True)


def test_an_export_is_masked_like_the_list(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.AUDITOR))
    book = load_workbook(BytesIO(person.get("/owners/export/xlsx").data))
    shown = str(list(book.worksheets[0].values)) + person.get("/owners/export/csv").text
    assert (PHONE in shown, ID_NUMBER in shown, "138****5678" in shown) == (False, False, True)


def test_only_known_kinds_of_files_are_made(admin: Person) -> None:
    assert {admin.get(f"/owners/export/{kind}").status_code for kind in ("exe", "CSV", "xls", "%00")} == {404}


# Around every page


SAFE = ["/", "/owners/", "/owners/?q=a&b=c", "/a//b", "/%09/x", "/@x", "/x#y", "/中文"]
UNSAFE = [
    "",
    "owners",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\@evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/x\r\nSet-Cookie: a=b",
    "\x00/",
    " /",
    "\t//evil.example",
    "http://evil.example",
    "http:/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "@evil.example",
    "/a\\b",
]


@pytest.mark.parametrize("path", SAFE)
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize("path", UNSAFE)
def test_what_may_lead_elsewhere_leads_to_the_start_page(path: str) -> None:
    assert safe_path(path) == "/"


def test_the_language_switch_is_kept_and_leads_back(admin: Person) -> None:
    answer = admin.post("/language", {"language": "en", "back": "/owners/?size=20"})
    assert answer.location == "/owners/?size=20"
    assert '<html lang="en"' in admin.get("/").text
    admin.post("/language", {"language": "zh_Hans_CN"})
    assert '<html lang="zh-Hans"' in admin.get("/").text


@pytest.mark.parametrize("wanted", ["xx", "", "../../etc", "en\x00"])
def test_an_unknown_language_changes_nothing(admin: Person, wanted: str) -> None:
    answer = admin.post("/language", {"language": wanted, "back": "//evil.example"})
    assert (answer.location, '<html lang="zh-Hans"' in admin.get("/").text) == ("/", True)


def test_every_answer_has_a_policy_and_a_request_id(admin: Person) -> None:
    assert [fault for path, status in PAGES for fault in unprotected(admin, path, status)] == []


def test_a_request_without_token_gets_a_request_id_too(admin: Person) -> None:
    answer = admin.client.post("/owners/new")
    assert (answer.status_code, answer.headers["X-Request-Id"] in answer.text) == (400, True)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_no_page_holds_a_script_or_style_of_its_own(admin: Person, cast: Cast) -> None:
    paths = ["/", "/owners/", f"/tickets/{cast.id_of('tickets')}/", "/tickets/new", "/satisfaction/", "/escalation/"]
    shown = [admin.get(path).text for path in paths]
    assert [re.findall(r"<script>|<style| style=| on\w+=\"|javascript:", page) for page in shown] == [[]] * len(paths)


def test_what_goes_wrong_inside_is_told_without_internals(
    app: Flask, admin: Person, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.execute(text("ALTER TABLE region RENAME TO region_gone"))
    session.commit()
    answer = admin.get("/regions/")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["X-Request-Id"] in caplog.text
    assert re.findall(r"Traceback|region_gone|SELECT|sqlalchemy|psycopg|sqlite", answer.text) == []


def test_an_error_page_needs_no_database(app: Flask, admin: Person, session: Session, database: Any) -> None:
    session.execute(text("ALTER TABLE account RENAME TO account_gone"))
    session.commit()
    answer = admin.get("/owners/")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"Traceback|account_gone|SELECT|sqlalchemy", answer.text) == []


def test_an_error_is_json_for_who_asks_for_json(admin: Person) -> None:
    answer = admin.get("/owners/999/", headers={"Accept": "application/json"})
    assert json.loads(answer.text).keys() == {"error", "request_id"}
    assert answer.headers["X-Request-Id"] in answer.text


def test_health_says_whether_the_database_answers(app: Flask, cast: Cast) -> None:
    assert app.test_client().get("/healthz").json == {"status": "ok"}


def pages(person: Person, path: str, direction: str) -> tuple[list[list[str]], str]:
    """What each page from there on lists, following the links in one direction, and the last page's address."""
    shown = []
    while True:
        page = person.get(path).text
        shown.append(rows_shown(page))
        links = dict(LINK.findall(page))
        if direction not in links:
            return shown, path
        path = unescape(links[direction])


def rows_shown(page: str) -> list[str]:
    """The rows of a list: what names each, and its address."""
    return [f"{unescape(name)} {url}" for url, name in ROW.findall(page)]


def statuses(person: Person, path: str) -> set[int]:
    """How a row's pages and forms are answered."""
    shown = [person.get(f"{path}{ending}") for ending in ("/", "/edit", "/delete")]
    posted = [person.post(f"{path}{ending}", {"version": "1"}) for ending in ("/edit", "/delete")]
    return {answer.status_code for answer in (*shown, *posted)}


def edit_pages(cast: Cast) -> list[str]:
    """The form of every row of the cast that can be edited."""
    editable = [name for name, model in entities().items() if "edit" in entity(model).deeds]
    return [f"/{name}/{rows[name]}/edit" for rows in cast.rows.values() for name in editable if name in rows]


def faulty_fields(person: Person, cast: Cast, form: dict[str, str]) -> tuple[int, list[str]]:
    """The answer to a new owner's form that is right but for these values: its status and the fields with a fault."""
    good = {"estate_id": cast.id_of("estates"), "number": "N-1", "name": "陈静"}
    answer = person.post("/owners/new", {**good, **form})
    return answer.status_code, re.findall(r'id="e-(\w+)"', answer.text)


def is_refused(person: Person, cast: Cast, name: str, form: dict[str, str]) -> bool:
    """Whether the value is refused with a sentence in a form that is right otherwise."""
    path = f"/{name}/{cast.id_of(name)}/edit"
    answer = person.post(path, {**shown_form(person, path), **form})
    return (answer.status_code, "alert-danger" in answer.text) == (422, True)


def unprotected(person: Person, path: str, status: int) -> Iterator[str]:
    """What an answer lacks of status, policy and request id."""
    answer = person.get(path)
    policy = answer.headers.get("Content-Security-Policy", "")
    wanted = {
        "status": answer.status_code == status,
        "policy": "default-src 'self'" in policy and "unsafe-inline" not in policy and "unsafe-eval" not in policy,
        "sniffing": answer.headers.get("X-Content-Type-Options") == "nosniff",
        "request id": re.fullmatch(r"[0-9a-f]{16}", answer.headers.get("X-Request-Id", "")),
    }
    yield from (f"{path}: {name}" for name, holds in wanted.items() if not holds)


def numbers(person: Person, path: str) -> list[str]:
    """What names the rows of a list."""
    return [shown.rpartition(" ")[0] for shown in rows_shown(person.get(path).text)]


def encoded(raw: str) -> str:
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def broken(person: Person, path: str, addresses: Sequence[str]) -> Iterator[str]:
    """The addresses that are answered by anything but a page or a sentence about the address."""
    for each in addresses:
        answer = person.get(f"{path}?{each}")
        if answer.status_code not in {200, 400}:
            yield f"{path}?{each[:60]}: {answer.status_code}"
        for location in re.findall(r'(?:href|action)="([^"]*)"', answer.text):
            if not location.startswith(("/", "#", "data:,")) or location.startswith("//"):
                yield f"{path}?{each[:60]} links to {location}"


def broken_words(person: Person, typed: str) -> Iterator[str]:
    """The entities whose search or lookup takes the words amiss."""
    for name in ("owners", "tickets", "callbacks", "regions"):
        found = person.post(f"/{name}/find", {"text": typed})
        for answer in (found, person.get(found.location), person.post(f"/{name}/lookup", {"text": typed})):
            if answer.status_code not in {200, 302}:
                yield f"{name}: {answer.status_code}"


def statements(session: Session, person: Person, path: str) -> int:
    person.get(path)  # templates and caches
    with selects(session) as found:
        assert person.get(path).status_code == 200
    return len(found)


def shown_form(person: Person, path: str) -> dict[str, str]:
    """What the form on the page would send if it were sent unchanged."""
    page = person.get(path).text
    page = page[page.index('<form method="post" class="card') :]
    inputs = re.findall(r"<input([^>]*)>", page)
    values = {
        name[1]: unescape(value[1]) if (value := re.search(r'value="([^"]*)"', each)) else ""
        for each in inputs
        if (name := re.search(r' name="([^"]+)"', each)) and ("checkbox" not in each or " checked" in each)
    }
    values |= {
        n: unescape(t) for n, t in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    }
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        values[name] = chosen[1] if chosen else ""
    return values


def english(person: Person, path: str) -> str:
    return person.get(path, headers={"Accept-Language": "en"}).text


def cells(content: bytes) -> list[str]:
    import csv
    from io import StringIO

    return [cell for line in csv.reader(StringIO(content.decode("utf-8-sig"), newline="")) for cell in line]


def test_a_phone_in_the_clear_can_be_called_and_a_masked_one_cannot(app: Flask, admin: Person, cast: Cast) -> None:
    page = f"/owners/{cast.id_of('owners')}/"
    assert f'href="tel:{PHONE}"' in admin.get(page).text
    assert "tel:" not in sign_in(app, address(Role.AUDITOR)).get(page).text
