"""Standards that run themselves, in a real browser: changed and tried out, read on a ticket, paused, escalated, closed.

What a page is made of does not depend on the database: one of them suffices.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.ticket import Severity, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations.sweep import sweep
from tests.infrastructure.desk import latest, report, ticket
from tests.infrastructure.people import BY, PASSWORD, PHONE, Cast, address
from tests.infrastructure.web import PATIENCE, watch
from tests.infrastructure.words import chinese

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SHANGHAI = ZoneInfo("Asia/Shanghai")
PHONE_SCREEN: ViewportSize = {"width": 390, "height": 844}
DESK_SCREEN: ViewportSize = {"width": 1440, "height": 900}
MINOR = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR, "subject": "楼道灯不亮"}
RESOLUTION = chinese("Resolution")
IMPORTANT = {"kind": TicketKind.COMPLAINT, "severity": Severity.IMPORTANT, "subject": "保安态度恶劣"}


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def colleague(browser: Browser, server_url: str) -> Iterator[Page]:
    """A second person at a browser of their own; any fault on the page fails the test."""
    context = browser.new_context(base_url=server_url, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults = watch(page, server_url)
    yield page
    context.close()
    assert not faults, "\n".join(faults)


def enter(page: Page, role: Role) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def demand_narrow(page: Page) -> None:
    """The page as it stands fits on a phone; then it is wide again."""
    page.set_viewport_size(PHONE_SCREEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_SCREEN["width"], page.url
    page.set_viewport_size(DESK_SCREEN)


def step(page: Page, action: str) -> Locator:
    """The form of the action, opened; actions that are not next stand under the other steps."""
    form = page.locator("form.act-form", has=page.locator(f"input[name=action][value={action}]"))
    expect(form).to_be_attached()
    page.locator("details.others").evaluate_all("all => all.forEach(each => { each.open = true })")
    page.locator("details.act", has=form).locator("summary").click()
    expect(form).to_be_visible()
    return form


def in_browser(moment: datetime) -> str:
    """A moment as its control takes it, in the estate's time."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def happened(session: Session, ticket_id: int) -> list[EventKind]:
    session.rollback()
    return list(
        session.scalars(select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id))
    )


def why(page: Page, milestone: str) -> Locator:
    """The reasons of the milestone's date, opened."""
    row = page.locator("tbody.with-why", has=page.get_by_role("rowheader", name=milestone))
    row.locator("details.why summary").click()
    return row.locator("details.why")


def test_a_standard_is_changed_in_a_draft_tried_out_and_adopted(session: Session, page: Page, cast: Cast) -> None:
    open_id = report(session, cast, timedelta(hours=3), **MINOR)
    report(session, cast, timedelta(days=40), **MINOR)
    enter(page, Role.QUALITY_OFFICER)
    page.goto("/drafts/new")
    page.fill("#f-name", "投诉一天办结")
    page.select_option("#f-standard_set_id", label="默认标准")
    page.locator(".save-bar .btn-primary, form.card .btn-primary").first.click()
    page.wait_for_url("**/rules")
    demand_narrow(page)
    rule = page.locator("tr", has_text="S3 第5篇 5.2.3").filter(has_text=RESOLUTION).first
    rule.locator("input[name$='.value']").fill("1")
    page.locator(".save-bar button.btn-primary").click()
    expect(page.locator(".draft-lines")).to_contain_text("1 天")
    demand_narrow(page)
    page.get_by_role("button", name=chinese("See what it would do")).click()
    expect(page.locator("#draft-moved")).to_be_visible()
    expect(page.locator("#draft-moved .count")).to_have_text("2")
    demand_narrow(page)
    page.locator("input[name=moves_dates]").check()
    page.locator(".draft-adopt button").click()
    expect(page.locator("main")).to_contain_text(chinese("The dates of open tickets were moved to it."))
    page.goto(f"/tickets/{open_id}/")
    expect(page.locator(".timeline")).to_contain_text(chinese("Dates moved"))
    reasons = why(page, RESOLUTION)
    expect(reasons).to_contain_text("S3 第5篇 5.2.3")
    expect(reasons).to_contain_text("1 天")
    demand_narrow(page)


def test_a_ticket_is_opened_and_says_why(session: Session, page: Page, cast: Cast) -> None:
    enter(page, Role.CLERK)
    page.goto("/tickets/new")
    expect(page.locator("#f-who")).to_be_focused()
    page.keyboard.type(PHONE)
    expect(page.locator("#f-who ~ ul [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("input[name=kind][value=complaint]").check(force=True)
    page.locator("input[name=severity][value=minor]").check(force=True)
    page.fill("#f-subject", "楼道灯不亮")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("楼道灯不亮")
    reasons = why(page, RESOLUTION)
    expect(reasons).to_contain_text("默认标准")
    expect(reasons).to_contain_text("S3 第5篇 5.2.3")
    expect(reasons).to_contain_text("2 天")
    demand_narrow(page)
    assert latest(session).state is TicketState.NEW


def test_the_clock_stops_only_with_the_proof_that_the_owner_was_told(session: Session, page: Page, cast: Cast) -> None:
    ticket_id = report(session, cast, timedelta(hours=3), **MINOR)
    enter(page, Role.CLERK)
    page.goto(f"/tickets/{ticket_id}/")
    before = page.locator("tbody.with-why", has=page.get_by_role("rowheader", name=RESOLUTION)).locator("td").first
    promised = before.inner_text()
    without = step(page, "wait")
    without.locator("[name=pause_reason]").select_option("parts")
    without.locator("button").click()
    expect(page.locator("main")).to_contain_text(chinese("The owner was not told: the clock runs on"))
    expect(before).to_have_text(promised)
    demand_narrow(page)
    told = step(page, "tell_owner")
    told.locator("[name=told_channel]").select_option("phone")
    told.locator("[name=told_at]").fill(in_browser(now()))
    told.locator("[name=expected_until]").fill(in_browser(now() + timedelta(hours=8)))
    told.locator("button").click()
    expect(page.locator("main")).to_contain_text(chinese("Owner told"))
    expect(before).not_to_have_text(promised)
    expect(why(page, RESOLUTION)).to_contain_text(chinese("Parts to be bought"))
    demand_narrow(page)
    assert happened(session, ticket_id)[-2:] == [EventKind.WAITING, EventKind.OWNER_TOLD]


def test_what_escalates_is_told_acknowledged_and_closed_by_the_manager_alone(
    session: Session, page: Page, colleague: Page, cast: Cast
) -> None:
    ticket_id = report(session, cast, timedelta(days=8), **MINOR)
    sweep(session, now(), BY)
    enter(page, Role.SUPERVISOR)
    expect(page.locator(".inbox-link")).to_contain_text(chinese("unread"))
    page.goto("/inbox/")
    demand_narrow(page)
    page.locator(".inbox .note", has_text="楼道灯不亮").locator(".btn-primary").first.click()
    expect(page.locator(".inbox")).to_contain_text("已于")
    page.goto(f"/tickets/{ticket_id}/")
    expect(page.locator(".timeline")).to_contain_text(chinese("Acknowledged"))
    expect(page.locator("input[name=action][value=close_unresolved]")).to_have_count(0)
    enter(colleague, Role.MANAGER)
    colleague.goto(f"/tickets/{ticket_id}/")
    form = step(colleague, "close_unresolved")
    form.locator("[name=reason]").fill("业主不同意入户，已书面告知")
    form.locator("button").click()
    expect(colleague.locator(".timeline")).to_contain_text("业主不同意入户，已书面告知")
    demand_narrow(colleague)
    assert ticket(session, ticket_id).state is TicketState.CLOSED_UNRESOLVED


def test_a_clerk_who_asks_to_close_unresolved_all_the_same_is_refused(session: Session, page: Page, cast: Cast) -> None:
    ticket_id = report(session, cast, timedelta(days=8), **IMPORTANT)
    enter(page, Role.CLERK)
    page.goto(f"/tickets/{ticket_id}/")
    expect(page.locator("input[name=action][value=close_unresolved]")).to_have_count(0)
    # The form of another step, made to ask for this one.
    note = page.locator("form.note-form")
    note.locator("input[name=action]").evaluate("input => { input.value = 'close_unresolved' }")
    note.locator("textarea").evaluate("area => { area.name = 'reason' }")
    note.locator("textarea").fill("做不了")
    note.locator("button").click()
    expect(page.locator("#faults")).to_contain_text("您的角色")
    demand_narrow(page)
    assert ticket(session, ticket_id).state is TicketState.NEW
