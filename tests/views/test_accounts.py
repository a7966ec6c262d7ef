from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Account, Role
from tests.infrastructure.people import NEXT, OTHER, OWN, Cast, address, sign_in


def form(session: Session, cast: Cast, **grants: Any) -> dict[str, Any]:
    """What the form of the clerk's account would post."""
    clerk = session.get_one(Account, cast.accounts[Role.CLERK])
    served = {"roles": ["clerk"], "estates": [str(cast.id_of("estates"))]}
    return {"email": clerk.email, "name": clerk.name, "active": "y", "version": "1", **served, **grants}


def test_of_two_who_grant_from_the_same_form_the_second_is_told(app: Flask, session: Session, cast: Cast) -> None:
    person, page = sign_in(app, address(Role.ADMINISTRATOR)), f"/accounts/{cast.accounts[Role.CLERK]}/edit"
    assert person.post(page, form(session, cast, roles=["supervisor"])).status_code == 302
    assert person.post(page, form(session, cast, roles=["clerk", "hq"])).status_code == 409
    session.rollback()
    clerk = session.get_one(Account, cast.accounts[Role.CLERK])
    assert {grant.role for grant in clerk.role_rows} == {Role.SUPERVISOR}


@pytest.mark.parametrize("posted", ["x", "0", "9" * 30, "1" * 5000])
@pytest.mark.parametrize("name", ["estates", "buildings"])
def test_what_can_be_nobodys_grant_is_a_bad_request(
    app: Flask, session: Session, cast: Cast, name: str, posted: str
) -> None:
    page = f"/accounts/{cast.accounts[Role.CLERK]}/edit"
    answer = sign_in(app, address(Role.ADMINISTRATOR)).post(page, form(session, cast, **{name: [posted]}))
    assert answer.status_code == 400


def test_the_buildings_stand_under_their_estate_and_the_chosen_ones_are_seen(app: Flask, cast: Cast) -> None:
    text = sign_in(app, address(Role.ADMINISTRATOR)).get(f"/accounts/{cast.accounts[Role.BUTLER]}/edit").text
    _, own, other = text.split("<summary>E")
    assert [mark in own for mark in (OWN, NEXT, OTHER)] == [True, True, False]
    assert "<details open>" in text.split("<summary>E1")[0].rsplit("<fieldset", 1)[-1]
    assert [mark in other.split("</details>")[0] for mark in (OWN, OTHER, "checked")] == [False, True, False]
