"""The overdue list as supervisors use it: filters in the address, bulk work, files."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import now
from models.ticket import Severity, TicketKind
from models.ticket_event import EventKind, TicketEvent
from operations.tickets import act_on
from operations.write import writing
from rules.transitions import Action
from tests.infrastructure.desk import AGO, report, ticket
from tests.infrastructure.people import BY, NEXT, OTHER, Cast, Person, address, sign_in

ENGLISH = {"headers": {"Accept-Language": "en"}}


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def late(session: Session, cast: Cast) -> dict[str, int]:
    """Tickets late by minutes, a day and weeks, one next door, one not late, one of another estate."""
    urgent = {"kind": TicketKind.REPAIR, "severity": Severity.URGENT, "subject": "爆管"}
    return {
        "weeks": report(session, cast, AGO["weeks"], subject="二十天"),
        "days": report(session, cast, AGO["days"], subject="四天", assignee_id=cast.id_of("staff")),
        "next": report(session, cast, AGO["day"], NEXT, subject="隔壁"),
        "hour": report(session, cast, timedelta(hours=1), **urgent),
        "in time": report(session, cast, AGO["minutes"], subject="不急"),
    }


@pytest.fixture
def supervisor(app: Flask, late: dict[str, int]) -> Person:
    return sign_in(app, address(Role.SUPERVISOR))


def listed(person: Person, query: str = "") -> list[int]:
    answer = person.get(f"/overdue/{query}")
    assert answer.status_code == 200
    return [int(found) for found in re.findall(r'name="id" value="(\d+)"', answer.text)]


def bulk(person: Person, deed: str, ids: list[int], query: str = "", **fields: Any) -> TestResponse:
    return person.post(f"/overdue/act{query}", {"deed": deed, "id": ids, **fields}, **ENGLISH)


def number_of(session: Session, kind: EventKind) -> int:
    session.rollback()
    return len(session.scalars(select(TicketEvent.id).where(TicketEvent.kind == kind)).all())


# The list


def test_the_most_overdue_come_first_and_only_what_is_late(supervisor: Person, late: dict[str, int]) -> None:
    assert listed(supervisor) == [late[name] for name in ("weeks", "days", "next", "hour")]


def test_a_butler_sees_his_buildings_and_an_engineer_what_is_assigned(app: Flask, late: dict[str, int]) -> None:
    assert late["next"] not in listed(sign_in(app, address(Role.BUTLER)))
    assert listed(sign_in(app, address(Role.ENGINEER))) == [late["days"], late["hour"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("kind=repair", ["hour"]),
        ("kind=repair&kind=consultation", ["weeks", "days", "next", "hour"]),
        ("severity=urgent", ["hour"]),
        ("late=%3C2d", ["next", "hour"]),
        ("late=2-7d", ["days"]),
        ("late=%3E7d", ["weeks"]),
        ("level=0", ["next", "hour"]),
        ("level=1", ["days"]),
        ("level=2", ["weeks"]),
        ("level=10", []),
        ("milestone=on_site", ["hour"]),
        ("milestone=hand_over_manager", ["weeks"]),
        ("kind=consultation&late=%3E7d&level=2", ["weeks"]),
        ("kind=help", []),
    ],
)
def test_a_filter_narrows_the_list(supervisor: Person, late: dict[str, int], query: str, names: list[str]) -> None:
    assert listed(supervisor, f"?{query}") == [late[name] for name in names]


def test_a_place_or_a_person_narrows_the_list(supervisor: Person, late: dict[str, int], cast: Cast) -> None:
    assert listed(supervisor, f"?building_id={cast.id_of('buildings', NEXT)}") == [late["next"]]
    assert listed(supervisor, f"?assignee_id={cast.id_of('staff')}") == [late["days"], late["hour"]]
    assert listed(supervisor, f"?estate_id={cast.id_of('estates', OTHER)}") == []


def test_the_badge_and_the_levels_count_the_list(supervisor: Person) -> None:
    page = supervisor.get("/overdue/?level=2", **ENGLISH).text
    assert '<span class="badge">4</span>' in page
    assert re.findall(r"<strong>(\d+)</strong> (Level \d|all levels)", page) == [
        ("4", "all levels"),
        ("2", "Level 0"),
        ("1", "Level 1"),
        ("1", "Level 2"),
    ]


def test_a_filter_that_is_set_can_be_taken_off(supervisor: Person) -> None:
    page = supervisor.get("/overdue/?kind=repair&level=0", **ENGLISH).text
    assert 'class="chip" href="/overdue/?level=0"' in page
    assert 'class="chip" href="/overdue/?kind=repair"' in page


@pytest.mark.parametrize(
    "query",
    [
        "level=x",
        "level=-1",
        "level=100",
        "late=3d",
        "milestone=nonsense",
        "kind=nonsense",
        "estate_id=x",
        "building_id=1&building_id=2",
        "assignee_id=" + "9" * 30,
        "after=zzz",
        "after=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgMV0",
        "foo=1",
        "kind=repair&endpoint=x",
        "kind=repair&export_type=csv",
        "kind=repair&_scheme=x",
        "state=new",
        "kind.empty=yes",
        "late=%00",
    ],
)
def test_a_parameter_that_makes_no_sense_is_said(supervisor: Person, query: str) -> None:
    answer = supervisor.get(f"/overdue/?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert supervisor.get(f"/overdue/export/csv?{query}").status_code == 400
    assert bulk(supervisor, "urge", [1], f"?{query}").status_code == 400


def test_pages_follow_each_other_without_a_gap(
    session: Session, supervisor: Person, cast: Cast, late: dict[str, int]
) -> None:
    more = [report(session, cast, AGO["days"] + timedelta(minutes=number)) for number in range(1, 61)]
    first = supervisor.get("/overdue/")
    next_page = re.search(r'rel="next" href="/overdue/(\?after=[^"]+)"', first.text)
    assert next_page is not None
    everything = listed(supervisor) + listed(supervisor, next_page[1])
    assert everything == [late["weeks"], *reversed(more), *(late[name] for name in ("days", "next", "hour"))]


def test_nothing_overdue_is_a_reason_to_congratulate(app: Flask, cast: Cast) -> None:
    page = sign_in(app, address(Role.SUPERVISOR)).get("/overdue/", **ENGLISH).text
    assert "Nothing is overdue." in page
    assert 'class="badge"' not in page


def test_a_filter_that_nothing_fits_leads_back_to_the_list(supervisor: Person) -> None:
    assert "Nothing overdue fits these filters." in supervisor.get("/overdue/?kind=help", **ENGLISH).text


def test_an_auditor_reads_and_exports_but_is_offered_nothing_else(app: Flask, late: dict[str, int]) -> None:
    auditor = sign_in(app, address(Role.AUDITOR))
    page = auditor.get("/overdue/").text
    assert 'value="csv"' in page
    assert 'value="urge"' not in page
    assert bulk(auditor, "urge", [late["weeks"]]).status_code == 403


# Many at once


def test_one_is_urged_at_once_and_it_is_an_event(session: Session, supervisor: Person, late: dict[str, int]) -> None:
    answer = bulk(supervisor, "urge", [late["weeks"]], "?level=2")
    assert answer.location == "/overdue/?level=2"
    assert number_of(session, EventKind.URGED) == 1


def test_several_are_urged_once_the_number_is_confirmed(
    session: Session, supervisor: Person, late: dict[str, int]
) -> None:
    ids = [late["weeks"], late["days"]]
    asked = bulk(supervisor, "urge", ids)
    assert (asked.status_code, number_of(session, EventKind.URGED)) == (200, 0)
    assert "Urge — Tickets: 2" in asked.text
    assert bulk(supervisor, "urge", ids, sure="2", note="请今天回复").status_code == 302
    assert number_of(session, EventKind.URGED) == 2


def test_the_whole_filtered_list_is_reassigned(
    session: Session, supervisor: Person, late: dict[str, int], cast: Cast
) -> None:
    fields = {"which": "all", "sure": "3", "assignee_id": cast.id_of("staff")}
    assert bulk(supervisor, "assign", [], "?kind=consultation", **fields).status_code == 302
    assignees = [ticket(session, late[name]).assignee_id for name in ("weeks", "days", "next", "in time")]
    assert assignees == [*[cast.id_of("staff")] * 3, None]


def test_a_list_that_changed_meanwhile_is_asked_about_again(session: Session, supervisor: Person, cast: Cast) -> None:
    fields = {"which": "all", "sure": "2", "assignee_id": cast.id_of("staff")}
    answer = bulk(supervisor, "assign", [], "?kind=consultation", **fields)
    assert "The list has changed meanwhile: it is 3 records now." in answer.text
    assert number_of(session, EventKind.ASSIGNED) == 0


@pytest.mark.parametrize("assignee", ["", "x", "0", "9" * 30])
def test_reassigning_needs_somebody_of_the_estate(
    session: Session, supervisor: Person, late: dict[str, int], assignee: str
) -> None:
    answer = bulk(supervisor, "assign", [late["weeks"]], sure="1", assignee_id=assignee)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert number_of(session, EventKind.ASSIGNED) == 0


def test_tickets_of_several_estates_are_not_reassigned_together(
    app: Flask, session: Session, late: dict[str, int], cast: Cast
) -> None:
    administrator = sign_in(app, address(Role.ADMINISTRATOR))
    ids = [late["weeks"], cast.id_of("tickets", OTHER)]
    assert "belong to several estates" in bulk(administrator, "assign", ids).text
    refused = bulk(administrator, "assign", ids, sure="2", assignee_id=cast.id_of("staff"))
    assert refused.status_code == 422
    assert number_of(session, EventKind.ASSIGNED) == 0


def test_what_is_refused_is_listed_with_its_reason(
    session: Session, supervisor: Person, late: dict[str, int], cast: Cast
) -> None:
    with writing(session):
        act_on(session, [late["weeks"]], Action.RESOLVE, BY, list(Role), now())
    ids = [late["weeks"], late["days"]]
    answer = bulk(supervisor, "assign", ids, sure="2", assignee_id=cast.id_of("staff"))
    assert (answer.status_code, number_of(session, EventKind.ASSIGNED)) == (200, 1)
    assert "done on 1," in answer.text
    code = ticket(session, late["weeks"]).code
    assert "Assign is not possible while the ticket is: Resolved" in answer.text
    assert f">{code} 二十天</a>" in answer.text


def test_tickets_of_another_estate_are_left_alone(session: Session, supervisor: Person, cast: Cast) -> None:
    answer = bulk(supervisor, "urge", [cast.id_of("tickets", OTHER)])
    assert answer.status_code == 302
    assert number_of(session, EventKind.URGED) == 0


def test_who_may_not_urge_is_refused(app: Flask, session: Session, late: dict[str, int]) -> None:
    assert bulk(sign_in(app, address(Role.CLERK)), "urge", [late["weeks"]]).status_code == 403
    assert number_of(session, EventKind.URGED) == 0


@pytest.mark.parametrize(
    "fields", [{"deed": "delete"}, {"deed": "nonsense"}, {"deed": ""}, {"id": ["x"]}, {"id": ["9" * 30]}]
)
def test_a_crafted_bulk_request_is_a_bad_request(supervisor: Person, fields: dict[str, Any]) -> None:
    assert supervisor.post("/overdue/act", {"deed": "urge", **fields}).status_code == 400


# Files


def rows_of(answer: TestResponse) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_filtered_list_is_exported_in_its_order(supervisor: Person, session: Session, late: dict[str, int]) -> None:
    header, *rows = rows_of(supervisor.get("/overdue/export/csv?kind=consultation", **ENGLISH))
    assert header[:2] == ["Ticket code", "Subject"]
    assert [row[1] for row in rows] == ["二十天", "四天", "隔壁"]
    assert rows[0][header.index("Late by")] == "19 d 20 h"


def test_the_chosen_are_exported_alone(supervisor: Person, late: dict[str, int]) -> None:
    answer = bulk(supervisor, "csv", [late["days"]])
    assert [row[1] for row in rows_of(answer)[1:]] == ["四天"]


def test_the_workbook_holds_the_same_rows(supervisor: Person) -> None:
    book = load_workbook(io.BytesIO(supervisor.get("/overdue/export/xlsx").data))
    assert [row[1] for row in book.worksheets[0].values][1:] == ["二十天", "四天", "隔壁", "爆管"]


def test_another_kind_of_file_is_not_found(supervisor: Person) -> None:
    assert supervisor.get("/overdue/export/exe").status_code == 404


def test_an_engineer_exports_nothing(app: Flask, late: dict[str, int]) -> None:
    assert sign_in(app, address(Role.ENGINEER)).get("/overdue/export/csv").status_code == 403


@pytest.mark.parametrize("row_id", ["9" * 5000, "x", "-1", "٣"])
def test_no_id_of_a_chosen_ticket_is_too_much(app: Flask, cast: Cast, row_id: str) -> None:
    supervisor = sign_in(app, address(Role.SUPERVISOR))
    assert supervisor.post("/overdue/act", {"deed": "urge", "id": row_id}).status_code == 400
