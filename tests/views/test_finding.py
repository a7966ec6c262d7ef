"""Find anything: what each role finds, and what stays out of reach and out of addresses."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models.account import Role
from reports.listing import TooSlow
from tests.infrastructure.people import NEXT, OTHER, OWN, PHONE, Cast, Person, address, sign_in, visitor
from tests.infrastructure.statements import selects
from views import behind, finding

ENGLISH = {"Accept-Language": "en"}


def found(person: Person, text: str) -> dict[str, list[dict[str, str]]]:
    """The items by the label of their group."""
    answer: Any = person.post("/find", {"text": text}, headers=ENGLISH).json
    return {group["label"]: group["items"] for group in answer["groups"]}


def titles(person: Person, text: str) -> list[str]:
    return [item["title"] for items in found(person, text).values() for item in items]


def test_records_of_every_kind_are_found_by_their_mark(app: Flask, cast: Cast) -> None:
    groups = found(sign_in(app, address(Role.SUPERVISOR)), OWN)
    assert set(groups) == {"Tickets", "Owners", "Units", "Staff"}
    assert groups["Units"] == [
        {
            "title": f"{OWN}-1",
            "detail": f"Owner-occupied · E1 {OWN} estate",
            "url": f"/units/{cast.id_of('units')}/",
        }
    ]


def test_the_kind_that_is_called_so_comes_first(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    assert list(found(person, f"{OWN}-1")) == ["Units", "Tickets", "Owners"]


def test_an_address_found_opens(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.SUPERVISOR))
    urls = [item["url"] for items in found(person, OWN).values() for item in items]
    assert {person.get(url).status_code for url in urls} == {200}


@pytest.mark.parametrize("role", [Role.ESTATE_ADMIN, Role.CLERK, Role.BUTLER, Role.ENGINEER, Role.SUPERVISOR])
def test_another_estate_is_not_found(app: Flask, cast: Cast, role: Role) -> None:
    assert titles(sign_in(app, address(role)), OTHER) == []


def test_a_butler_does_not_find_the_building_next_door(app: Flask, cast: Cast) -> None:
    assert titles(sign_in(app, address(Role.BUTLER)), NEXT) == []


def test_an_engineer_finds_tickets_only(app: Flask, cast: Cast) -> None:
    assert list(found(sign_in(app, address(Role.ENGINEER)), OWN)) == ["Tickets"]


def test_a_phone_is_found_by_those_who_see_it(app: Flask, cast: Cast) -> None:
    owners = found(sign_in(app, address(Role.CLERK)), PHONE)["Owners"]
    assert [item["title"] for item in owners if OWN in item["title"]] == [f"Owner {OWN} {OWN}"]
    assert PHONE in owners[0]["detail"]


def test_a_phone_is_neither_found_by_nor_shown_to_others(app: Flask, cast: Cast) -> None:
    auditor = sign_in(app, address(Role.AUDITOR))
    assert titles(auditor, PHONE) == []
    assert PHONE not in str(found(auditor, OWN))


@pytest.mark.parametrize("text", ["", "   ", "\x00", "nothing is called so"])
def test_nothing_is_found_by_what_nothing_is_called(app: Flask, cast: Cast, text: str) -> None:
    assert found(sign_in(app, address(Role.ADMINISTRATOR)), text) == {}


def test_a_visitor_finds_the_sign_in_page(app: Flask, cast: Cast) -> None:
    answer = visitor(app).post("/find", {"text": OWN})
    assert (answer.status_code, answer.location) == (302, "/login")


def test_each_kind_costs_a_few_statements(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, address(Role.ADMINISTRATOR))
    with selects(session) as without:
        person.post("/find", {"text": ""})
    with selects(session) as with_text:
        person.post("/find", {"text": OWN})
    assert len(with_text) - len(without) <= 4 * 3 + 1  # the search of each kind, and the estates for their zones


def test_what_takes_too_long_is_said_in_a_sentence(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object) -> None:
        raise TooSlow([])

    monkeypatch.setattr(finding, "page", stopped)
    monkeypatch.setattr(behind, "page", stopped)
    person = sign_in(app, address(Role.SUPERVISOR))
    asked = person.post("/find", {"text": OWN}, headers={**ENGLISH, "Accept": "application/json"})
    opened = person.get("/escalation/tickets", headers=ENGLISH)
    assert (asked.status_code, opened.status_code) == (422, 422)
    assert "longer than the list may take" in asked.text
    assert "longer than the list may take" in opened.text
