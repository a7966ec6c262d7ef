from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.owner import Owner
from models.staff import Staff
from models.ticket import Ticket
from operations.accounts import Grants, edit_account
from operations.write import Insert, write, writing
from tests.infrastructure import routes
from tests.infrastructure.people import (
    AT,
    BY,
    ID_NUMBER,
    NEXT,
    OTHER,
    OWN,
    PHONE,
    Cast,
    Person,
    address,
    sign_in,
    visitor,
)
from tests.infrastructure.walk import (
    FORM,
    accepted_without_token,
    not_sent_to_sign_in,
    row,
    state,
    unmasked,
    wrong_admissions,
    wrong_refusals,
)


def test_every_route_is_declared(app: Flask) -> None:
    known = routes.PUBLIC | routes.SIGNED_IN.keys() | routes.declared().keys()
    assert routes.present(app).keys() - known == set()


def test_a_declared_route_takes_the_declared_methods_only(app: Flask) -> None:
    present, declared = routes.present(app), routes.declared()
    assert {endpoint: present[endpoint] for endpoint in declared.keys() & present.keys()} == {
        endpoint: methods for endpoint, methods in declared.items() if endpoint in present
    }


# What a role may do does not hang on the database, and the walks are long; that its bounds hold as conditions of a
# statement does: there for those whom they hold closest.
BOUNDED = (Role.BUTLER, Role.ENGINEER, Role.ESTATE_ADMIN)
WALKS = [*(("sqlite", role) for role in Role), *(("postgresql", role) for role in BOUNDED)]
on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("database", "role"), WALKS, indirect=["database"])
def test_a_role_reaches_and_is_shown_what_its_grants_say_and_changes_nothing_beyond(
    app: Flask, session: Session, cast: Cast, role: Role
) -> None:
    person, before = sign_in(app, address(role)), state(session)
    assert list(wrong_refusals(person, role, cast)) == []
    assert state(session) == before
    assert list(wrong_admissions(person, role, cast)) == []


@on_one_database
def test_a_visitor_is_sent_to_the_sign_in_page_from_everywhere(app: Flask, session: Session, cast: Cast) -> None:
    person, before = visitor(app), state(session)
    assert list(not_sent_to_sign_in(person, cast)) == []
    assert state(session) == before


@on_one_database
def test_nothing_unsafe_happens_without_a_csrf_token(app: Flask, session: Session, cast: Cast) -> None:
    person, before = sign_in(app, address(Role.ADMINISTRATOR)), state(session)
    assert list(accepted_without_token(app, person)) == []
    assert state(session) == before


def test_a_butler_lists_his_own_building_only(app: Flask, cast: Cast) -> None:
    page = sign_in(app, address(Role.BUTLER)).get("/units/").text
    assert (OWN in page, NEXT in page, OTHER in page) == (True, False, False)


def test_an_engineer_lists_his_assigned_tickets_only(app: Flask, cast: Cast) -> None:
    page = sign_in(app, address(Role.ENGINEER)).get("/tickets/").text
    assert (OWN in page, NEXT in page, OTHER in page) == (True, False, False)


def test_a_crafted_form_sets_no_undeclared_column_of_a_ticket(app: Flask, session: Session, cast: Cast) -> None:
    crafted = {
        "id": "999",
        "version": "1",
        "estate_id": cast.id_of("estates", OTHER),
        "code": "TAKEN",
        "state": "void",
        "next_due_at": "2099-01-01",
        "opened_at": "2099-01-01",
        "assignee_id": "",
    }
    before = row(session, Ticket, cast.id_of("tickets"))
    _edit(sign_in(app, address(Role.MANAGER)), "tickets", cast.id_of("tickets"), {**_repair(cast), **crafted})
    after = row(session, Ticket, cast.id_of("tickets"))
    assert {name: after[name] for name in before if after[name] != before[name]} == {
        "subject": "changed",
        "version": 2,
    }


def test_a_crafted_form_sets_no_undeclared_column_of_an_account(app: Flask, session: Session, cast: Cast) -> None:
    crafted = {"id": "999", "password": "x", "fs_uniquifier": "x", "language": "xx", "name": "changed", "version": "1"}
    form = {"email": address(Role.CLERK), "active": "1", "roles": "clerk", "estates": cast.id_of("estates")}
    before = row(session, Account, cast.accounts[Role.CLERK])
    _edit(sign_in(app, address(Role.ADMINISTRATOR)), "accounts", cast.accounts[Role.CLERK], {**form, **crafted})
    after = row(session, Account, cast.accounts[Role.CLERK])
    assert {name: after[name] for name in before if after[name] != before[name]} == {"name": "changed", "version": 2}


@pytest.mark.parametrize(
    ("role", "name", "reference", "parent"),
    [
        (Role.ESTATE_ADMIN, "units", "building_id", "buildings"),
        (Role.ESTATE_ADMIN, "buildings", "butler_id", "staff"),
        (Role.ESTATE_ADMIN, "ownerships", "owner_id", "owners"),
        (Role.CLERK, "callbacks", "ticket_id", "tickets"),
        (Role.CLERK, "tickets", "unit_id", "units"),
        (Role.QUALITY_OFFICER, "findings", "inspection_id", "inspections"),
        (Role.ADMINISTRATOR, "units", "building_id", "buildings"),
    ],
)
def test_a_reference_to_a_row_of_another_estate_is_refused(
    app: Flask, session: Session, cast: Cast, role: Role, name: str, reference: str, parent: str
) -> None:
    before = state(session)
    form = {"version": "1", reference: cast.id_of(parent, OTHER)}
    answer = _edit(sign_in(app, address(role)), name, cast.id_of(name), form)
    assert answer.status_code == 422
    assert state(session) == before


@pytest.mark.parametrize("name", ["staff", "buildings", "units", "owners"])
def test_nobody_adds_a_row_to_an_estate_out_of_reach(app: Flask, session: Session, cast: Cast, name: str) -> None:
    before = state(session)
    form = {
        "estate_id": cast.id_of("estates", OTHER),
        "building_id": cast.id_of("buildings", OTHER),
        "number": "N-1",
        "code": "N-1",
        "name": "New",
        "role": "cleaner",
    }
    answer = sign_in(app, address(Role.ESTATE_ADMIN)).post(f"/{name}/new", form)
    assert answer.status_code in {403, 422}
    assert state(session) == before


@pytest.mark.parametrize("estate", ["", OTHER])
def test_a_row_cannot_be_pushed_out_of_its_editors_reach(app: Flask, session: Session, cast: Cast, estate: str) -> None:
    estate_id = cast.rows[estate]["estates"] if estate else ""
    form = {"version": "1", "estate_id": estate_id, "number": "E1-9", "name": "Moved", "role": "engineer"}
    answer = _edit(sign_in(app, address(Role.ESTATE_ADMIN)), "staff", cast.id_of("staff"), form)
    assert answer.status_code in {403, 422}
    assert row(session, Staff, cast.id_of("staff"))["estate_id"] == cast.id_of("estates")


def test_an_edit_keeps_references_that_the_editor_may_not_see(app: Flask, session: Session, cast: Cast) -> None:
    form = {"version": "1", "kind": "repair", "severity": "urgent", "channel": "phone", "subject": "changed"}
    answer = _edit(sign_in(app, address(Role.ENGINEER)), "tickets", cast.id_of("tickets"), form)
    kept = row(session, Ticket, cast.id_of("tickets"))
    assert answer.status_code == 302
    assert (kept["subject"], kept["unit_id"], kept["owner_id"], kept["building_id"]) == (
        "changed",
        cast.id_of("units"),
        cast.id_of("owners"),
        cast.id_of("buildings"),
    )


def test_an_address_that_proposes_a_row_out_of_reach_does_not_name_it(
    app: Flask, session: Session, cast: Cast, many_owners: int
) -> None:
    person = sign_in(app, address(Role.ESTATE_ADMIN))
    page = person.get("/ownerships/new", query_string={"owner_id": cast.id_of("owners", OTHER)}).text
    assert OTHER not in page


def test_an_address_that_filters_by_a_row_out_of_reach_does_not_name_it(
    app: Flask, session: Session, cast: Cast, many_owners: int
) -> None:
    person = sign_in(app, address(Role.ESTATE_ADMIN))
    page = person.get("/ownerships/", query_string={"owner_id": cast.id_of("owners", OTHER)}).text
    assert OTHER not in page


@pytest.mark.parametrize("role", [Role.QUALITY_OFFICER, Role.HQ, Role.AUDITOR])
def test_a_masked_role_never_receives_a_full_phone_or_id_number(app: Flask, cast: Cast, role: Role) -> None:
    assert list(unmasked(sign_in(app, address(role)), cast)) == []


def test_a_phone_is_in_the_clear_for_who_may_see_it(app: Flask, cast: Cast) -> None:
    page = sign_in(app, address(Role.CLERK)).get(f"/owners/{cast.id_of('owners')}/").text
    assert PHONE in page
    assert ID_NUMBER in page


def test_a_second_role_unmasks_no_more_than_its_own_reach(app: Flask, session: Session, cast: Cast) -> None:
    _grant_also(session, cast, Role.CLERK, Role.AUDITOR)
    person = sign_in(app, address(Role.CLERK))
    own, other = (person.get(f"/owners/{cast.id_of('owners', place)}/").text for place in (OWN, OTHER))
    assert (PHONE in own, PHONE in other) == (True, False)
    assert person.get("/owners/").text.count(PHONE) == 2  # her estate's two owners, not the stranger


def test_a_second_role_lets_nobody_edit_beyond_its_own_reach(app: Flask, session: Session, cast: Cast) -> None:
    _grant_also(session, cast, Role.ESTATE_ADMIN, Role.AUDITOR)
    person = sign_in(app, address(Role.ESTATE_ADMIN))
    assert person.get(f"/owners/{cast.id_of('owners', OTHER)}/").status_code == 200
    assert person.get(f"/owners/{cast.id_of('owners', OTHER)}/edit").status_code == 404
    assert person.post(f"/owners/{cast.id_of('owners', OTHER)}/edit", FORM).status_code == 404
    assert person.post(f"/owners/{cast.id_of('owners', OTHER)}/delete", {"version": "1"}).status_code == 404


@pytest.fixture
def many_owners(session: Session, cast: Cast) -> int:
    """More owners than a choice shows, so that they are looked up as one types."""
    rows = [{"estate_id": cast.id_of("estates"), "number": f"M-{n}", "name": f"Many {n}"} for n in range(70)]
    with writing(session):
        return len(write(session, [Insert(Owner, row) for row in rows], by=BY, at=AT))


def _edit(person: Person, name: str, row_id: int, form: Mapping[str, Any]) -> Any:
    return person.post(f"/{name}/{row_id}/edit", form)


def _repair(cast: Cast) -> dict[str, Any]:
    """The form of the cast's own ticket as its page shows it, with another subject."""
    return {
        "subject": "changed",
        "kind": "repair",
        "severity": "urgent",
        "channel": "phone",
        "contact_phone": PHONE,
        "unit_id": cast.id_of("units"),
        "building_id": cast.id_of("buildings"),
        "owner_id": cast.id_of("owners"),
    }


def _grant_also(session: Session, cast: Cast, role: Role, more: Role) -> None:
    grants = Grants({role, more}, {cast.id_of("estates")}, {cast.id_of("buildings")})
    with writing(session):
        edit_account(session, cast.accounts[role], {}, grants=grants, version=None, by=BY, at=AT)
