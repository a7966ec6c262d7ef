"""Taking reports in and working tickets, as people at the panel do it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.callback import Callback
from models.history import History
from models.owner import Owner
from models.ownership import Ownership
from models.ticket import Category, Channel, Severity, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from tests.infrastructure.desk import AGO, latest, report, ticket
from tests.infrastructure.people import (
    NEXT,
    OTHER,
    OWN,
    PHONE,
    Cast,
    Person,
    add,
    address,
    sign_in,
)

ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


def found(person: Person, words: str) -> list[dict[str, Any]]:
    answer = person.post("/tickets/who", {"text": words})
    assert answer.status_code == 200
    offered: list[dict[str, Any]] = answer.get_json()
    return offered


def take_in(person: Person, **fields: Any) -> TestResponse:
    form = {"kind": "repair", "severity": "ordinary", "channel": "phone", "subject": "水管漏水", **fields}
    return person.post("/tickets/new", form, **ENGLISH)


def act(person: Person, ticket_id: int, action: str, version: int = 1, **fields: Any) -> TestResponse:
    form = {"action": action, "version": version, **fields}
    return person.post(f"/tickets/{ticket_id}/act", form, **ENGLISH)


def events(session: Session, ticket_id: int) -> list[EventKind]:
    session.rollback()
    statement = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id)
    return list(session.scalars(statement))


# The box


@pytest.mark.parametrize("name", ["unit_id", "owner_id", "building_id", "estate_id"])
def test_no_id_in_the_address_of_the_intake_is_too_much(clerk: Person, name: str) -> None:
    assert clerk.get(f"/tickets/new?{name}={'9' * 5000}").status_code == 200


@pytest.mark.parametrize("words", [f"{OWN}-1", f"Owner {OWN}", OWN, f"  {OWN}-1 "])
def test_a_unit_and_its_owner_are_found_by_code_name_or_number(clerk: Person, cast: Cast, words: str) -> None:
    token = f"u{cast.id_of('units')}o{cast.id_of('owners')}"
    assert token in [each["id"] for each in found(clerk, words)]


def test_a_phone_finds_everybody_who_has_it_in_the_estate_and_nobody_elsewhere(clerk: Person, cast: Cast) -> None:
    tokens = [each["id"] for each in found(clerk, PHONE)]
    assert sorted(tokens) == sorted(
        f"u{cast.id_of('units', place)}o{cast.id_of('owners', place)}" for place in (OWN, NEXT)
    )


def test_part_of_a_phone_finds_nobody(clerk: Person) -> None:
    assert found(clerk, PHONE[:7]) == []


def test_a_butler_finds_who_lives_in_his_buildings_only(app: Flask, cast: Cast) -> None:
    butler = sign_in(app, address(Role.BUTLER))
    assert [each["id"] for each in found(butler, PHONE)] == [f"u{cast.id_of('units')}o{cast.id_of('owners')}"]
    assert found(butler, f"{NEXT}-1") == []
    assert found(butler, "E1") == []


def test_an_owner_of_several_units_is_offered_once_for_each(session: Session, clerk: Person, cast: Cast) -> None:
    estate = {"estate_id": cast.id_of("estates")}
    second = add(session, Unit, code=f"{OWN}-2", building_id=cast.id_of("buildings"), **estate)
    add(session, Ownership, unit_id=second, owner_id=cast.id_of("owners"), **estate)
    texts = [each["text"] for each in found(clerk, f"Owner {OWN}")]
    assert texts == [f"{OWN}-1 · Owner {OWN} · {PHONE}", f"{OWN}-2 · Owner {OWN} · {PHONE}"]


def test_an_owner_without_a_unit_is_offered_alone(session: Session, clerk: Person, cast: Cast) -> None:
    owner_id = add(session, Owner, estate_id=cast.id_of("estates"), number="N-1", name="陈静")
    assert [each["id"] for each in found(clerk, "陈静")] == [f"o{owner_id}"]


def test_a_building_and_an_estate_are_found_for_what_is_communal(clerk: Person, cast: Cast) -> None:
    assert f"b{cast.id_of('buildings')}" in [each["id"] for each in found(clerk, f"{OWN} building")]
    assert found(clerk, "E1")[0]["id"] == f"e{cast.id_of('estates')}"


def test_the_box_says_whom_the_building_proposes(clerk: Person) -> None:
    assert "王管家" in found(clerk, f"{OWN}-1")[0]["note"]


@pytest.mark.parametrize("words", ["", "   ", "\x00", "%", "_", "'", "u1o2", "9" * 100])
def test_words_that_fit_nothing_find_nothing(clerk: Person, words: str) -> None:
    assert found(clerk, words) == []


def test_who_takes_no_reports_in_may_not_ask(app: Flask, cast: Cast) -> None:
    assert sign_in(app, address(Role.AUDITOR)).post("/tickets/who", {"text": OWN}).status_code == 403


# Taking a report in


def test_a_report_is_a_ticket_of_the_unit_with_code_milestones_and_the_building_s_pair(
    session: Session, clerk: Person, cast: Cast
) -> None:
    answer = take_in(clerk, who=f"u{cast.id_of('units')}o{cast.id_of('owners')}", severity="urgent", category="indoor")
    taken = latest(session)
    assert answer.location == f"/tickets/{taken.id}/"
    assert taken.code.startswith("E1-")
    assert taken.next_due_at is not None
    assert (taken.unit_id, taken.owner_id, taken.building_id) == tuple(
        cast.id_of(name) for name in ("units", "owners", "buildings")
    )
    assert (taken.kind, taken.severity, taken.category) == (TicketKind.REPAIR, Severity.URGENT, Category.INDOOR)
    assert (taken.channel, taken.assignee_id) == (Channel.PHONE, cast.id_of("staff"))
    assert taken.butler_id is not None


def test_without_a_script_the_words_typed_are_resolved(session: Session, clerk: Person, cast: Cast) -> None:
    assert take_in(clerk, **{"who": "", "who.text": f"{OWN}-1"}).status_code == 302
    assert latest(session).unit_id == cast.id_of("units")


def test_without_a_script_several_that_fit_are_offered_and_one_is_chosen(
    session: Session, clerk: Person, cast: Cast
) -> None:
    answer = take_in(clerk, **{"who": "", "who.text": PHONE})
    token = f"u{cast.id_of('units', NEXT)}o{cast.id_of('owners', NEXT)}"
    assert answer.status_code == 422
    assert f'name="who.choice" value="{token}"' in answer.text
    chosen = {"who": "", "who.text": PHONE, "who.asked": PHONE, "who.choice": token}
    assert take_in(clerk, **chosen).status_code == 302
    assert latest(session).unit_id == cast.id_of("units", NEXT)


def test_words_changed_under_a_choice_win(session: Session, clerk: Person, cast: Cast) -> None:
    token = f"u{cast.id_of('units')}o{cast.id_of('owners')}"
    assert take_in(clerk, **{"who": token, "who.text": f"{NEXT}-1"}).status_code == 302
    assert latest(session).unit_id == cast.id_of("units", NEXT)


@pytest.mark.parametrize(("name", "letter"), [("buildings", "b"), ("estates", "e")])
def test_a_report_of_a_communal_place_needs_no_unit(
    session: Session, clerk: Person, cast: Cast, name: str, letter: str
) -> None:
    answer = take_in(clerk, who=f"{letter}{cast.id_of(name)}", kind="emergency", severity="", category="fire")
    taken = latest(session)
    assert (answer.status_code, taken.unit_id, taken.estate_id) == (302, None, cast.id_of("estates"))
    assert taken.building_id == (cast.id_of("buildings") if letter == "b" else None)


@pytest.mark.parametrize(
    ("place", "role"), [(OTHER, Role.CLERK), (OTHER, Role.SUPERVISOR), (OTHER, Role.BUTLER), (NEXT, Role.BUTLER)]
)
def test_nobody_takes_a_report_in_beyond_their_reach(
    app: Flask, session: Session, cast: Cast, place: str, role: Role
) -> None:
    before, person = latest(session).id, sign_in(app, address(role))
    tokens = [f"u{cast.id_of('units', place)}", f"b{cast.id_of('buildings', place)}", f"o{cast.id_of('owners', place)}"]
    assert [take_in(person, who=token).status_code for token in tokens] == [422, 422, 422]
    assert latest(session).id == before


@pytest.mark.parametrize("token", ["u", "x1", "b1o2", "u1o", "u-1", "o", "u" + "9" * 30, "e0", "\x00"])
def test_a_crafted_token_is_refused_in_a_sentence(clerk: Person, token: str) -> None:
    answer = take_in(clerk, who=token)
    assert answer.status_code == 422
    assert "There is no such record in this estate" in answer.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"subject": ""}, "A value is needed here"),
        ({"kind": "complaint"}, "needs a severity"),
        ({"kind": "help"}, "Only complaints and repairs have a severity"),
        ({"kind": "nonsense"}, "is not one of the choices"),
        ({"appointment_at": "soon"}, "is not a date"),
        ({"contact_phone": "12"}, "is not a phone number"),
        ({"who": "", "who.text": "nobody there"}, "Nothing is found for nobody there"),
        ({"who": ""}, "A value is needed here"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_stays(
    clerk: Person, cast: Cast, fields: dict[str, str], sentence: str
) -> None:
    answer = take_in(clerk, **{"who": f"u{cast.id_of('units')}", "description": "typed before", **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "typed before" in answer.text


def test_an_assignee_of_another_estate_is_refused(session: Session, clerk: Person, cast: Cast) -> None:
    answer = take_in(clerk, who=f"u{cast.id_of('units')}", assignee_id=cast.id_of("staff", OTHER))
    assert answer.status_code == 422


def test_a_link_from_a_unit_fills_the_box(clerk: Person, cast: Cast) -> None:
    page = clerk.get(f"/tickets/new?unit_id={cast.id_of('units')}").text
    assert f'name="who" value="u{cast.id_of("units")}o{cast.id_of("owners")}"' in page


@pytest.mark.parametrize("query", ["unit_id=x", "owner_id=99999999999999999999", "building_id=", "estate_id=-1"])
def test_a_link_that_makes_no_sense_leaves_the_box_empty(clerk: Person, query: str) -> None:
    answer = clerk.get(f"/tickets/new?{query}")
    assert answer.status_code == 200
    assert 'name="who" value=""' in answer.text


def test_a_link_to_another_estate_leaves_the_box_empty(clerk: Person, cast: Cast) -> None:
    assert 'name="who" value=""' in clerk.get(f"/tickets/new?unit_id={cast.id_of('units', OTHER)}").text


# The page of a ticket


def test_the_page_names_what_is_late_by_how_much_and_the_clause(
    app: Flask, session: Session, clerk: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, AGO["days"])
    page = clerk.get(f"/tickets/{ticket_id}/", **ENGLISH).text
    assert "First response was due" in page
    assert "3 d 20 h late" in page
    assert "S2 物业管理服务标准 一.1" in page
    assert "Level 1" in page


def test_the_bar_offers_what_the_role_may_do(app: Flask, session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    offers = {
        role: sign_in(app, address(role)).get(f"/tickets/{ticket_id}/").text
        for role in (Role.CLERK, Role.MANAGER, Role.AUDITOR)
    }
    assert 'value="assign"' in offers[Role.CLERK]
    assert 'value="close_unresolved"' not in offers[Role.CLERK]
    assert 'value="close_unresolved"' in offers[Role.MANAGER]
    assert 'name="action"' not in offers[Role.AUDITOR]


def test_an_action_changes_the_ticket_and_is_an_event(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    answer = act(clerk, ticket_id, "assign", assignee_id=cast.id_of("staff"), note="请尽快")
    assert answer.location == f"/tickets/{ticket_id}/"
    assert (ticket(session, ticket_id).state, ticket(session, ticket_id).assignee_id) == (
        TicketState.ASSIGNED,
        cast.id_of("staff"),
    )
    assert events(session, ticket_id) == [EventKind.OPENED, EventKind.ASSIGNED]
    assert "请尽快" in clerk.get(f"/tickets/{ticket_id}/").text


@pytest.mark.parametrize(
    ("role", "action", "fields", "sentence"),
    [
        (Role.CLERK, "close", {}, "is not possible while the ticket is"),
        (Role.CLERK, "close_unresolved", {"reason": "x"}, "Your role may not do this"),
        (Role.MANAGER, "close_unresolved", {"reason": " "}, "Give the reason"),
        (Role.CLERK, "assign", {}, "Choose whom to assign"),
        (Role.CLERK, "note", {"note": "a\x00b"}, "NUL"),
        (Role.CLERK, "assign", {"assignee_id": "7" * 30}, "There is no such record"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    app: Flask, session: Session, cast: Cast, role: Role, action: str, fields: dict[str, Any], sentence: str
) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    answer = act(sign_in(app, address(role)), ticket_id, action, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert (events(session, ticket_id), ticket(session, ticket_id).version) == ([EventKind.OPENED], 1)


def test_nobody_assigns_to_staff_of_another_estate(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    assert act(clerk, ticket_id, "assign", assignee_id=cast.id_of("staff", OTHER)).status_code == 422
    assert ticket(session, ticket_id).assignee_id is None


def test_an_action_on_a_page_that_is_out_of_date_is_refused(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    assert act(clerk, ticket_id, "start").status_code == 302
    assert act(clerk, ticket_id, "resolve", version=1).status_code == 409
    assert ticket(session, ticket_id).state is TicketState.IN_PROGRESS


@pytest.mark.parametrize("fields", [{"action": "nonsense"}, {"version": ""}, {"version": "x"}])
def test_a_crafted_action_is_a_bad_request(session: Session, clerk: Person, cast: Cast, fields: dict[str, str]) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    form = {"action": "start", "version": "1", **fields}
    assert clerk.post(f"/tickets/{ticket_id}/act", form).status_code == 400


def test_an_internal_note_is_marked(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    act(clerk, ticket_id, "note", note="业主情绪激动", internal="yes")
    page = clerk.get(f"/tickets/{ticket_id}/").text
    assert "业主情绪激动" in page
    assert "class=internal" in page


def test_an_edit_that_reclassifies_is_an_event_and_moves_the_dates(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    form = {"version": "1", "kind": "complaint", "severity": "minor", "subject": "投诉", "channel": "phone"}
    answer = clerk.post(f"/tickets/{ticket_id}/edit", {**form, "unit_id": cast.id_of("units")})
    assert answer.status_code == 302
    assert events(session, ticket_id) == [EventKind.OPENED, EventKind.RECLASSIFIED]
    assert "Kind: Consultation → Complaint" in clerk.get(f"/tickets/{ticket_id}/", **ENGLISH).text


# Callbacks


def test_a_callback_is_prefilled_from_the_ticket_and_leads_back_to_it(
    session: Session, clerk: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, AGO["day"])
    act(clerk, ticket_id, "resolve")
    page = clerk.get(f"/callbacks/new?ticket_id={ticket_id}").text
    assert ticket(session, ticket_id).code in page
    form = {"ticket_id": ticket_id, "called_at": "2026-03-05T10:00", "form": "phone", "outcome": "reached"}
    answer = clerk.post("/callbacks/new", {**form, "satisfaction": "very_satisfied"})
    assert answer.location == f"/tickets/{ticket_id}/"


def test_a_dissatisfied_owner_reopens_the_ticket(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["day"])
    act(clerk, ticket_id, "resolve")
    form = {"ticket_id": ticket_id, "called_at": "2026-03-05T10:00", "form": "phone", "outcome": "reached"}
    clerk.post("/callbacks/new", {**form, "satisfaction": "dissatisfied", "opinion": "仍漏水"})
    assert ticket(session, ticket_id).state is TicketState.REOPENED


def test_nobody_records_a_callback_for_a_ticket_next_door(app: Flask, session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["day"], NEXT)
    before = session.scalar(select(func.count()).select_from(Callback))
    form = {"ticket_id": ticket_id, "called_at": "2026-03-05T10:00", "form": "phone", "outcome": "unreachable"}
    assert sign_in(app, address(Role.BUTLER)).post("/callbacks/new", form).status_code == 422
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Callback)) == before


# The start page


def test_the_tiles_count_what_their_lists_show(app: Flask, session: Session, cast: Cast) -> None:
    report(session, cast, AGO["minutes"])
    page = sign_in(app, address(Role.ENGINEER)).get("/", **ENGLISH).text
    assert "My open tickets" in page
    assert "New ticket" not in page


def test_everything_done_to_a_ticket_names_its_author(session: Session, clerk: Person, cast: Cast) -> None:
    take_in(clerk, who=f"u{cast.id_of('units')}")
    authors = session.scalars(
        select(History.account_id).where(History.entity == "tickets", History.row_id == latest(session).id)
    )
    assert set(authors) == {cast.accounts[Role.CLERK]}
