"""By keyboard alone: the list of keys, rows, what a page offers; finding anything; and the look of the page."""

import pytest
from playwright.sync_api import Page, expect

from models.account import Role
from tests.infrastructure.people import OWN, PASSWORD, PHONE, Cast, address

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def desk(page: Page, cast: Cast) -> Page:
    """The start page of a supervisor."""
    page.goto("/login")
    page.fill("#email", address(Role.SUPERVISOR))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    return page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_question_mark_lists_the_keys_of_the_page(desk: Page) -> None:
    desk.goto("/tickets/")
    press(desk, "?")
    expect(desk.locator("#keys")).to_be_visible()
    expect(desk.locator("#keys dt", has_text="n").last).to_be_visible()
    press(desk, "Escape")
    expect(desk.locator("#keys")).to_be_hidden()


def test_rows_are_walked_and_opened(desk: Page) -> None:
    desk.goto("/tickets/")
    press(desk, "j", "j", "k", "Enter")
    desk.wait_for_url("**/tickets/*/")
    press(desk, "g", "h")
    desk.wait_for_url("**/")
    assert desk.url.endswith("/")


def test_a_new_record_and_the_search_are_a_key_away(desk: Page) -> None:
    desk.goto("/tickets/")
    press(desk, "/")
    expect(desk.locator("[role=search] input[type=search]")).to_be_focused()
    desk.keyboard.type("n?j")
    expect(desk.locator("[role=search] input[type=search]")).to_have_value("n?j")
    desk.locator("[role=search] input[type=search]").blur()
    press(desk, "n")
    desk.wait_for_url("**/tickets/new")


def test_anything_is_found_and_opened_by_keyboard(desk: Page, cast: Cast) -> None:
    press(desk, "Control+k")
    desk.keyboard.type(f"{OWN}-1")
    option = desk.locator("#palette [role=option]", has_text=f"{OWN}-1")
    expect(option.first).to_be_visible()
    press(desk, "ArrowDown", "ArrowUp", "Enter")
    desk.wait_for_url(lambda url: not url.endswith("/find") and url.count("/") == 5)
    expect(desk.locator("h1")).to_contain_text(OWN)


def test_what_is_typed_stays_out_of_the_address(desk: Page) -> None:
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    press(desk, "Control+k")
    desk.keyboard.type(PHONE)
    expect(desk.locator("#palette [role=option]").first).to_be_visible()
    assert not [url for url in asked if PHONE in url]


def test_a_page_is_found_by_its_name(desk: Page) -> None:
    press(desk, "Control+k")
    desk.keyboard.type("超时")
    expect(desk.locator("#palette [role=option][aria-selected=true]")).to_contain_text("超时")
    press(desk, "Enter")
    desk.wait_for_url("**/overdue/")


def test_nothing_found_is_said(desk: Page) -> None:
    press(desk, "Control+k")
    desk.keyboard.type("qqqqq")
    said = desk.locator("#palette").get_attribute("data-none")
    expect(desk.locator("#palette [role=status]")).to_have_text(said or "-")
    press(desk, "Escape")
    expect(desk.locator("#palette")).to_be_hidden()


def test_anything_is_found_by_thumb(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.click("[data-find-anything]")
    desk.keyboard.type(OWN)
    desk.locator("#palette [role=option]", has_text=OWN).first.click()
    expect(desk.locator("h1")).to_contain_text(OWN)


def test_the_menu_of_a_phone_is_a_drawer(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 844})
    expect(desk.locator("#menu")).to_be_hidden()
    desk.click("[popovertarget=menu]")
    expect(desk.locator("#menu")).to_be_visible()
    press(desk, "Escape")
    expect(desk.locator("#menu")).to_be_hidden()


def ground(page: Page) -> str:
    """The lightness of the page, dark or light."""
    shade = page.evaluate("parseInt(getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0])")
    return "dark" if shade < 128 else "light"


@pytest.mark.parametrize(
    ("chosen", "system", "seen"),
    [("auto", "dark", "dark"), ("auto", "light", "light"), ("dark", "light", "dark"), ("light", "dark", "light")],
)
def test_the_theme_is_the_one_chosen_or_the_systems(desk: Page, chosen: str, system: str, seen: str) -> None:
    desk.emulate_media(color_scheme=system)  # type: ignore[arg-type]  # one of the literals
    desk.goto("/tickets/?kind=repair")
    desk.click("[popovertarget=person-menu]")
    desk.click(f"#person-menu [name=theme][value={chosen}]")
    expect(desk.locator(f"html[data-theme={chosen}]")).to_be_attached()
    assert (ground(desk), desk.url.rpartition("/")[2]) == (seen, "?kind=repair")
