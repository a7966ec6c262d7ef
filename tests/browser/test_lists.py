"""Lists in a real browser: filters, saved views, columns, export; by keyboard, by mouse and by thumb."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import entities
from models.export_record import ExportRecord
from models.list_preference import ListPreference
from models.saved_view import SavedView
from models.staff import Staff
from operations.write import Insert, write, writing
from tests.infrastructure.people import AT, BY, NEXT, OWN, PASSWORD, Cast, address
from views.lists import MOST_OPTIONS

SHEET = "dialog.sheet[open]"


def enter(page: Page, role: Role = Role.CLERK) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def empty_facts(page: Page) -> list[str]:
    """The cells of the first card that show a label and nothing else."""
    cells = page.locator("tbody tr").first.locator("td:not(.chooser)")
    return [each.inner_html() for each in cells.all() if each.is_visible() and not each.inner_text().strip()]


def open_sheet(page: Page, part: str) -> None:
    page.click(f'a[data-sheet][href*="/{part}"]')
    expect(page.locator(SHEET)).to_be_visible()


@pytest.fixture
def staff(session: Session, cast: Cast) -> None:
    """So many colleagues that they are looked up, not shown."""
    person = {"estate_id": cast.id_of("estates"), "role": "engineer"}
    rows = [Insert(Staff, {**person, "number": f"S-{n:03}", "name": f"员工{n:03}"}) for n in range(MOST_OPTIONS + 1)]
    with writing(session):
        write(session, rows, by=BY, at=AT)


def test_a_list_is_filtered_and_each_chip_takes_a_filter_off(page: Page, cast: Cast) -> None:
    enter(page)
    page.goto("/tickets/")
    open_sheet(page, "filters")
    page.check(f"{SHEET} input[name=kind][value=repair]")
    page.select_option(f'{SHEET} select[name="assignee_id.is"]', "empty")
    expect(page.locator(f"{SHEET} input[name=assignee_id]").first).to_be_hidden()
    page.select_option(f'{SHEET} select[name="opened_at.is"]', "older")
    page.fill(f'{SHEET} input[name="opened_at.days"]', "14")
    page.click(f"{SHEET} .btn-primary")
    expect(page).to_have_url(re.compile(r"/tickets/\?kind=repair&assignee_id\.empty=yes&opened_at\.older=14d$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(f"{NEXT}-T")
    page.locator("a.chip").nth(1).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("a.chip")).to_have_count(2)


def test_the_filters_are_set_by_keyboard_alone(page: Page, cast: Cast) -> None:
    enter(page)
    page.goto("/tickets/")
    page.locator('a[data-sheet][href*="/filters"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{SHEET} [data-find-filter]")).to_be_focused()
    name = page.locator(f'{SHEET} .filter-days:has(select[name="next_due_at.is"]) legend').inner_text()
    page.keyboard.type(name)
    expect(page.locator(f"{SHEET} [data-filter]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(f'{SHEET} select[name="next_due_at.is"]')).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(SHEET)).to_have_count(0)
    expect(page.locator('a[data-sheet][href*="/filters"]')).to_be_focused()


def test_several_of_many_are_looked_up_and_chosen(page: Page, cast: Cast, staff: None) -> None:
    enter(page)
    page.goto("/tickets/")
    open_sheet(page, "filters")
    finder = page.locator(f"{SHEET} [data-picks=assignee_id] .lookup input[type=text]")
    finder.fill("S-001")
    page.click(f"{SHEET} [data-picks=assignee_id] [role=option]")
    finder.fill("E1-9")
    page.click(f"{SHEET} [data-picks=assignee_id] [role=option]")
    expect(page.locator(f"{SHEET} [data-picks=assignee_id] .checks input:checked")).to_have_count(2)
    page.click(f"{SHEET} .btn-primary")
    expect(page).to_have_url(re.compile(r"assignee_id=\d+&assignee_id=\d+$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("a.chip")).to_contain_text(["员工001"])


def test_a_list_is_saved_as_a_view_and_opens_with_it(page: Page, session: Session, cast: Cast) -> None:
    enter(page)
    page.goto("/tickets/?assignee_id.empty=yes")
    open_sheet(page, "views")
    page.fill(f"{SHEET} input[name=name]", "待派单")
    page.check(f"{SHEET} input[name=default]")
    page.click(f"{SHEET} button[value=save]")
    expect(page.locator(".views a[aria-current]")).to_have_text("待派单")
    page.goto("/tickets/")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator(".views a").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    open_sheet(page, "views")
    view = page.locator(f"{SHEET} .view-list li", has_text="待派单")
    view.locator(".rename").nth(1).locator("summary").click()
    view.locator("button[value=delete]").click()
    expect(page.locator(".views a", has_text="待派单")).to_have_count(0)
    assert session.scalars(select(SavedView.id)).all() == []


def test_columns_are_moved_by_buttons_and_remembered(page: Page, session: Session, cast: Cast) -> None:
    enter(page)
    page.goto("/tickets/")
    open_sheet(page, "columns")
    subject = page.locator(f"{SHEET} li", has=page.locator("input[value=subject]"))
    subject.locator("[data-move='-1']").focus()
    page.keyboard.press("Enter")
    expect(subject.locator("[data-move='-1']")).to_be_focused()
    expect(page.locator(f"{SHEET} [data-column-said]")).not_to_be_empty()
    page.uncheck(f"{SHEET} input[value=owner_id]")
    page.check(f"{SHEET} input[value=compact]")
    page.click(f"{SHEET} .btn-primary")
    expect(page.locator("tbody tr").first.locator("> th")).to_have_attribute("data-column", "subject")
    expect(page.locator("[data-density=compact]")).to_be_visible()
    assert (session.scalars(select(ListPreference.columns)).one() or "").startswith("subject,code,unit_id,kind,")


def test_a_column_is_dragged_to_its_place(page: Page, cast: Cast) -> None:
    enter(page)
    page.goto("/units/")
    open_sheet(page, "columns")
    items = page.locator(f"{SHEET} .column-list li")
    first = items.first.locator("input").get_attribute("value")
    items.nth(2).drag_to(items.first, target_position={"x": 20, "y": 2})
    expect(items.nth(1).locator("input")).to_have_attribute("value", str(first))


def test_the_filtered_list_leaves_as_a_file(page: Page, session: Session, cast: Cast) -> None:
    enter(page)
    page.goto("/tickets/?assignee_id.empty=yes")
    page.click(".heading-tools details.drop > summary")
    with page.expect_download() as download:
        page.click('.drop-item[href*="export/csv"][href*="columns=shown"]')
    content = download.value.path().read_text(encoding="utf-8-sig")
    assert (f"{NEXT}-T" in content, f"{OWN}-T" in content) == (True, False)
    assert session.scalars(select(ExportRecord.row_count)).all() == [1]


def test_lists_are_worked_by_thumb(page: Page, cast: Cast) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page)
    page.goto("/tickets/?kind=repair&state=new&opened_at.older=3d")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    card = page.locator("tbody tr").first
    assert card.locator("> th").bounding_box()["y"] < card.locator("[data-column=subject]").bounding_box()["y"]  # type: ignore[index]
    assert empty_facts(page) == []


@pytest.mark.parametrize("part", ["filters", "columns", "views"])
def test_a_sheet_is_as_wide_as_a_phone_and_stands_at_its_foot(page: Page, cast: Cast, part: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page)
    page.goto("/tickets/?kind=repair")
    open_sheet(page, part)
    box = page.locator(SHEET).bounding_box()
    assert box is not None
    assert (box["x"], round(box["width"]), round(box["y"] + box["height"])) == (0, 390, 844)
    page.locator(f"{SHEET} form[method=dialog] button").click()
    expect(page.locator(SHEET)).to_have_count(0)


def test_every_control_for_a_thumb_is_large_enough(page: Page, cast: Cast) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page)
    page.goto("/tickets/?kind=repair")
    open_sheet(page, "filters")
    small = page.evaluate(
        """() => [...document.querySelectorAll("dialog.sheet :is(button, select, .checks label, a.btn)")]
        .filter((each) => each.offsetParent && each.getBoundingClientRect().height < 40)
        .map((each) => each.outerHTML)"""
    )
    assert small == []


def test_without_scripts_filters_and_columns_are_pages(browser: object, server_url: str, cast: Cast) -> None:
    context = browser.new_context(base_url=server_url, java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    enter(page)
    page.goto("/tickets/")
    page.click('a[href*="/filters"]')
    page.select_option('select[name="assignee_id.is"]', "empty")
    page.click(".filter-form .btn-primary")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click('a[href*="/columns"]')
    page.uncheck("input[value=owner_id]")
    page.click(".columns-form .btn-primary")
    expect(page.locator("tbody [data-column=owner_id]")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"assignee_id\.empty=yes"))
    context.close()


# What the sheet sends does not depend on the database, and to open one for every entity takes long.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_entity_can_be_filtered(page: Page, cast: Cast) -> None:
    enter(page, Role.ADMINISTRATOR)
    assert {name: filtered(page, name) for name in entities()} == {name: f"/{name}/?view=all" for name in entities()}


def filtered(page: Page, name: str) -> str:
    """Where the panel of the entity leads when it is sent as it opens."""
    page.goto(f"/{name}/")
    open_sheet(page, "filters")
    page.click(f"{SHEET} .btn-primary")
    page.wait_for_url("**/?view=all")
    return page.url[page.url.index("/", 8) :]
