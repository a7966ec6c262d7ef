"""Edit in the cell and bulk work in a real browser, by keyboard, by mouse and by thumb."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.account import Role
from models.ticket import Category, Severity, TicketKind
from tests.infrastructure.axe import violations
from tests.infrastructure.desk import AGO, report, ticket
from tests.infrastructure.people import PASSWORD, Cast, address

LIST = "/tickets/?view=all&sort=-opened_at&opened_at.from=2026-06-01"  # without the cast's own


@pytest.fixture
def cast(equipped: Cast, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def ids(session: Session, cast: Cast) -> list[int]:
    """Four complaints, the latest first."""
    words = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
    made = [
        report(session, cast, AGO[each], subject=f"投诉{each}", **words) for each in ("weeks", "days", "day", "minutes")
    ]
    session.commit()
    return made[::-1]


def enter(page: Page, role: Role = Role.SUPERVISOR, path: str = LIST) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.goto(path)


def test_cells_are_edited_by_keyboard_from_one_to_the_next(session: Session, page: Page, ids: list[int]) -> None:
    enter(page)
    cell = page.locator(f"tr[data-id='{ids[0]}'] [data-column=subject]")
    cell.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-value-subject")).to_be_focused()
    page.keyboard.type("改过的事由")
    page.keyboard.press("Tab")
    expect(page.locator(f"tr[data-id='{ids[0]}'] .cell-editor [name='value-unit_id']")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".cell-editor")).to_have_count(0)
    expect(page.locator(f"tr[data-id='{ids[0]}'] [data-column=unit_id]")).to_be_focused()
    assert ticket(session, ids[0]).subject == "改过的事由"
    assert page.locator(f"tr[data-id='{ids[0]}']").get_attribute("data-version") == "2"


def test_what_hangs_on_a_cell_is_shown_with_it(session: Session, page: Page, ids: list[int]) -> None:
    enter(page)
    row = page.locator(f"tr[data-id='{ids[1]}']")
    level = row.locator("[data-column=level]").text_content()
    row.locator("[data-column=severity]").dblclick()
    page.select_option("#f-value-severity", "major")
    page.keyboard.press("Enter")
    expect(row.locator("[data-column=severity]")).to_have_text("重大")
    expect(row.locator("[data-column=severity]")).to_be_focused()
    expect(row.locator("[data-column=level]")).not_to_have_text(level or "")
    assert ticket(session, ids[1]).severity is Severity.MAJOR


def test_escape_leaves_the_cell_as_it_was(session: Session, page: Page, ids: list[int]) -> None:
    enter(page)
    cell = page.locator(f"tr[data-id='{ids[0]}'] [data-column=subject]")
    before = cell.inner_html()
    cell.dblclick()
    expect(page.locator("#f-value-subject")).to_be_focused()
    page.keyboard.type("nothing of it")
    page.keyboard.press("Escape")
    expect(cell).to_be_focused()
    assert cell.inner_html() == before
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"tr[data-id='{ids[1]}'] [data-column=subject]")).to_be_focused()


def test_a_cell_of_a_card_is_edited_by_thumb(session: Session, page: Page, ids: list[int]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page)
    row = page.locator(f"tr[data-id='{ids[0]}']")
    row.locator("[data-edit-card]").click()
    row.locator("[data-column=severity]").click()
    page.select_option("#f-value-severity", "important")
    page.locator("[data-save]").click()
    expect(row.locator("[data-column=severity]")).to_have_text("重要")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_rows_are_chosen_in_a_range_and_one_field_is_set_on_them(session: Session, page: Page, ids: list[int]) -> None:
    enter(page)
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.locator("[data-row]").nth(0).check()
    page.locator("[data-row]").nth(2).click(modifiers=["Shift"])
    expect(page.locator("[data-chosen]")).to_have_text("3")
    page.select_option("[data-bulk] [name=column]", "category")
    page.select_option("#f-value-category", "noise")
    page.locator("main form .btn-primary").click()
    expect(page.locator(".alert-success")).to_be_visible()
    assert [ticket(session, each).category for each in ids] == [*[Category.NOISE] * 3, None]


def test_rows_are_chosen_and_reassigned_by_keyboard(session: Session, page: Page, ids: list[int], cast: Cast) -> None:
    enter(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_have_text("2")
    page.locator("[data-bulk] button[value=assign]").press("Enter")
    page.select_option("#assignee", str(cast.id_of("staff")))
    page.locator("main form .btn-primary").press("Enter")
    expect(page.locator(".alert-success")).to_be_visible()
    assert [ticket(session, each).assignee_id for each in ids] == [*[cast.id_of("staff")] * 2, None, None]


def test_the_whole_filtered_list_is_changed_and_taken_back(session: Session, page: Page, ids: list[int]) -> None:
    enter(page)
    page.locator("[data-all]").check()
    page.locator("[data-all-filtered]").check()
    page.select_option("[data-bulk] [name=column]", "category")
    page.select_option("#f-value-category", "noise")
    page.locator("main form .btn-primary").click()
    expect(page.locator(".alert-success")).to_be_visible()
    assert [ticket(session, each).category for each in ids] == [Category.NOISE] * 4
    session.rollback()
    page.locator(".alert-success .undo button").click()
    expect(page.locator(".alert-success .undo")).to_have_count(0)
    expect(page.locator(".alert-success")).to_be_visible()
    assert [ticket(session, each).category for each in ids] == [None] * 4


def test_what_appears_while_editing_is_accessible(page: Page, ids: list[int], cast: Cast) -> None:
    enter(page)
    page.locator("[data-row]").nth(0).check()
    page.locator(f"tr[data-id='{ids[1]}'] [data-column=severity]").dblclick()
    expect(page.locator("#f-value-severity")).to_be_focused()
    found = violations(page)
    page.keyboard.press("Escape")
    page.locator("[data-bulk] button[value=assign]").click()
    found += violations(page)
    page.select_option("#assignee", str(cast.id_of("staff")))
    page.locator("main form .btn-primary").click()
    found += violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-edit-card]").nth(0).click()
    page.locator("[data-row]").nth(0).check()
    assert found + violations(page) == []


def test_nothing_chosen_takes_the_bar_away(page: Page, ids: list[int]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page)
    page.locator("[data-row]").nth(0).check()
    expect(page.locator("[data-bulk]")).to_be_in_viewport()
    page.locator("[data-choose-none]").click()
    expect(page.locator("[data-bulk]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
