"""Bulk actions on a list: what is offered, what is asked, what is told, and the way back."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import now
from models.bulk_change import BulkAction, BulkChange
from models.owner import ContactPreference, Owner
from models.ticket import TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.tickets import act_on
from operations.write import Insert, Update, write, writing
from rules.transitions import Action
from tests.infrastructure.desk import AGO, report, ticket
from tests.infrastructure.people import AT, BY, NEXT, OTHER, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.walk import row
from views import bulk

ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


@pytest.fixture
def supervisor(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.SUPERVISOR))


@pytest.fixture
def owners(session: Session, cast: Cast) -> list[int]:
    """Three owners whose numbers begin alike."""
    rows = [{"estate_id": cast.id_of("estates"), "number": f"B-{each}", "name": "张三"} for each in range(3)]
    with writing(session):
        return write(session, [Insert(Owner, each) for each in rows], by=BY, at=AT)


def act(person: Person, deed: str, ids: Any = (), query: str = "", name: str = "owners", **fields: Any) -> TestResponse:
    return person.post(f"/{name}/action{query}", {"deed": deed, "id": list(ids), **fields}, **ENGLISH)


def prefer(person: Person, ids: Any, preference: str = "visit", query: str = "", **fields: Any) -> TestResponse:
    wanted = {"column": "contact_preference", "value-contact_preference": preference}
    return act(person, "set", ids, query, **wanted, **fields)


def preferences(session: Session, ids: list[int]) -> list[Any]:
    return [row(session, Owner, owner_id)["contact_preference"] for owner_id in ids]


def number_of(session: Session, kind: EventKind) -> int:
    session.rollback()
    return len(session.scalars(select(TicketEvent.id).where(TicketEvent.kind == kind)).all())


def bulk_changes(session: Session) -> list[BulkChange]:
    """Those that people made; the cast has one of nobody's."""
    session.rollback()
    return list(session.scalars(select(BulkChange).where(BulkChange.account_id.is_not(None)).order_by(BulkChange.id)))


# What is offered


@pytest.mark.parametrize(
    ("role", "name", "deeds"),
    [
        (Role.SUPERVISOR, "tickets", ["assign", "urge", "resolve", "close", "set"]),
        (Role.MANAGER, "tickets", ["assign", "urge", "resolve", "close", "close_unresolved", "set"]),
        (Role.CLERK, "tickets", ["assign", "resolve", "close", "set"]),
        (Role.ENGINEER, "tickets", ["resolve", "set"]),
        (Role.AUDITOR, "tickets", []),
        (Role.ESTATE_ADMIN, "owners", ["set", "delete"]),
        (Role.SUPERVISOR, "owners", []),
        (Role.SUPERVISOR, "callbacks", ["set"]),
        (Role.ADMINISTRATOR, "accounts", []),
        (Role.ADMINISTRATOR, "history", []),
    ],
)
def test_who_is_offered_what(app: Flask, cast: Cast, role: Role, name: str, deeds: list[str]) -> None:
    page = sign_in(app, address(role)).get(f"/{name}/").text
    assert re.findall(r'name="deed" value="(\w+)"', page) == deeds
    assert ("data-row" in page) == bool(deeds)


def test_no_field_is_offered_that_rows_cannot_share(admin: Person) -> None:
    page = act(admin, "set", [1], which="all").text
    offered = re.findall(r'<option value="(\w+)">', page.partition('name="column"')[2].partition("</select>")[0])
    assert {"number", "phone", "id_number", "estate_id"} & set(offered) == set()
    assert {"contact_preference", "note"} <= set(offered)


@pytest.mark.parametrize("column", ["number", "phone", "estate_id", "id", "version", "no_such"])
def test_a_crafted_field_is_a_bad_request(admin: Person, owners: list[int], column: str) -> None:
    fields = {"column": column, f"value-{column}": "1", "sure": "3"}
    assert act(admin, "set", owners, **fields).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"deed": "nonsense"}, 400), ({"deed": ""}, 400), ({"deed": "urge"}, 403), ({"id": ["x"]}, 400)],
)
def test_a_crafted_request_is_refused(admin: Person, fields: dict[str, Any], status: int) -> None:
    assert admin.post("/owners/action", {"deed": "delete", **fields}).status_code == status


def test_who_may_not_is_refused(app: Flask, session: Session, owners: list[int]) -> None:
    assert prefer(sign_in(app, address(Role.CLERK)), owners, sure="3").status_code == 403
    assert preferences(session, owners) == [None] * 3


# On the rows chosen


def test_the_number_is_confirmed_before_anything_is_done(admin: Person, session: Session, owners: list[int]) -> None:
    asked = prefer(admin, owners)
    assert "Set a field — Owners: 3" in asked.text
    assert 'name="sure" value="3"' in asked.text
    assert "张三 B-0" in asked.text
    assert preferences(session, owners) == [None] * 3


def test_a_field_is_set_and_can_be_undone_from_the_list(admin: Person, session: Session, owners: list[int]) -> None:
    done = prefer(admin, owners, sure="3")
    assert done.location == "/owners/"
    assert preferences(session, owners) == [ContactPreference.VISIT] * 3
    told = admin.get("/owners/", **ENGLISH).text
    assert "Set a field: done on 3." in told
    undo = re.search(r'action="(/owners/undo/\d+)"', told)
    assert undo is not None
    assert admin.post(undo[1], {"back": "/owners/?sort=number"}, **ENGLISH).location == "/owners/?sort=number"
    assert preferences(session, owners) == [None] * 3
    assert "Undone on 3." in admin.get("/owners/", **ENGLISH).text


def test_an_invalid_value_is_asked_for_again(admin: Person, session: Session, owners: list[int]) -> None:
    answer = prefer(admin, owners, "smoke", sure="3")
    assert (answer.status_code, "is not one of the choices" in answer.text) == (422, True)
    assert bulk_changes(session) == []


def test_a_row_changed_since_it_was_shown_is_left_and_told(admin: Person, session: Session, owners: list[int]) -> None:
    with writing(session):
        write(session, [Update(Owner, owners[0], {"name": "李四"})], by=BY, at=AT)
    answer = prefer(admin, owners, sure="3", **{f"version.{owner_id}": "1" for owner_id in owners})
    assert "done on 2, refused: 1." in answer.text
    assert "Somebody else changed it meanwhile" in answer.text
    assert "李四 B-0" in answer.text
    assert preferences(session, owners) == [None, ContactPreference.VISIT, ContactPreference.VISIT]


def test_the_version_shown_in_the_list_is_kept_through_the_page_that_asks(
    admin: Person, session: Session, owners: list[int]
) -> None:
    with writing(session):
        write(session, [Update(Owner, owners[0], {"name": "李四"})], by=BY, at=AT)
    asked = prefer(admin, owners, **{f"version.{owners[0]}": "1"})
    assert f'name="version.{owners[0]}" value="1"' in asked.text
    assert f'name="version.{owners[1]}" value="1"' in asked.text


def test_rows_of_another_estate_are_not_there(admin: Person, session: Session, cast: Cast) -> None:
    theirs = cast.id_of("owners", OTHER)
    assert prefer(admin, [theirs], sure="1").status_code == 302
    assert "Choose at least one record." in admin.get("/owners/", **ENGLISH).text
    assert preferences(session, [theirs]) == [None]


def test_what_others_refer_to_stays_and_the_rest_is_deleted_and_comes_back(
    admin: Person, session: Session, cast: Cast, owners: list[int]
) -> None:
    used = cast.id_of("owners")
    answer = act(admin, "delete", [used, *owners[:2]], sure="3")
    assert "Other records refer to it" in answer.text
    assert session.scalars(select(Owner.id).where(Owner.id.in_([used, *owners])).order_by(Owner.id)).all() == [
        used,
        owners[2],
    ]
    session.rollback()
    (kept,) = bulk_changes(session)
    admin.post(f"/owners/undo/{kept.id}")
    session.rollback()
    assert set(session.scalars(select(Owner.id).where(Owner.id.in_(owners)))) == set(owners)


def test_tickets_are_closed_unresolved_by_the_manager_with_a_reason(app: Flask, session: Session, cast: Cast) -> None:
    manager, ids = sign_in(app, address(Role.MANAGER)), [report(session, cast, AGO["day"]) for _ in range(2)]
    assert act(manager, "close_unresolved", ids, name="tickets", sure="2").status_code == 422
    assert act(manager, "close_unresolved", ids, name="tickets", sure="2", reason="非物业范围").status_code == 302
    assert {ticket(session, each).state for each in ids} == {TicketState.CLOSED_UNRESOLVED}
    (kept,) = bulk_changes(session)
    manager.post(f"/tickets/undo/{kept.id}")
    assert number_of(session, EventKind.UNDONE) == 2
    assert {ticket(session, each).state for each in ids} == {TicketState.NEW}
    assert "Closed unresolved" in manager.get(f"/tickets/{ids[0]}/", **ENGLISH).text.partition("Undone")[2]


def test_tickets_of_several_estates_are_not_reassigned_together(app: Flask, session: Session, cast: Cast) -> None:
    administrator = sign_in(app, address(Role.ADMINISTRATOR))
    ids = [cast.id_of("tickets"), cast.id_of("tickets", OTHER)]
    assert "belong to several estates" in act(administrator, "assign", ids, name="tickets").text
    refused = act(administrator, "assign", ids, name="tickets", sure="2", assignee_id=cast.id_of("staff"))
    assert (refused.status_code, number_of(session, EventKind.ASSIGNED)) == (422, 0)


def test_a_butler_works_in_his_buildings_only(app: Flask, session: Session, cast: Cast) -> None:
    own, next_door = cast.id_of("tickets"), cast.id_of("tickets", NEXT)
    fields = {"column": "category", "value-category": "indoor", "sure": "1"}
    answer = act(sign_in(app, address(Role.BUTLER)), "set", [own, next_door], name="tickets", **fields)
    assert answer.status_code == 200
    assert "done on 1, refused: 1." in answer.text
    assert "ZZNEXT" not in answer.text
    assert ticket(session, next_door).category is None


# On the whole filtered list


def test_all_that_the_filters_leave_is_changed(supervisor: Person, session: Session, cast: Cast) -> None:
    wanted = [report(session, cast, AGO["day"]) for _ in range(2)]
    other = report(session, cast, AGO["day"], kind=TicketKind.HELP)
    query, fields = "?kind=consultation", {"column": "category", "value-category": "fees", "which": "all"}
    asked = act(supervisor, "set", query=query, name="tickets", **fields)
    assert "Set a field — Tickets: 2" in asked.text
    assert act(supervisor, "set", query=query, name="tickets", sure="2", **fields).location == f"/tickets/{query}"
    assert [ticket(session, each).category for each in (*wanted, other)][2] is None
    assert bulk_changes(session)[0].done_count == 2


def test_a_search_narrows_what_is_all_and_stays_out_of_the_address(
    admin: Person, session: Session, owners: list[int], cast: Cast
) -> None:
    found = admin.post("/owners/find", {"text": PHONE}).location
    assert PHONE not in found
    query = f"?{found.partition('?')[2]}"
    expected = session.scalar(
        select(func.count()).where(Owner.phone == PHONE, Owner.estate_id == cast.id_of("estates"))
    )
    assert f"Owners: {expected}<" in prefer(admin, [], query=query, which="all").text.replace("</h1>", "<")
    prefer(admin, [], query=query, which="all", sure=str(expected))
    assert preferences(session, owners) == [None] * 3


def test_a_list_that_changed_meanwhile_is_asked_about_again(admin: Person, session: Session, owners: list[int]) -> None:
    answer = prefer(admin, [], which="all", sure="2")
    assert "The list has changed meanwhile" in answer.text
    assert 'value="visit" selected' in answer.text
    assert preferences(session, owners) == [None] * 3


def test_more_than_the_limit_is_refused_with_a_sentence(
    admin: Person, session: Session, owners: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)
    answer = prefer(admin, [], which="all", sure="3")
    assert (answer.status_code, "No more than 2 records" in answer.text) == (422, True)
    assert preferences(session, owners) == [None] * 3


def test_a_list_that_cannot_be_read_is_not_worked_on(admin: Person) -> None:
    assert prefer(admin, [], query="?no_such=1", which="all").status_code == 400


# Undo


@pytest.fixture
def made(admin: Person, session: Session, owners: list[int]) -> BulkChange:
    prefer(admin, owners, sure="3")
    return bulk_changes(session)[0]


def test_what_was_changed_since_is_left_and_told(
    admin: Person, session: Session, owners: list[int], made: BulkChange
) -> None:
    with writing(session):
        changed = {"contact_preference": ContactPreference.PHONE}
        write(session, [Update(Owner, owners[1], changed)], by=BY, at=now())
    answer = admin.post(f"/owners/undo/{made.id}", **ENGLISH)
    assert "Undone on 2, left as they are: 1." in answer.text
    assert "It was changed since" in answer.text
    assert preferences(session, owners) == [None, ContactPreference.PHONE, None]


def test_it_is_undone_once(admin: Person, session: Session, made: BulkChange) -> None:
    admin.post(f"/owners/undo/{made.id}")
    admin.post(f"/owners/undo/{made.id}", **ENGLISH)
    assert "This bulk change was undone already" in admin.get("/owners/", **ENGLISH).text


def test_the_way_back_leads_nowhere_else(admin: Person, made: BulkChange) -> None:
    assert admin.post(f"/owners/undo/{made.id}", {"back": "https://elsewhere.example"}).location == "/"


@pytest.mark.parametrize("path", ["/owners/undo/99999", "/owners/undo/x", "/units/undo/{id}"])
def test_what_is_no_bulk_change_of_these_rows_is_not_found(admin: Person, made: BulkChange, path: str) -> None:
    assert admin.post(path.format(id=made.id)).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [(Role.CLERK, 403), (Role.AUDITOR, 403), (Role.ADMINISTRATOR, 302), (Role.ESTATE_ADMIN, 302)]
)
def test_who_may_do_such_a_thing_may_take_it_back(app: Flask, made: BulkChange, role: Role, status: int) -> None:
    assert sign_in(app, address(role)).post(f"/owners/undo/{made.id}").status_code == status


def test_who_urged_cannot_take_it_back(supervisor: Person, session: Session, cast: Cast) -> None:
    answer = act(supervisor, "urge", [cast.id_of("tickets")], name="tickets", sure="1")
    assert answer.status_code == 302
    assert "/tickets/undo/" not in supervisor.get("/tickets/").text
    (kept,) = bulk_changes(session)
    supervisor.post(f"/tickets/undo/{kept.id}", **ENGLISH)
    assert "Urge cannot be undone" in supervisor.get("/tickets/", **ENGLISH).text


def test_the_page_of_a_bulk_change_says_what_was_asked_for_and_offers_the_way_back(
    admin: Person, made: BulkChange
) -> None:
    page = admin.get(f"/bulk-changes/{made.id}/", **ENGLISH).text
    assert "Set a field · Owners" in page
    assert "<dt>Contact preference</dt><dd>Home visit</dd>" in page
    assert f'action="/owners/undo/{made.id}"' in page
    assert admin.get("/bulk-changes/", **ENGLISH).status_code == 200


def test_a_clerk_sees_a_bulk_change_of_the_estate_without_the_way_back(app: Flask, made: BulkChange) -> None:
    page = sign_in(app, address(Role.CLERK)).get(f"/bulk-changes/{made.id}/").text
    assert "/owners/undo/" not in page


def test_two_at_once_do_not_overwrite_each_other(
    admin: Person, supervisor: Person, session: Session, cast: Cast
) -> None:
    ids = [report(session, cast, AGO["day"]) for _ in range(2)]
    with writing(session):
        act_on(session, ids[:1], Action.START, BY, [Role.ENGINEER], now())
    shown = {f"version.{each}": "1" for each in ids}
    fields = {"assignee_id": str(cast.id_of("staff")), "sure": "2", **shown}
    answer = act(supervisor, "assign", ids, "", "tickets", **fields)
    assert "Somebody else changed it meanwhile" in answer.text
    assert [ticket(session, each).assignee_id for each in ids] == [None, cast.id_of("staff")]


def test_every_action_has_a_name() -> None:
    assert all(action.label for action in BulkAction)
