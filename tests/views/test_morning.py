"""The start page: what waits, by role, and that every number is that of the list it leads to."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import now
from models.callback import Callback, CallbackOutcome, Satisfaction
from models.import_batch import BatchState, ImportBatch
from models.inspection import Finding
from models.milestone import Milestone
from models.pause import PauseReason
from models.ticket import CALLED_BACK, Severity, Ticket, TicketKind
from operations.callbacks import record_callback
from operations.tickets import act, act_on
from operations.write import Insert, write, writing
from rules.callback_limits import OWED
from rules.transitions import Action
from tests.infrastructure.desk import AGO, report
from tests.infrastructure.people import BY, NEXT, OTHER, OWN, Cast, Person, address, sign_in
from tests.infrastructure.statements import selects
from views import morning
from views.database import db

ENGLISH = {"headers": {"Accept-Language": "en"}}
DAY = timedelta(days=1)
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def busy(session: Session, cast: Cast) -> Cast:
    """A morning with something of everything: late at each level, waiting, resolved, called, found, loaded."""
    engineer: dict[str, Any] = {"assignee_id": cast.id_of("staff")}
    for_levels = [report(session, cast, ago, **engineer) for ago in (AGO["weeks"], AGO["days"], AGO["day"])]
    report(session, cast, AGO["minutes"], **MINOR, **engineer)
    report(session, cast, AGO["minutes"], NEXT, kind=TicketKind.HELP)
    resolved = [report(session, cast, ago, **MINOR, **engineer) for ago in (4 * DAY, 5 * DAY, 20 * DAY, 90 * DAY)]
    with writing(session):
        act(session, for_levels[0], Action.WAIT, BY, list(Role), now(), said={"pause_reason": PauseReason.PARTS})
        act_on(session, resolved[:1], Action.RESOLVE, BY, list(Role), now() - DAY)
        act_on(session, resolved[1:3], Action.RESOLVE, BY, list(Role), now() - 4 * DAY)
        act_on(session, resolved[3:], Action.RESOLVE, BY, list(Role), now() - 80 * DAY)
    call(session, resolved[1], Satisfaction.VERY)
    call(session, report_resolved(session, cast), Satisfaction.DISSATISFIED)
    find(session, cast)
    return cast


def report_resolved(session: Session, cast: Cast) -> int:
    ticket_id = report(session, cast, 2 * DAY)
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, list(Role), now() - DAY)
    return ticket_id


def call(session: Session, ticket_id: int, answer: Satisfaction) -> None:
    values = {"ticket_id": ticket_id, "called_at": now(), "outcome": CallbackOutcome.REACHED, "satisfaction": answer}
    with writing(session):
        record_callback(session, values, BY, now())


def find(session: Session, cast: Cast) -> None:
    """A finding of the day before yesterday and one due soon, and a file that was looked at."""
    today, estate = now().date(), {"estate_id": cast.id_of("estates")}
    findings = [{"code": f"F{days}", "description": "灯不亮", "due_on": today + days * DAY} for days in (-2, 3)]
    batch = {"entity": "owners", "file_name": "a.csv", "file_hash": "1" * 64, "state": BatchState.PREVIEWED}
    with writing(session):
        write(session, [Insert(Finding, {**values, **estate}) for values in findings], by=BY, at=now())
        uploaded = {"created_at": now(), "report": {"header": []}, **batch, **estate}
        write(session, [Insert(ImportBatch, uploaded)], by=BY, at=now())


def rows(person: Person) -> dict[str, tuple[str, str]]:
    """What waits, in order: label to number and address."""
    text = person.get("/", **ENGLISH).text
    row = r'<a class="waits waits-\w+" href="([^"]+)">'
    pattern = row + r'<strong class="waits-number">([^<]+)</strong>\s*<span[^>]*><b>([^<]+)'
    return {label: (number, unescape(url)) for url, number, label in re.findall(pattern, text)}


def listed(person: Person, url: str) -> str:
    """The number that the list at the address says it has."""
    found = re.search(r'<span class="count"[^>]*>(\d+)', person.get(url, **ENGLISH).text)
    assert found is not None, url
    return found[1]


@pytest.mark.parametrize("role", list(Role))
def test_every_number_is_that_of_the_list_it_leads_to(app: Flask, busy: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    found = rows(person)
    assert found
    assert {label: listed(person, url) for label, (_, url) in found.items()} == {
        label: number for label, (number, _) in found.items()
    }


TICKETS = {"Overdue at level 0", "Overdue at level 1", "Overdue at level 2"}
CALLS = {"Callbacks due", "Callbacks overdue", "Unsatisfied callbacks"}
NEW, WAITING = {"Unassigned tickets"}, {"Waiting tickets"}
# What is due in an hour may be due tomorrow, and a week is to be signed on Mondays.
BY_THE_HOUR = {"Due today", "My tickets today", "Monday reviews to sign off"}
QUALITY = {"Findings due", "Findings overdue"}
DAILY, MONDAY = {"Daily reviews overdue"}, {"Monday reviews overdue"}


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.CLERK, TICKETS | CALLS | NEW | WAITING),
        (Role.BUTLER, TICKETS | CALLS | WAITING),
        (
            Role.ENGINEER,
            TICKETS | CALLS - {"Unsatisfied callbacks"} | WAITING | {"My open tickets"},
        ),
        (Role.SUPERVISOR, TICKETS | CALLS | NEW | WAITING | QUALITY | DAILY | {"Daily reviews to sign off"}),
        (Role.MANAGER, TICKETS | CALLS | NEW | WAITING | QUALITY | DAILY | MONDAY),
        (Role.ESTATE_ADMIN, TICKETS | CALLS | QUALITY | {"Imports to finish"}),
        (Role.QUALITY_OFFICER, TICKETS | CALLS | QUALITY | {"Imports to finish"}),
        (Role.HQ, TICKETS | CALLS | QUALITY | MONDAY),
        (Role.AUDITOR, TICKETS | CALLS | QUALITY),
    ],
)
def test_each_role_has_its_own_morning(app: Flask, busy: Cast, role: Role, labels: set[str]) -> None:
    found = set(rows(sign_in(app, address(role))))
    assert found - BY_THE_HOUR == labels


def test_the_most_alarming_comes_first(app: Flask, busy: Cast) -> None:
    order = list(rows(sign_in(app, address(Role.MANAGER))))
    assert order[0] == "Overdue at level 2"
    assert order.index("Overdue at level 1") < order.index("Unassigned tickets") < order.index("Waiting tickets")


def test_callbacks_are_due_for_three_days_and_then_overdue(app: Flask, busy: Cast) -> None:
    found = rows(sign_in(app, address(Role.CLERK)))
    assert found["Callbacks due"][0] == "1"  # resolved yesterday
    assert found["Callbacks overdue"][0] == "1"  # resolved four days ago, as another that was called about


def test_where_nothing_waits_that_is_said(app: Flask, session: Session, cast: Cast) -> None:
    session.execute(update(Account).where(Account.email == address(Role.CLERK)).values(name="陈静"))
    session.execute(delete(Callback))
    session.execute(update(Milestone).values(is_open=False))
    session.execute(update(Ticket).values(assignee_id=cast.id_of("staff"), state="closed", next_due_at=None))
    session.execute(update(Ticket).where(Ticket.id == cast.id_of("tickets", OTHER)).values(assignee_id=None))
    session.commit()
    page = sign_in(app, address(Role.CLERK)).get("/", **ENGLISH).text
    assert "Nothing waits for you." in page
    assert 'class="waits' not in page


def test_numbers_end_at_the_cap(app: Flask, busy: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(morning, "MOST_COUNTED", 1)
    found = rows(sign_in(app, address(Role.HQ)))
    assert found["Findings overdue"][0] in {"1+", "1"}
    assert {number for number, _ in found.values()} <= {"1", "1+"}


def test_what_is_always_called_about_is_in_the_table_of_limits() -> None:
    assert OWED.keys() == CALLED_BACK


def test_the_page_takes_as_many_statements_however_much_waits(app: Flask, session: Session, busy: Cast) -> None:
    person = sign_in(app, address(Role.MANAGER))
    person.get("/")
    with selects(session) as few:
        person.get("/")
    many = [report(session, busy, AGO["days"] + number * timedelta(minutes=1), OWN) for number in range(20)]
    with selects(session) as more:
        person.get("/")
    assert (len(few), len(many)) == (len(more), 20)
    assert len(few) <= 16
    db.session.remove()


def test_the_list_of_callbacks_due_is_exported_by_who_may(app: Flask, busy: Cast) -> None:
    clerk, engineer = (sign_in(app, address(role)) for role in (Role.CLERK, Role.ENGINEER))
    assert clerk.get("/callbacks-due/export/csv?owed=due").text.count("\n") == 2
    assert engineer.get("/callbacks-due/export/csv").status_code == 403
    assert clerk.get("/callbacks-due/?owed=x").status_code == 400
