"""No list costs more because its table grew: every order that is offered is that of an index, every search has one."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.base import Base, entities
from reports.listing import Listing, count, page
from rules.permissions import EVERYTHING, Scope
from tests.infrastructure.people import OWN, PHONE, Cast
from tests.infrastructure.statements import labours, sent
from views.lists import shown_columns, sortable_columns

SEARCHED = ("tickets", "owners", "units", "staff", "callbacks", "ownerships")


def orders(model: type[Base]) -> list[str]:
    return [f"{sign}{column}" for column in sorted(sortable_columns(model)) for sign in ("", "-")]


def turned(session: Session, listing: Listing, scope: Scope) -> None:
    """Fetch the first page, the one after its first row and the one before its last."""
    found = page(session, listing, scope)
    for row in found.rows[:1]:
        page(session, replace(listing, after=(row.key, row.id)), scope)
        page(session, replace(listing, before=(row.key, row.id)), scope)


def growing(app: Flask, session: Session, listing: Listing, scope: Scope) -> list[str]:
    with sent(app) as found:
        turned(session, listing, scope)
    return sorted({labour for each in found for labour in labours(session, each)})


@pytest.fixture(params=["everywhere", "one estate"])
def scope(request: pytest.FixtureRequest, cast: Cast) -> Scope:
    own = Scope(estates=frozenset({cast.id_of("estates")}))
    return {"everywhere": EVERYTHING, "one estate": own}[request.param]


@pytest.mark.parametrize("name", entities())
def test_every_order_that_is_offered_is_that_of_an_index(
    app: Flask, session: Session, cast: Cast, scope: Scope, name: str
) -> None:
    model = entities()[name]
    columns = shown_columns(model)
    found = {order: growing(app, session, Listing(model, columns, sort=order), scope) for order in orders(model)}
    assert {order: labour for order, labour in found.items() if labour} == {}


@pytest.mark.parametrize("text", [PHONE, OWN, f"{OWN}-1", "subject", f"subject {OWN}"])
@pytest.mark.parametrize("name", SEARCHED)
def test_every_search_is_that_of_an_index(
    app: Flask, session: Session, cast: Cast, scope: Scope, name: str, text: str
) -> None:
    model = entities()[name]
    listing = Listing(model, shown_columns(model), search=text, sort="-id", personal=lambda _: EVERYTHING)
    with sent(app) as found:
        page(session, listing, scope)
        count(session, listing, scope)
    scans = {labour for each in found for labour in labours(session, each) if labour.startswith("SCAN")}
    assert scans == set()
