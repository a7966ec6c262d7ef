"""What a file would do and did, as an estate admin sees it: kinds of lines, decisions, loading, taking back."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading.staged import forget
from models.account import Role
from models.building import Building
from models.history import History
from models.import_batch import BatchState
from models.owner import Owner
from operations.write import Insert, Update, write, writing
from tests.infrastructure.people import AT, BY, ID_NUMBER, OTHER, OWN, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.runs import page
from tests.infrastructure.statements import selects
from tests.infrastructure.uploads import GOOD, HEADER, MIXED, batch_of, owners_of, renamed, tabs, uploaded

# What is only shown does not depend on the database.
on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CHANGED = HEADER + f"{OWN},Owner {OWN},13800000000\n"
SAME_PERSON = "业主编号,业主姓名,手机号,证件号码\n" + f"A9,Owner {OWN},13811111111,{ID_NUMBER}\n"


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def test_a_preview_writes_nothing(session: Session, cast: Cast, admin: Person) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, MIXED)
    assert tabs(admin, path) == {"new": 2, "changed": 0, "unchanged": 0, "conflict": 0, "refused": 1}
    assert owners_of(session, cast) == before


@on_one_database
def test_the_button_says_what_will_happen(cast: Cast, admin: Person) -> None:
    shown = page(admin, uploaded(admin, cast, MIXED))
    assert "Load 2 rows: 2 new, 0 changed" in shown
    assert "Load the good rows, leave the 1 others out" in shown


def test_loading_writes_the_good_rows_with_their_history(session: Session, cast: Cast, admin: Person) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, MIXED)
    admin.post(f"{path}commit")
    assert owners_of(session, cast) == before + 2
    written = History.batch_id == batch_of(session, path).id
    assert session.scalar(select(func.count()).where(written, History.entity == "owners")) == 2
    assert "Loaded: 2 new, 0 changed" in page(admin, path)


@on_one_database
def test_refused_lines_that_were_forgotten_are_not_offered(session: Session, cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, MIXED)
    admin.post(f"{path}commit")
    before = page(admin, f"{path}?show=refused")
    with writing(session):
        forget(session, batch_of(session, path).id)
    after = page(admin, f"{path}?show=refused")
    assert [f"{path}refused.xlsx" in shown for shown in (before, after)] == [True, False]
    assert "kept for 90 days, which are over" in after


@on_one_database
def test_the_same_file_again_has_nothing_to_load(cast: Cast, admin: Person) -> None:
    admin.post(f"{uploaded(admin, cast, GOOD)}commit")
    again = uploaded(admin, cast, GOOD)
    assert tabs(admin, again) == {"new": 0, "changed": 0, "unchanged": 2, "conflict": 0, "refused": 0}
    assert "There is nothing to load" in page(admin, again)


@on_one_database
def test_all_or_nothing_loads_nothing_while_a_row_is_refused(session: Session, cast: Cast, admin: Person) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, MIXED)
    admin.post(f"{path}commit", {"all_or_nothing": "yes"})
    assert owners_of(session, cast) == before
    assert "you asked for all or nothing" in page(admin, path)


@on_one_database
def test_a_second_commit_adds_nothing(session: Session, cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}commit")
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    assert owners_of(session, cast) == before


@on_one_database
def test_a_refused_row_names_line_column_value_and_sentence(cast: Cast, admin: Person) -> None:
    shown = page(admin, f"{uploaded(admin, cast, MIXED)}?show=refused")
    cells = re.findall(r'<td data-label="[^"]+">([^<]*)<', shown)
    assert cells[:2] == ["手机号", "12345"]
    assert cells[2].startswith("12345 is not a phone number")
    assert "韩梅" in re.findall(r'<td class="line-rest"[^>]*>([^<]*)<', shown)[0]


@on_one_database
def test_dropping_a_file_changes_nothing(session: Session, cast: Cast, admin: Person) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}drop")
    admin.post(f"{path}commit")
    assert (owners_of(session, cast), batch_of(session, path).state) == (before, BatchState.DROPPED)


@on_one_database
def test_a_change_is_shown_from_old_to_new_with_the_record_it_meets(cast: Cast, admin: Person) -> None:
    shown = admin.get(f"{uploaded(admin, cast, CHANGED)}?show=changed").text
    assert re.search(rf"<del>{PHONE}</del>.*<ins>13800000000</ins>", shown)
    assert f'<a href="/owners/{cast.id_of("owners")}/">Owner {OWN} {OWN}</a>' in shown


def test_a_record_that_was_edited_meanwhile_is_a_conflict_and_not_overwritten(
    session: Session, cast: Cast, admin: Person
) -> None:
    path = uploaded(admin, cast, CHANGED)
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "Meanwhile"})], by=BY, at=AT)
    admin.post(f"{path}commit")
    assert batch_of(session, path).conflict_count == 1
    assert session.get_one(Owner, cast.id_of("owners"), populate_existing=True).phone == PHONE
    assert f"/owners/{cast.id_of('owners')}/" in admin.get(f"{path}?show=conflict").text


@on_one_database
def test_two_lines_that_contradict_each_other_are_shown_side_by_side(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, GOOD + "A1,陈静,13899999999\n")
    shown = page(admin, f"{path}?show=conflict")
    assert tabs(admin, path)["conflict"] == 2
    sides = re.search(r'<ul class="line-changes">.*?</ul>', shown, re.DOTALL)
    assert sides is not None
    assert re.findall(r"<b>([^<]*)</b>", sides[0]) == ["13812345678", "13899999999"]


def test_a_record_that_a_line_may_mean_is_offered_and_taken_when_accepted(
    session: Session, cast: Cast, admin: Person
) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, SAME_PERSON)
    assert tabs(admin, path) == {"new": 1, "changed": 0, "unchanged": 0, "conflict": 0, "refused": 0, "offers": 1}
    shown = page(admin, f"{path}?show=offers")
    assert "the same ID number" in shown
    assert f"Owner {OWN}" in shown
    admin.post(f"{path}decide", {"accept": f"2:{cast.id_of('owners')}"})
    assert tabs(admin, path)["changed"] == 1
    admin.post(f"{path}commit")
    assert owners_of(session, cast) == before


@on_one_database
def test_all_offers_of_a_kind_are_accepted_at_once(cast: Cast, admin: Person) -> None:
    admin.post(f"{uploaded(admin, cast, GOOD)}commit")
    path = uploaded(admin, cast, HEADER + "C1,陈静,13812345678\nC2,李雷,13912345678\n")
    assert "Accept all 2: the same name and phone" in page(admin, f"{path}?show=offers")
    admin.post(f"{path}decide", {"accept_all": "name_and_phone"})
    assert tabs(admin, path)["changed"] == 2


@on_one_database
def test_a_record_that_was_not_offered_cannot_be_accepted(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, SAME_PERSON)
    assert admin.post(f"{path}decide", {"accept": f"2:{cast.id_of('owners', OTHER)}"}).status_code == 400
    assert admin.post(f"{path}decide", {"accept": f"3:{cast.id_of('owners')}"}).status_code == 400
    assert tabs(admin, path)["changed"] == 0


@on_one_database
def test_a_blank_cell_keeps_what_is_there_until_it_is_told_to_clear(
    session: Session, cast: Cast, admin: Person
) -> None:
    path = uploaded(admin, cast, HEADER + f"{OWN},Owner {OWN},\n")
    assert tabs(admin, path)["unchanged"] == 1
    assert "1 blank cells" in page(admin, path)
    admin.post(f"{path}decide", {"blanks": "yes", "blank.phone": "clear"})
    assert tabs(admin, path)["changed"] == 1
    admin.post(f"{path}commit")
    session.rollback()
    assert session.get_one(Owner, cast.id_of("owners"), populate_existing=True).phone is None


def test_an_import_is_taken_back_and_what_was_changed_since_is_left_and_listed(
    session: Session, cast: Cast, admin: Person
) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}commit")
    session.rollback()
    edited, name = renamed(session, "A1", "Meanwhile")
    assert "2 rows that it added are removed" in page(admin, f"{path}undo")
    admin.post(f"{path}undo")
    assert (batch_of(session, path).state, owners_of(session, cast)) == (BatchState.UNDONE, before + 1)
    shown = page(admin, path)
    assert f'<a href="/owners/{edited}/">Meanwhile A1</a>' in shown
    assert "It was changed since" in shown
    renamed(session, "A1", name)
    assert "1 rows that the undoing left as they were are tried again" in page(admin, f"{path}undo")
    admin.post(f"{path}undo")
    assert owners_of(session, cast) == before
    assert "Take back what was left" not in page(admin, path)


@on_one_database
def test_an_import_is_taken_back_once(session: Session, cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}undo")
    assert batch_of(session, path).state is BatchState.PREVIEWED
    admin.post(f"{path}commit")
    admin.post(f"{path}undo")
    before = owners_of(session, cast)
    admin.post(f"{path}undo")
    assert owners_of(session, cast) == before


@on_one_database
def test_a_run_of_another_estate_does_not_exist(app: Flask, session: Session, cast: Cast, admin: Person) -> None:
    path = uploaded(sign_in(app, address(Role.ADMINISTRATOR)), cast, GOOD, OTHER)
    assert {admin.get(f"{path}{shown}").status_code for shown in ("", "progress", "undo", "refused.csv")} == {404}
    deeds = ("commit", "drop", "decide", "cancel", "here", "undo")
    assert {admin.post(f"{path}{deed}", {"accept_all": "id_number"}).status_code for deed in deeds} == {404}
    assert batch_of(session, path).state is BatchState.PREVIEWED


@on_one_database
def test_a_bad_place_in_the_preview_is_no_error(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, GOOD)
    places = ("x", "-1", "９", "99999999999999999999", "")
    assert {admin.get(f"{path}?after={place}&show=nothing").status_code for place in places} == {200}


@on_one_database
def test_lines_beyond_the_first_hundred_are_on_the_next_page(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, HEADER + "".join(f"B{number},陈静,\n" for number in range(101)))
    assert "after=101" in admin.get(path).text
    assert "B100" in admin.get(f"{path}?show=new&after=101").text


def test_a_preview_takes_a_bounded_number_of_statements(session: Session, cast: Cast, admin: Person) -> None:
    one = _statements(session, cast, admin, 1)
    assert _statements(session, cast, admin, 30) == one


def _statements(session: Session, cast: Cast, admin: Person, number: int) -> int:
    """How many statements the preview of so many units of as many buildings takes."""
    codes = [f"B{number}-{each}" for each in range(number)]
    with writing(session):
        buildings = [{"estate_id": cast.id_of("estates"), "code": code, "name": "x"} for code in codes]
        write(session, [Insert(Building, values) for values in buildings], by=BY, at=AT)
    lines = "".join(f"{code}-1,{code}\n" for code in codes)
    path = uploaded(admin, cast, "房号,楼栋\n" + lines, kind="units")
    with selects(session) as sent:
        shown = admin.get(f"{path}?show=new").text
    assert f"B{number}-0 x" in shown
    return len(sent)


@on_one_database
def test_a_file_that_was_loaded_meanwhile_is_not_said_to_be_dropped(
    session: Session, cast: Cast, admin: Person
) -> None:
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}commit")
    answer = admin.post(f"{path}drop")
    assert batch_of(session, path).state is BatchState.COMMITTED
    assert answer.headers["Location"] == path
    assert "nothing was changed" not in page(admin, path)
