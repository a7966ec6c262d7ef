"""The history pages: what each entry changed, masked and bounded like the record itself."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import AccountEstate, AccountRole, Role
from models.base import entities
from models.history import History
from models.owner import Owner
from operations.write import Delete, Insert, Update, write, writing
from tests.infrastructure.people import AT, BY, OTHER, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.statements import selects

ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


def entry(session: Session, name: str) -> int:
    """The latest entry of that kind of record."""
    session.rollback()
    statement = select(History.id).where(History.entity == name).order_by(History.id.desc()).limit(1)
    return session.scalars(statement).one()


def change(session: Session, model: Any, row_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(model, row_id, values)], by=BY, at=AT)


def test_the_list_shows_what_changed_and_calls_the_kind_by_its_label(
    admin: Person, session: Session, cast: Cast
) -> None:
    change(session, entities()["inspection-items"], cast.id_of("inspection-items"), requirement="Swept daily")
    page = admin.get("/history/?entity=inspection-items", **ENGLISH).text
    assert "Swept daily</ins>" in page
    assert ">Inspection items #" in page or ">Inspection items</a>" in page
    assert "inspection-items</a>" not in page


def test_a_filter_offers_the_kinds_as_choices(admin: Person) -> None:
    panel = admin.get("/history/filters", **ENGLISH).text
    assert '<input type="checkbox" name="entity" value="inspection-items"> Inspection items' in panel


def test_an_entry_shows_the_values_of_a_deleted_row(admin: Person, session: Session, cast: Cast) -> None:
    with writing(session):
        (row_id,) = write(
            session,
            [Insert(Owner, {"estate_id": cast.id_of("estates"), "number": "G-1", "name": "Gone by now"})],
            by=BY,
            at=AT,
        )
    with writing(session):
        write(session, [Delete(Owner, row_id)], by=BY, at=AT)
    page = admin.get(f"/history/{entry(session, 'owners')}/", **ENGLISH)
    assert (page.status_code, "<del>Gone by now</del>" in page.text) == (200, True)


def test_what_is_masked_in_the_row_is_masked_in_its_history(app: Flask, session: Session, cast: Cast) -> None:
    change(session, Owner, cast.id_of("owners"), phone="13912345678")
    person, entry_id = sign_in(app, address(Role.AUDITOR)), entry(session, "owners")
    for path in ("/history/", f"/history/{entry_id}/"):
        shown = person.get(path).text
        assert ("139****5678" in shown, "13912345678" in shown, PHONE in shown) == (True, False, False)


def test_nobody_reads_changes_of_records_of_a_kind_they_do_not_see(app: Flask, session: Session, cast: Cast) -> None:
    change(session, entities()["inspections"], cast.id_of("inspections"), summary="Told to nobody")
    person = sign_in(app, address(Role.CLERK))
    entry_id = entry(session, "inspections")
    assert [path for path in ("/history/", f"/history/{entry_id}/") if "Told to nobody" in person.get(path).text] == []


def test_nobody_reads_changes_of_another_estate(app: Flask, session: Session, cast: Cast) -> None:
    change(session, Owner, cast.id_of("owners", OTHER), name="Elsewhere")
    person = sign_in(app, address(Role.CLERK))
    assert "Elsewhere" not in person.get("/history/").text
    assert person.get(f"/history/{entry(session, 'owners')}/").status_code == 404


def test_the_grants_of_an_account_stand_in_its_history(admin: Person, session: Session, cast: Cast) -> None:
    account_id = cast.accounts[Role.CLERK]
    served = session.scalars(select(AccountEstate.id).where(AccountEstate.account_id == account_id)).one()
    added = {"account_id": account_id, "estate_id": cast.id_of("estates", OTHER)}
    granted = {"account_id": account_id, "role": Role.HQ}
    with writing(session):
        write(session, [Insert(AccountRole, granted), Insert(AccountEstate, added)], by=BY, at=AT)
        write(session, [Delete(AccountEstate, served)], by=BY, at=AT)
    told = admin.get(f"/accounts/{account_id}/", **ENGLISH).text.partition('class="changes"')[2]
    assert "<ins>HQ</ins>" in told
    assert f"{OTHER} estate</ins>" in told
    assert re.search(r"<del>[^<]*ZZOWN estate</del>", told)


def test_a_history_takes_a_bounded_number_of_statements(admin: Person, session: Session, cast: Cast) -> None:
    few = statements(session, admin, "/history/?size=200")
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    units = [Insert(entities()["units"], {**place, "code": f"H-{n}"}) for n in range(40)]
    with writing(session):
        unit_ids = write(session, units, by=BY, at=AT)
    home = {"owner_id": cast.id_of("owners"), "estate_id": cast.id_of("estates")}
    links = [Insert(entities()["ownerships"], {**home, "unit_id": unit_id}) for unit_id in unit_ids]
    with writing(session):
        write(session, links, by=BY, at=AT)
    assert statements(session, admin, "/history/?size=200") <= few + 3


def statements(session: Session, person: Person, path: str) -> int:
    with selects(session) as sent:
        assert person.get(path).status_code == 200
    return len(sent)
