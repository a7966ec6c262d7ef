import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.callback import Callback
from operations.tickets import act
from operations.write import writing
from rules.transitions import Action
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, Cast, address, sign_in

ANSWER = {"called_at": "2026-03-05 10:00", "form": "phone", "outcome": "reached", "satisfaction": "very_satisfied"}


def number(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Callback)) or 0


@pytest.mark.parametrize("place", [NEXT, OTHER])
def test_a_butler_adds_no_callback_to_a_ticket_out_of_reach(
    app: Flask, session: Session, cast: Cast, place: str
) -> None:
    before = number(session)
    form = {**ANSWER, "ticket_id": str(cast.id_of("tickets", place))}
    answer = sign_in(app, address(Role.BUTLER)).post("/callbacks/new", form)
    assert (answer.status_code, number(session)) == (422, before)


def test_a_butler_adds_a_callback_to_a_ticket_of_the_building(app: Flask, session: Session, cast: Cast) -> None:
    with writing(session):
        act(session, cast.id_of("tickets", OWN), Action.RESOLVE, BY, [Role.CLERK], AT)
    before = number(session)
    form = {**ANSWER, "ticket_id": str(cast.id_of("tickets", OWN))}
    answer = sign_in(app, address(Role.BUTLER)).post("/callbacks/new", form)
    assert (answer.status_code, number(session)) == (302, before + 1)


def test_an_engineer_reads_what_was_said_of_the_work_and_writes_none_of_it(app: Flask, cast: Cast) -> None:
    engineer, callback_id = sign_in(app, address(Role.ENGINEER)), cast.id_of("callbacks")
    assert engineer.get(f"/callbacks/{callback_id}/").status_code == 200
    assert engineer.get("/callbacks/new").status_code == 403
    assert engineer.post(f"/callbacks/{callback_id}/edit", {**ANSWER, "version": "1"}).status_code == 403


def test_a_callback_is_not_moved_to_another_ticket(app: Flask, session: Session, cast: Cast) -> None:
    callback_id = cast.id_of("callbacks")
    form = {**ANSWER, "ticket_id": str(cast.id_of("tickets", NEXT)), "version": "1", "opinion": "已联系"}
    answer = sign_in(app, address(Role.CLERK)).post(f"/callbacks/{callback_id}/edit", form)
    session.rollback()
    row = session.get_one(Callback, callback_id)
    assert (answer.status_code, row.opinion, row.ticket_id) == (302, "已联系", cast.id_of("tickets"))
