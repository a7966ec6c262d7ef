"""The page of a ticket that waits, was agreed about, or is a complaint: what it offers, asks for and says."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import now
from models.complaint import ComplaintRecord, PlanState
from models.milestone import Milestone, MilestoneKind
from models.pause import Pause, PauseReason, TellingChannel
from models.ticket import Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind, TicketEvent
from operations import cases
from tests.infrastructure.desk import AGO, latest, report, ticket
from tests.infrastructure.people import NEXT, OTHER, OWN, Cast, Person, address, sign_in

ENGLISH: dict[str, Any] = {"headers": {"Accept-Language": "en"}}
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR, "subject": "保洁不到位"}
MAJOR: dict[str, Any] = {**MINOR, "severity": Severity.MAJOR}
HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)  # no date has passed after half an hour


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.fixture
def supervisor(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.SUPERVISOR))


@pytest.fixture
def manager(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.MANAGER))


def act(person: Person, session: Session, ticket_id: int, action: str, **fields: Any) -> TestResponse:
    """Press the button on the page as it is now."""
    version = fields.pop("version", None) or ticket(session, ticket_id).version
    session.rollback()
    form = {"action": action, "version": version, **fields}
    return person.post(f"/tickets/{ticket_id}/act", form, **ENGLISH)


def page(person: Person, ticket_id: int) -> str:
    return person.get(f"/tickets/{ticket_id}/", **ENGLISH).text


def local(moment: datetime) -> str:
    """As the browser's control posts it, in the estate's time."""
    return (moment + 8 * HOUR).strftime("%Y-%m-%dT%H:%M")


def proof(length: timedelta = 5 * HOUR) -> dict[str, str]:
    told = {"told_channel": "phone", "told_at": local(now() - timedelta(minutes=1))}
    return {"pause_reason": "parts", **told, "expected_until": local(now() + length)}


def pause(session: Session) -> Pause:
    session.rollback()
    return session.scalars(select(Pause).order_by(Pause.id.desc()).limit(1)).one()


def test_a_wait_with_its_proof_stops_the_clock(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    assert act(clerk, session, ticket_id, "wait", note="等配件", **proof()).status_code == 302
    found = pause(session)
    assert (found.reason, found.told_channel, found.note) == (PauseReason.PARTS, TellingChannel.PHONE, "等配件")
    assert found.requested_by_id == found.told_by_id == cast.accounts[Role.CLERK]
    shown = page(clerk, ticket_id)
    assert "The clock stands still since" in shown
    assert "Owner told of the wait" in shown


def test_a_wait_of_which_nobody_was_told_is_offered_to_be_told(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    assert 'value="tell_owner"' not in page(clerk, ticket_id)
    untold = {**proof(), "told_channel": "", "expected_until": ""}
    assert act(clerk, session, ticket_id, "wait", **untold).status_code == 302
    assert pause(session).told_at is None
    shown = page(clerk, ticket_id)
    assert "The owner was not told: the clock runs on" in shown
    assert 'value="tell_owner"' in shown
    assert act(clerk, session, ticket_id, "tell_owner", **proof()).status_code == 302
    assert pause(session).told_channel is TellingChannel.PHONE


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pause_reason": ""}, "Choose why the ticket waits"),
        ({"pause_reason": "mood"}, "is not one of the choices"),
        ({"told_at": ""}, "Say when and how the owner was told"),
        ({"told_at": "yesterday"}, "is not a date"),
        ({"told_at": local(now() + HOUR)}, "cannot have been told later than now"),
        ({"expected_until": ""}, "until when"),
    ],
)
def test_what_is_no_proof_is_said_and_what_was_typed_stays(
    session: Session, clerk: Person, cast: Cast, fields: dict[str, str], sentence: str
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    answer = act(clerk, session, ticket_id, "wait", note="typed before", **{**proof(), **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "typed before" in answer.text
    assert ticket(session, ticket_id).state is TicketState.NEW


def test_a_long_wait_is_allowed_by_a_supervisor_and_not_offered_to_who_asked_for_it(
    session: Session, clerk: Person, supervisor: Person, manager: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(supervisor, session, ticket_id, "wait", **proof(timedelta(days=3)))
    offers = {person: 'value="allow_pause"' in page(person, ticket_id) for person in (clerk, supervisor, manager)}
    assert offers == {clerk: False, supervisor: False, manager: True}
    refused = act(supervisor, session, ticket_id, "allow_pause")
    assert (refused.status_code, "another supervisor or manager" in refused.text) == (422, True)
    assert act(manager, session, ticket_id, "allow_pause", note="同意").status_code == 302
    assert "allowed by manager of the cast" in page(clerk, ticket_id)


def test_the_supervisor_hears_of_a_pause_to_allow(
    session: Session, clerk: Person, supervisor: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(clerk, session, ticket_id, "wait", **proof(timedelta(days=3)))
    assert ticket(session, ticket_id).code in supervisor.get("/inbox/").text


@pytest.mark.parametrize("decision", ["allow_pause", "refuse_pause", "void"])
def test_a_pause_that_is_decided_asks_nobody_else(
    session: Session, clerk: Person, supervisor: Person, manager: Person, cast: Cast, decision: str
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(clerk, session, ticket_id, "wait", **proof(timedelta(days=3)))
    assert ticket(session, ticket_id).code in supervisor.get("/inbox/?show=unread").text
    assert act(manager, session, ticket_id, decision, reason="已另行处理").status_code == 302
    assert ticket(session, ticket_id).code not in supervisor.get("/inbox/?show=unread").text


def test_a_date_that_a_running_pause_moves_says_that_it_is_the_latest(
    session: Session, clerk: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(clerk, session, ticket_id, "wait", **proof())
    assert "at the latest</span>" in page(clerk, ticket_id)
    act(clerk, session, ticket_id, "resume")
    assert "at the latest</span>" not in page(clerk, ticket_id)


def test_who_resumes_while_the_manager_allows_is_told(
    session: Session, clerk: Person, manager: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(clerk, session, ticket_id, "wait", **proof(timedelta(days=3)))
    shown = ticket(session, ticket_id).version
    assert act(manager, session, ticket_id, "allow_pause").status_code == 302
    assert act(clerk, session, ticket_id, "resume", version=shown).status_code == 409
    assert ticket(session, ticket_id).state is TicketState.WAITING


def test_harm_is_stopped_with_the_apology_before_anything_else(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR, is_harm_ongoing=True)
    shown = page(clerk, ticket_id)
    assert "Harm is still going on: first record" in shown
    assert 'value="start"' not in shown
    assert "Write down the apology" in act(clerk, session, ticket_id, "stop_harm").text
    assert act(clerk, session, ticket_id, "stop_harm", apology="非常抱歉").status_code == 302
    shown = page(clerk, ticket_id)
    assert "非常抱歉" in shown
    assert 'value="start"' in shown


def test_a_plan_goes_from_the_supervisor_to_the_manager_and_back(
    session: Session, supervisor: Person, manager: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, HALF, **MAJOR)
    assert "the supervisor drafts it, the manager approves it" in page(supervisor, ticket_id)
    act(supervisor, session, ticket_id, "draft_plan", plan="三日内重新清洁")
    assert 'value="approve_plan"' not in page(supervisor, ticket_id)
    act(manager, session, ticket_id, "return_plan", reason="缺责任人")
    assert "缺责任人" in page(supervisor, ticket_id)
    act(supervisor, session, ticket_id, "draft_plan", plan="王主管三日内重新清洁")
    act(manager, session, ticket_id, "approve_plan")
    assert cases.latest_plans(session, [ticket_id])[ticket_id].state is PlanState.APPROVED
    assert 'value="start"' in page(supervisor, ticket_id)


def test_a_complaint_is_judged_recorded_and_closed(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    act(clerk, session, ticket_id, "resolve")
    assert "Say first by &#39;Judge the validity&#39;" in page(clerk, ticket_id)
    act(clerk, session, ticket_id, "judge", validity="valid")
    fields = {"responsible_department": "保洁部", "root_cause": "漏扫", "training": "标准培训"}
    act(clerk, session, ticket_id, "keep_record", **fields, responsible_staff_id=cast.id_of("staff"))
    refused = act(clerk, session, ticket_id, "close")
    assert "Complete the complaint record before closing: Signed by the owner as" in refused.text
    signed = {"owner_signed_name": "陈静", "owner_signed_at": local(now())}
    act(clerk, session, ticket_id, "keep_record", **fields, responsible_staff_id=cast.id_of("staff"), **signed)
    assert act(clerk, session, ticket_id, "close").status_code == 302
    record = session.scalars(select(ComplaintRecord).where(ComplaintRecord.ticket_id == ticket_id)).one()
    assert (record.root_cause, record.responsible_staff_id) == ("漏扫", cast.id_of("staff"))
    assert "漏扫" in page(clerk, ticket_id)


def test_nobody_of_another_estate_is_made_responsible(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    answer = act(clerk, session, ticket_id, "keep_record", responsible_staff_id=cast.id_of("staff", OTHER))
    assert (answer.status_code, "There is no such record in this estate" in answer.text) == (422, True)


def test_a_clerk_dismisses_no_complaint(session: Session, clerk: Person, supervisor: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    refused = act(clerk, session, ticket_id, "judge", validity="outside_remit", passed_on_to="城管")
    assert (refused.status_code, "Only the supervisor or manager" in refused.text) == (422, True)
    act(supervisor, session, ticket_id, "judge", validity="outside_remit", passed_on_to="城管")
    assert ticket(session, ticket_id).validity is Validity.OUTSIDE_REMIT
    assert "Passed on to: 城管" in page(clerk, ticket_id)


def test_a_butler_does_nothing_to_a_pause_next_door(app: Flask, session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, NEXT, **MINOR)
    act(clerk, session, ticket_id, "wait", **proof())
    butler = sign_in(app, address(Role.BUTLER))
    assert act(butler, session, ticket_id, "resume").status_code == 404
    assert butler.get(f"/pauses/{pause(session).id}/").status_code == 404


# Dates agreed, and reports that came earlier


def edit(person: Person, session: Session, cast: Cast, ticket_id: int, **fields: str) -> TestResponse:
    form = {"version": ticket(session, ticket_id).version, "kind": "complaint", "severity": "minor", "channel": "phone"}
    session.rollback()
    place = {"subject": "保洁不到位", "unit_id": cast.id_of("units"), "owner_id": cast.id_of("owners")}
    return person.post(f"/tickets/{ticket_id}/edit", {**form, **place, **fields}, **ENGLISH)


def test_the_page_says_who_agreed_to_a_date_with_whom(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, HALF, **MINOR)
    assert edit(clerk, session, cast, ticket_id, promised_reply_at=local(now() + HOUR)).status_code == 302
    assert f"agreed with Owner {OWN}, put down by clerk of the cast on" in page(clerk, ticket_id)


def test_a_date_to_the_second_stays_when_a_form_shows_it_to_the_minute(
    session: Session, clerk: Person, cast: Cast
) -> None:
    promised = now().replace(second=30) + HOUR
    ticket_id = report(session, cast, HALF, **MINOR, promised_reply_at=promised)
    assert edit(clerk, session, cast, ticket_id, promised_reply_at=local(promised)).status_code == 302
    agreed = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind == EventKind.AGREED)
    assert len(session.scalars(agreed).all()) == 1
    assert ticket(session, ticket_id).promised_reply_at == promised


def test_a_missed_date_is_moved_by_a_supervisor_and_not_by_a_clerk(
    session: Session, clerk: Person, supervisor: Person, cast: Cast
) -> None:
    ticket_id = report(session, cast, 3 * HOUR, **MINOR, promised_reply_at=now() - HOUR)
    later = {"promised_reply_at": local(now() + HOUR)}
    refused = edit(clerk, session, cast, ticket_id, **later)
    assert (refused.status_code, "a supervisor or manager may still move it" in refused.text) == (422, True)
    assert edit(supervisor, session, cast, ticket_id, **later).status_code == 302


def test_a_report_that_came_earlier_is_entered_with_its_moment(session: Session, clerk: Person, cast: Cast) -> None:
    came_at = now().replace(second=0) - 5 * HOUR
    form = {"who": f"u{cast.id_of('units')}", "kind": "help", "subject": "求助", "came_at": local(came_at)}
    answer = clerk.post("/tickets/new", {**form, "channel": "phone", "severity": ""})
    assert answer.status_code == 302
    taken = latest(session)
    assert (taken.opened_at, taken.entered_at is not None) == (came_at, True)
    first = select(Milestone.due_at).where(
        Milestone.ticket_id == taken.id, Milestone.kind == MilestoneKind.FIRST_RESPONSE
    )
    assert session.scalars(first).one() == came_at + 4 * HOUR
    assert "Entered later, at" in page(clerk, taken.id)


@pytest.mark.parametrize(("hours", "sentence"), [(30, "up to 24 hours after it came"), (-1, "later than now")])
def test_a_moment_out_of_bounds_is_said_at_its_field(
    session: Session, clerk: Person, cast: Cast, hours: int, sentence: str
) -> None:
    moment = local(now() - hours * HOUR)
    form = {"who": f"u{cast.id_of('units')}", "kind": "help", "subject": "求助", "came_at": moment}
    answer = clerk.post("/tickets/new", {**form, "channel": "phone", "severity": ""}, **ENGLISH)
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_the_pauses_behind_a_figure_are_listed(session: Session, clerk: Person, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"], **MINOR)
    act(clerk, session, ticket_id, "wait", **proof())
    code = ticket(session, ticket_id).code
    summary = clerk.get("/pausing/", **ENGLISH).text
    assert "Parts to be bought" in summary
    assert code in clerk.get("/pausing/pauses?reason=parts", **ENGLISH).text
    assert code not in clerk.get("/pausing/pauses?reason=weather", **ENGLISH).text
    assert code in clerk.get("/pausing/tickets", **ENGLISH).text
    assert clerk.get("/pausing/?from=2020-01", **ENGLISH).status_code == 400
