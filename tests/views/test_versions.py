"""A standard that tickets were opened by is changed by a new version from a day on."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.standard import StandardRule
from models.ticket import Ticket, TicketKind
from operations.write import Insert, Update, write, writing
from tests.infrastructure.people import BY, SHARED, Cast, Person, address, sign_in

FORM = {"kind": "help", "milestone": "resolution", "unit": "days", "clock": "elapsed", "start": "opening"}


@pytest.fixture
def officer(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.QUALITY_OFFICER))


def rule(session: Session, cast: Cast) -> StandardRule:
    session.rollback()
    return session.get_one(StandardRule, cast.id_of("rules", SHARED))


def open_one(session: Session, cast: Cast) -> None:
    """A ticket opened today under the set of the rule."""
    set_id = cast.id_of("standard-sets", SHARED)
    opened = {"code": "E1-new", "subject": "求助", "kind": TicketKind.HELP, "opened_at": now()}
    with writing(session):
        place = {"estate_id": cast.id_of("estates"), "standard_set_id": set_id}
        write(session, [Insert(Ticket, {**opened, **place})], by=BY, at=now())


def tomorrow() -> date:
    """In the estates of the cast."""
    return now().astimezone(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)


def save(person: Person, session: Session, cast: Cast, **values: str) -> None:
    kept = rule(session, cast)
    reference = {"standard_set_id": str(kept.standard_set_id), "code": kept.code, "source": kept.source}
    form = {**FORM, **reference, "value": "1", "valid_from": tomorrow().isoformat(), **values}
    answer = person.post(f"/rules/{kept.id}/edit", {**form, "version": str(kept.version)})
    assert answer.status_code == 302, answer.text


def versions(session: Session, cast: Cast) -> list[tuple[int | None, date | None]]:
    of_code = select(StandardRule).where(StandardRule.code.startswith("cast-rule")).order_by(StandardRule.valid_from)
    session.rollback()
    return [(each.value, each.valid_to) for each in session.scalars(of_code)]


def test_the_form_of_a_rule_in_use_proposes_the_next_day(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    page = officer.get(f"/rules/{cast.id_of('rules', SHARED)}/edit").text
    assert f'value="{tomorrow().isoformat()}"' in page


def test_the_form_of_a_new_rule_proposes_the_next_day(officer: Person) -> None:
    assert f'value="{tomorrow().isoformat()}"' in officer.get("/rules/new").text


def test_another_figure_makes_a_new_version(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    save(officer, session, cast, value="3")
    assert versions(session, cast) == [(1, tomorrow()), (3, None)]


def test_the_way_leads_from_the_rule_to_its_new_version(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    save(officer, session, cast, value="3")
    old_id = rule(session, cast).id
    new_id = session.scalars(select(StandardRule.id).where(StandardRule.value == 3)).one()
    assert f'<a href="/rules/{new_id}/">' in officer.get(f"/rules/{old_id}/").text


def test_other_words_change_the_rule_itself(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    save(officer, session, cast, text="改正的条文")
    assert versions(session, cast) == [(1, None)]
    assert rule(session, cast).text == "改正的条文"


def test_a_rule_in_use_just_ends(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    save(officer, session, cast, valid_to=tomorrow().isoformat())
    assert versions(session, cast) == [(1, tomorrow())]


def test_a_change_from_today_on_is_refused_with_the_day(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    kept = rule(session, cast)
    form = {**FORM, "standard_set_id": str(kept.standard_set_id), "code": kept.code, "source": kept.source}
    today = {"value": "3", "valid_from": (tomorrow() - timedelta(days=1)).isoformat(), "version": str(kept.version)}
    answer = officer.post(f"/rules/{kept.id}/edit", {**form, **today})
    assert answer.status_code == 422
    assert "请从更晚的日期起生效" in answer.text
    assert versions(session, cast) == [(1, None)]


def test_a_rule_that_no_ticket_was_opened_by_changes_itself(officer: Person, session: Session, cast: Cast) -> None:
    save(officer, session, cast, value="3", valid_from="2020-01-01")
    assert versions(session, cast) == [(3, None)]


def test_a_stale_form_makes_no_version(officer: Person, session: Session, cast: Cast) -> None:
    open_one(session, cast)
    kept = rule(session, cast)
    with writing(session):
        write(session, [Update(StandardRule, kept.id, {"text": "改正"})], by=BY, at=now())
    form = {**FORM, "standard_set_id": str(kept.standard_set_id), "code": kept.code, "source": kept.source}
    answer = officer.post(f"/rules/{kept.id}/edit", {**form, "value": "3", "valid_from": "2030-01-01", "version": "1"})
    assert answer.status_code == 409
    assert versions(session, cast) == [(1, None)]
