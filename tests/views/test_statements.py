"""How many statements a page costs: bounded, and not more for more rows."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import now
from models.ticket import Severity, Ticket, TicketKind
from operations.write import Insert, write, writing
from tests.infrastructure.desk import AGO
from tests.infrastructure.people import BY, OWN, PHONE, Cast, Person, address, sign_in
from tests.infrastructure.statements import Sent, labours, sent

Ask = Callable[[Person, int], TestResponse]
LATE = {"kind": TicketKind.REPAIR, "severity": Severity.URGENT, "subject": "水管漏水"}
PLACE = {
    "estate_id": "estates",
    "building_id": "buildings",
    "unit_id": "units",
    "owner_id": "owners",
    "assignee_id": "staff",
}
MORE_THAN_A_PAGE = 60


def got(path: str) -> Ask:
    return lambda person, ticket_id: person.get(path.format(id=ticket_id))


def found(text: str) -> Ask:
    """The whole way of a search: what is typed, and the list it leads to."""
    return lambda person, ticket_id: person.get(person.post("/tickets/find", {"text": text}).location)


def saved(person: Person, ticket_id: int) -> TestResponse:
    """The form as it is shown, and saved with another subject."""
    form = person.get(f"/tickets/{ticket_id}/edit").text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version is not None
    form_again = {**FORM, "subject": f"水管漏水 {version[1]}", "version": version[1]}
    return person.post(f"/tickets/{ticket_id}/edit", form_again)


FORM = {"kind": "repair", "severity": "urgent", "channel": "phone"}


def next_page(person: Person, ticket_id: int) -> TestResponse:
    """The list and the page that its link leads to."""
    link = re.search(r'href="(/tickets/[^"]*after=[^"]+)"', person.get("/tickets/").text)
    assert link is not None
    return person.get(unescape(link[1]))


PAGES: dict[str, tuple[Ask, int]] = {
    "start": (got("/"), 24),  # PostgreSQL is told the time limit of each count
    "ticket list": (got("/tickets/"), 9),
    "ticket list and its next page": (next_page, 18),
    "overdue": (got("/overdue/"), 8),
    "found by phone": (found(PHONE), 12),
    "found by code": (found(f"{OWN}-T"), 12),
    "found by a word": (found("漏水"), 13),
    "owner list": (got("/owners/"), 8),
    "details": (got("/tickets/{id}/"), 40),
    "form": (got("/tickets/{id}/edit"), 17),
    "form and save": (saved, 43),
    "export": (got("/tickets/export/csv"), 16),
    "satisfaction": (got("/satisfaction/"), 9),
    "escalation": (got("/escalation/"), 13),
}


def statements_of(app: Flask, person: Person, ask: Ask, ticket_id: int) -> list[Sent]:
    """The statements of the page once it is warm."""
    ask(person, ticket_id)
    with sent(app) as statements:
        answer = ask(person, ticket_id)
    assert answer.status_code in (200, 302), answer.text
    return statements


def cost(app: Flask, person: Person, ask: Ask, ticket_id: int) -> int:
    return len(statements_of(app, person, ask, ticket_id))


def fill(session: Session, cast: Cast, first: int, last: int) -> None:
    """Tickets late by days, in one write."""
    place = {name: cast.id_of(of) for name, of in PLACE.items()}
    rows = [
        {**LATE, **place, "code": f"E1-{number:06}", "opened_at": now() - AGO["days"]} for number in range(first, last)
    ]
    with writing(session):
        write(session, [Insert(Ticket, row) for row in rows], by=BY, at=now())


@pytest.mark.parametrize(("ask", "most"), PAGES.values(), ids=PAGES)
def test_a_page_costs_so_many_statements_however_many_rows(
    app: Flask, session: Session, equipped: Cast, cast: Cast, ask: Ask, most: int
) -> None:
    fill(session, cast, 0, MORE_THAN_A_PAGE)
    supervisor = sign_in(app, address(Role.SUPERVISOR))
    few = cost(app, supervisor, ask, cast.id_of("tickets"))
    fill(session, cast, MORE_THAN_A_PAGE, 3 * MORE_THAN_A_PAGE)
    assert cost(app, supervisor, ask, cast.id_of("tickets")) <= few <= most


def test_no_page_reads_through_a_table_that_grows(app: Flask, session: Session, equipped: Cast, cast: Cast) -> None:
    fill(session, cast, 0, MORE_THAN_A_PAGE)
    supervisor, ticket_id = sign_in(app, address(Role.SUPERVISOR)), cast.id_of("tickets")
    seen = {name: statements_of(app, supervisor, ask, ticket_id) for name, (ask, _) in PAGES.items()}
    found = {name: scans(session, statements) for name, statements in seen.items()}
    assert {name: tables for name, tables in found.items() if tables} == {}


def scans(session: Session, statements: list[Sent]) -> set[str]:
    return {labour for each in statements for labour in labours(session, each) if labour.startswith("SCAN")}
