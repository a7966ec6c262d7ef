"""Times that are typed are meant in the zone of the estate that the row belongs to, also before it is a row."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.callback import Callback
from models.estate import Estate
from models.ticket import Ticket, TicketState
from tests.infrastructure.desk import latest
from tests.infrastructure.people import OTHER, Cast, Person, address, sign_in

NINE_THERE = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)  # 09:00 in Urumqi, 11:00 in Shanghai


@pytest.fixture
def admin(app: Flask, session: Session, equipped: Cast, cast: Cast) -> Person:
    set_id = session.scalar(select(Estate.standard_set_id).where(Estate.id == cast.id_of("estates")))
    values = {"time_zone": "Asia/Urumqi", "standard_set_id": set_id}
    # Past the write path, which keeps the zone of an estate that has tickets: as if it had always been there.
    session.execute(update(Estate).where(Estate.id == cast.id_of("estates", OTHER)).values(values))
    resolved = update(Ticket).where(Ticket.id == cast.id_of("tickets", OTHER)).values(state=TicketState.RESOLVED)
    session.execute(resolved)  # so that there is something to call back about
    session.commit()
    return sign_in(app, address(Role.ADMINISTRATOR))


def callback_form(**fields: Any) -> dict[str, Any]:
    return {
        "called_at": "2026-03-10T09:00",
        "form": "phone",
        "outcome": "reached",
        "satisfaction": "very_satisfied",
        **fields,
    }


def test_a_new_callback_is_of_the_tickets_estate(admin: Person, session: Session, cast: Cast) -> None:
    form = callback_form(ticket_id=cast.id_of("tickets", OTHER))
    answer = admin.post("/callbacks/new", form)
    assert answer.status_code == 302, answer.text
    assert session.scalars(select(Callback.called_at).order_by(Callback.id.desc())).first() == NINE_THERE


def test_a_ticket_found_by_what_was_typed_says_the_estate_too(admin: Person, session: Session, cast: Cast) -> None:
    form = callback_form(ticket_id="") | {"ticket_id.text": f"{OTHER}-T"}
    assert admin.post("/callbacks/new", form).status_code == 302
    assert session.scalars(select(Callback.called_at).order_by(Callback.id.desc())).first() == NINE_THERE


def test_the_moment_that_a_callback_proposes_is_that_of_the_tickets_estate(admin: Person, cast: Cast) -> None:
    page = admin.get(f"/callbacks/new?ticket_id={cast.id_of('tickets', OTHER)}").text
    shown = re.search(r'name="called_at"[^>]* value="([^"]+)"', page)
    assert shown is not None
    there = datetime.fromisoformat(f"{shown[1]}+06:00")
    assert abs((there - now()).total_seconds()) < 120


def test_an_appointment_at_the_intake_is_of_the_callers_estate(admin: Person, session: Session, cast: Cast) -> None:
    form = {
        "who": f"u{cast.id_of('units', OTHER)}o{cast.id_of('owners', OTHER)}",
        "kind": "repair",
        "severity": "ordinary",
        "channel": "phone",
        "subject": "水管漏水",
        "appointment_at": "2026-03-10T09:00",
    }
    answer = admin.post("/tickets/new", form)
    assert answer.status_code == 302, answer.text
    assert latest(session).appointment_at == NINE_THERE


def test_a_refused_form_shows_the_time_as_it_was_typed(admin: Person, cast: Cast) -> None:
    form = callback_form(ticket_id=cast.id_of("tickets", OTHER), satisfaction="nonsense")
    answer = admin.post("/callbacks/new", form)
    assert (answer.status_code, 'value="2026-03-10T09:00"' in answer.text) == (422, True)
