"""The front desk's and the supervisor's day in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.account import Role
from models.ticket import Severity, TicketKind
from tests.infrastructure.desk import AGO, latest, report, ticket
from tests.infrastructure.people import NEXT, OWN, PASSWORD, PHONE, Cast, address


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


def enter(page: Page, role: Role) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_a_report_is_taken_in_by_keyboard_alone(session: Session, page: Page, cast: Cast) -> None:
    enter(page, Role.CLERK)
    page.goto("/tickets/new")
    expect(page.locator("#f-who")).to_be_focused()
    page.keyboard.type(PHONE)
    expect(page.locator("#f-who ~ ul [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")  # from repair to complaint
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("保洁不到位")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("保洁不到位")
    taken = latest(session)
    assert (taken.unit_id, taken.owner_id) == (cast.id_of("units", OWN), cast.id_of("owners", OWN))
    assert (taken.kind, taken.severity) == (TicketKind.COMPLAINT, Severity.MINOR)


def test_enter_waits_for_the_only_match_of_what_was_typed(session: Session, page: Page, cast: Cast) -> None:
    enter(page, Role.CLERK)
    page.goto("/tickets/new")
    expect(page.locator("#f-who")).to_be_focused()
    page.keyboard.type(f"{NEXT}-1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-proposal]")).to_be_attached()
    expect(page.locator("input[name=who]")).to_have_value(f"u{cast.id_of('units', NEXT)}o{cast.id_of('owners', NEXT)}")
    page.fill("#f-subject", "门锁打不开")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("门锁打不开")
    assert latest(session).unit_id == cast.id_of("units", NEXT)


def test_severities_follow_the_kind(page: Page, cast: Cast) -> None:
    enter(page, Role.CLERK)
    page.goto("/tickets/new")
    shown = page.locator("#f-severity label:visible input")
    assert [each.get_attribute("value") for each in shown.all()] == ["ordinary", "urgent"]
    page.locator("input[name=kind][value=complaint]").check(force=True)
    assert [each.get_attribute("value") for each in shown.all()] == ["minor", "important", "major"]
    page.locator("input[name=kind][value=help]").check(force=True)
    expect(page.locator("#f-severity")).to_be_hidden()


def test_the_overdue_list_is_filtered_and_two_are_reassigned(session: Session, page: Page, cast: Cast) -> None:
    late = [report(session, cast, AGO["days"], subject=f"咨询{number}") for number in range(3)]
    report(session, cast, AGO["day"], kind=TicketKind.HELP, subject="求助")
    enter(page, Role.SUPERVISOR)
    page.goto("/overdue/")
    expect(page.locator("tbody tr")).to_have_count(4)
    page.click(".filter-panel summary")
    page.select_option("select[name=kind]", "consultation")
    page.click(".filter-panel form .btn-primary")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("[data-row]").nth(0).check()
    page.locator("[data-row]").nth(1).check()
    expect(page.locator("[data-chosen]")).to_have_text("2")
    page.click("button[value=assign]")
    page.select_option("#assignee", str(cast.id_of("staff")))
    page.click("main form .btn-primary")
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page).to_have_url("/overdue/?kind=consultation")
    assignees = [ticket(session, ticket_id).assignee_id for ticket_id in late]
    assert assignees == [cast.id_of("staff"), cast.id_of("staff"), None]


def test_a_ticket_is_worked_by_thumb(session: Session, page: Page, cast: Cast) -> None:
    ticket_id = report(session, cast, AGO["minutes"])
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, Role.CLERK)
    page.goto(f"/tickets/{ticket_id}/")
    page.locator("details.act", has=page.locator("#a-resolve-note")).locator("summary").click()
    page.fill("#a-resolve-note", "已答复")
    page.click("#a-resolve-note ~ button")
    expect(page.locator(".timeline")).to_contain_text("已答复")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_editing_a_ticket_keeps_its_severity(session: Session, page: Page, cast: Cast) -> None:
    ticket_id = report(session, cast, timedelta(hours=1), kind=TicketKind.REPAIR, severity=Severity.URGENT)
    enter(page, Role.CLERK)
    page.goto(f"/tickets/{ticket_id}/edit")
    chosen = page.locator("#f-severity").input_value()
    page.fill("#f-subject", "改过的事由")
    page.click("form.card button.btn-primary")
    expect(page.locator("h1")).to_contain_text("改过的事由")
    assert chosen == ticket(session, ticket_id).severity


def test_a_severity_that_no_longer_fits_is_taken_back(session: Session, page: Page, cast: Cast) -> None:
    ticket_id = report(session, cast, timedelta(hours=1), kind=TicketKind.REPAIR, severity=Severity.URGENT)
    enter(page, Role.CLERK)
    page.goto(f"/tickets/{ticket_id}/edit")
    page.select_option("#f-kind", "complaint")
    expect(page.locator("#f-severity")).to_have_value("")
