import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.callback import Callback, CallbackOutcome, Satisfaction
from models.estate import Estate
from models.milestone import LadderStep, LimitUnit, Milestone, MilestoneKind
from models.ticket import Severity, Ticket, TicketKind, TicketState
from operations import rollups
from operations.write import Insert, write, writing
from tests.infrastructure.people import (
    BY,
    NEXT,
    OTHER,
    OWN,
    PASSWORD,
    SHARED,
    Cast,
    Person,
    add,
    address,
    sign_in,
    visitor,
)
from views import charts

OCTOBER = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
NOVEMBER = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)  # 00:30 on 1 November in Shanghai
SPAN = "from=2026-10&to=2026-11"
DAY = timedelta(days=1)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def called(session: Session, cast: Cast) -> Cast:
    """Callbacks in October and November at every place, of every outcome."""
    call(session, cast, OWN, OCTOBER, Satisfaction.VERY)
    call(session, cast, OWN, OCTOBER, Satisfaction.DISSATISFIED)
    call(session, cast, OWN, NOVEMBER, Satisfaction.BASICALLY)
    call(session, cast, OWN, NOVEMBER, None)
    call(session, cast, NEXT, OCTOBER, Satisfaction.VERY)
    call(session, cast, OTHER, OCTOBER, Satisfaction.VERY)
    call(session, cast, OTHER, NOVEMBER, None, CallbackOutcome.REFUSED)
    return cast


@pytest.fixture
def worked(session: Session, cast: Cast) -> Cast:
    """Tickets open for days and weeks and tickets resolved, at every place, with their ladder and promises."""
    open_ticket(session, cast, OWN, "1", 1 * DAY, ())
    open_ticket(session, cast, OWN, "2", 3 * DAY, (1,))
    open_ticket(session, cast, NEXT, "3", 10 * DAY, (1, 2))
    open_ticket(session, cast, OTHER, "4", 40 * DAY, (1, 2, 3))
    resolved_ticket(session, cast, OWN, "5", 20 * DAY, DAY)
    resolved_ticket(session, cast, OWN, "6", 20 * DAY, 5 * DAY)
    resolved_ticket(session, cast, OTHER, "7", 20 * DAY, DAY)
    return cast


def call(
    session: Session,
    cast: Cast,
    place: str,
    at: datetime,
    answer: Satisfaction | None,
    missed: CallbackOutcome = CallbackOutcome.UNREACHABLE,
) -> None:
    where = {"estate_id": cast.id_of("estates", place), "ticket_id": cast.id_of("tickets", place)}
    outcome = CallbackOutcome.REACHED if answer else missed
    add(session, Callback, called_at=at, outcome=outcome, satisfaction=answer, **where)


def ticket(session: Session, cast: Cast, place: str, number: str, age: timedelta, **values: Any) -> dict[str, int]:
    estate = {"estate_id": cast.id_of("estates", place)}
    plain = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR, "subject": number, "code": f"T{number}"}
    building = {"building_id": cast.id_of("buildings", place), "opened_at": now() - age}
    return {**estate, "ticket_id": add(session, Ticket, **{**plain, **building, **estate, **values})}


def open_ticket(session: Session, cast: Cast, place: str, number: str, age: timedelta, levels: tuple[int, ...]) -> None:
    of_ticket = ticket(session, cast, place, number, age)
    due = {"due_at": now() - DAY / 2, "is_open": True, "rule_id": cast.id_of("ladder-rules", SHARED)}
    with writing(session):
        steps = [Insert(LadderStep, {"level": level, **due, **of_ticket}) for level in levels]
        write(session, steps, by=BY, at=now())


def resolved_ticket(session: Session, cast: Cast, place: str, number: str, age: timedelta, took: timedelta) -> None:
    done = now() - age + took
    state = {"state": TicketState.RESOLVED, "resolved_at": done}
    of_ticket = ticket(session, cast, place, number, age, **state)
    promised = {"started_at": now() - age, "due_at": now() - age + 2 * DAY, "done_at": done, "is_open": False}
    limit = {"limit_value": 2, "limit_unit": LimitUnit.DAYS, "kind": MilestoneKind.RESOLUTION}
    add(session, Milestone, **promised, **limit, rule_id=cast.id_of("rules", SHARED), **of_ticket)


def recount(session: Session) -> None:
    """Commit what was changed past the write path, and count anew, as after a repair by hand."""
    session.commit()
    with writing(session):
        rollups.rebuild(session)


def figures(text: str) -> list[tuple[str, int]]:
    """Every linked count of a summary's tables: where it leads, and the count."""
    found = re.findall(r'<(?:td|th)[^>]*><a href="([^"]+)">(\d+)</a>', text)
    return [(unescape(url), int(number)) for url, number in found]


def listed(person: Person, url: str) -> int:
    """How many rows the list at the address says it has."""
    found = re.search(r'<span class="count">(\d+)</span>', person.get(url).text)
    assert found is not None, url
    return int(found[1])


def total(person: Person, path: str) -> str:
    """The first sentence of a summary."""
    found = re.search(r'<p class="lead-sentence">([^<]+)', person.get(path, headers=ENGLISH).text)
    return found[1] if found else ""


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CLERK, Role.BUTLER, Role.AUDITOR])
@pytest.mark.parametrize("narrowing", ["", "&kind=repair"])
def test_every_figure_of_satisfaction_equals_its_list(app: Flask, called: Cast, role: Role, narrowing: str) -> None:
    person = sign_in(app, address(role))
    found = figures(person.get(f"/satisfaction/?{SPAN}{narrowing}").text)
    assert len(found) > 6
    assert {url: listed(person, url) for url, _ in found} == dict(found)


def test_figures_equal_their_lists_where_estates_keep_different_times(
    app: Flask, session: Session, called: Cast
) -> None:
    other_id = called.id_of("estates", OTHER)
    session.execute(update(Estate).where(Estate.id == other_id).values(time_zone="Europe/Berlin"))
    recount(session)
    call(session, called, OTHER, NOVEMBER, Satisfaction.VERY)  # still October there
    person = sign_in(app, address(Role.HQ))
    found = figures(person.get(f"/satisfaction/?{SPAN}").text)
    assert any("T" in url and f"estate_id={other_id}" in url for url, _ in found)
    assert {url: listed(person, url) for url, _ in found} == dict(found)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CLERK, Role.BUTLER])
def test_every_figure_of_escalation_equals_its_list(app: Flask, worked: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    found = figures(person.get("/escalation/").text)
    assert len(found) > 6
    assert {url: listed(person, url) for url, _ in found} == dict(found)


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (Role.HQ, "4 of 5 answers were satisfied"),
        (Role.CLERK, "3 of 4 answers were satisfied"),
        (Role.BUTLER, "2 of 3 answers were satisfied"),
        (Role.ENGINEER, "2 of 3 answers were satisfied"),
    ],
)
def test_satisfaction_counts_what_the_person_reaches(app: Flask, called: Cast, role: Role, sentence: str) -> None:
    assert total(sign_in(app, address(role)), f"/satisfaction/?{SPAN}").startswith(sentence)


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (Role.HQ, "7 tickets are open; time has taken 6 of them"),
        (Role.CLERK, "5 tickets are open; time has taken 4 of them"),
        (Role.BUTLER, "3 tickets are open; time has taken 2 of them"),
        (Role.ENGINEER, "1 tickets are open; time has taken 1 of them"),
    ],
)
def test_escalation_counts_what_the_person_reaches(app: Flask, worked: Cast, role: Role, sentence: str) -> None:
    assert total(sign_in(app, address(role)), "/escalation/").startswith(sentence)


@pytest.mark.parametrize(
    "path",
    [
        "/satisfaction/?from=2026-13",
        "/satisfaction/?to=x",
        "/satisfaction/?from=2026-11&to=2026-10",
        "/satisfaction/?from=2000-01&to=2026-10",
        "/satisfaction/?from=2199-12&to=2199-12&kind=zz",
        "/satisfaction/?kind=%00",
        "/satisfaction/?estate_id=-1",
        "/satisfaction/?estate_id=99999999999999999999",
        "/satisfaction/?estate_id=%E4%B8%80",
        "/satisfaction/?nonsense=1",
        "/satisfaction/callbacks?answer=x",
        "/satisfaction/callbacks?butler_id=x",
        "/satisfaction/callbacks?after=x",
        "/satisfaction/callbacks?sort=opinion",
        "/escalation/?estate_id=x",
        "/escalation/?level=2",
        "/escalation/tickets?level=100",
        "/escalation/tickets?age=old",
        "/escalation/tickets?before=%00",
        "/escalation/resolutions?promise=kept",
    ],
)
def test_what_makes_no_sense_is_said_and_left_out(app: Flask, called: Cast, path: str) -> None:
    answer = sign_in(app, address(Role.CLERK)).get(path)
    assert answer.status_code == 400
    assert answer.text.count('role="alert"') == 1
    assert "ZZOTHER" not in answer.text


@pytest.mark.parametrize("path", ["/satisfaction/", "/escalation/", "/satisfaction/callbacks", "/escalation/tickets"])
def test_a_strange_estate_is_answered_like_none(app: Flask, called: Cast, path: str) -> None:
    person, other_id = sign_in(app, address(Role.CLERK)), called.id_of("estates", OTHER)
    strange = person.get(f"{path}?estate_id={other_id}", headers=ENGLISH)
    absent = person.get(f"{path}?estate_id=987654", headers=ENGLISH)
    assert (strange.status_code, absent.status_code) == (400, 400)
    assert f"There is no estate {other_id} here" in strange.text
    assert "There is no estate 987654 here" in absent.text
    assert "ZZOTHER" not in strange.text


def test_a_small_sample_is_shown_as_one(app: Flask, called: Cast) -> None:
    text = sign_in(app, address(Role.HQ)).get(f"/satisfaction/?{SPAN}", headers=ENGLISH).text
    assert "Small sample" in text
    assert "Target missed" in text
    assert "S4 业主满意度情况总结" in text


@pytest.mark.parametrize("path", ["/satisfaction/", "/escalation/"])
def test_without_any_row_a_summary_says_so(app: Flask, session: Session, cast: Cast, path: str) -> None:
    session.execute(delete(Callback))
    session.execute(delete(LadderStep))
    session.execute(update(Ticket).values(state=TicketState.RESOLVED))
    recount(session)
    answer = sign_in(app, address(Role.CLERK)).get(path, headers=ENGLISH)
    assert answer.status_code == 200
    assert "There is nothing to count yet" in answer.text
    assert 'class="chart"' not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/satisfaction/export/months/csv",
        "/satisfaction/export/butlers/xlsx",
        "/satisfaction/callbacks/csv",
        "/escalation/export/open/csv",
        "/escalation/export/in-time/xlsx",
        "/escalation/tickets/xlsx",
        "/escalation/resolutions/csv",
    ],
)
def test_tables_and_rows_are_files_for_those_who_may_export(app: Flask, called: Cast, path: str) -> None:
    assert sign_in(app, address(Role.CLERK)).get(path).status_code == 200
    assert sign_in(app, address(Role.ENGINEER)).get(path).status_code == 403
    assert sign_in(app, address(Role.ADMINISTRATOR)).get(f"{path}?nonsense=1").status_code == 400


def test_a_file_has_the_figures_as_numbers_and_no_other_estate(app: Flask, called: Cast) -> None:
    person = sign_in(app, address(Role.CLERK))
    lines = person.get(f"/satisfaction/export/months/csv?{SPAN}", headers=ENGLISH).text.splitlines()
    assert lines[0].endswith(
        "Month,Estate,Answers,Satisfied,Satisfaction rate,Interval from,Interval to,Target,Unreachable,Refused"
    )
    assert lines[1:] == [
        "2026-11,E1 ZZOWN estate,1,1,1.0,0.2065,1.0,Target met,1,0",
        "2026-10,E1 ZZOWN estate,3,2,0.6667,0.2077,0.9385,Target missed,0,0",
    ]


def test_rows_in_a_file_are_the_rows_of_the_list(app: Flask, worked: Cast) -> None:
    person = sign_in(app, address(Role.CLERK))
    lines = person.get("/escalation/tickets/csv?level=1&age=2-7").text.splitlines()
    assert len(lines) == 2
    assert ",T2," in lines[1]


@pytest.mark.parametrize(
    "path", ["/satisfaction/export/nothing/csv", "/escalation/export/open/pdf", "/escalation/tickets/x"]
)
def test_there_is_no_other_file(app: Flask, called: Cast, path: str) -> None:
    assert sign_in(app, address(Role.CLERK)).get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/satisfaction/",
        "/escalation/",
        "/satisfaction/callbacks",
        "/escalation/tickets/csv",
        "/escalation/export/open/csv",
    ],
)
def test_a_visitor_signs_in_first(app: Flask, cast: Cast, path: str) -> None:
    answer = visitor(app).get(path)
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")


def test_a_summary_stands_without_its_chart(app: Flask, called: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "SECONDS_TO_RENDER", 0.001)
    never_drawn = "/satisfaction/?from=2026-07&to=2026-11"
    answer = sign_in(app, address(Role.HQ)).get(never_drawn, headers=ENGLISH)
    assert answer.status_code == 200
    assert "The chart could not be drawn just now" in answer.text
    assert len(figures(answer.text)) > 6


def test_a_mark_of_the_chart_opens_its_rows(page: Page, called: Cast) -> None:
    page.goto("/login")
    page.fill("#email", address(Role.CLERK))
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"/satisfaction/?{SPAN}")
    chart = page.locator("figure.chart svg:visible")
    expect(chart).to_be_visible()
    chart.locator("a").first.click()
    expect(page.locator("h1 .count")).to_have_text("3")


def test_steps_of_months_that_began_apart_lead_to_the_rows_they_count(
    app: Flask, session: Session, worked: Cast
) -> None:
    # Past the write path, which keeps the zone of an estate that has tickets: as if it had always been there.
    session.execute(update(Estate).where(Estate.id == worked.id_of("estates", OTHER)).values(time_zone="Asia/Urumqi"))
    recount(session)
    person = sign_in(app, address(Role.ADMINISTRATOR))
    found = [(url, number) for url, number in figures(person.get("/escalation/").text) if "/escalation/steps" in url]
    assert found
    assert {url: listed(person, url) for url, _ in found} == dict(found)
