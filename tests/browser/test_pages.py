"""Every kind of page in a browser, light and dark, wide and on a phone: accessible, within its policy, and no wider
than the screen.

What a page is made of does not depend on the database: one of them suffices.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize
from sqlalchemy.orm import Session

from tests.infrastructure.axe import violations
from tests.infrastructure.pages import ROLE, VISITOR, addresses, work
from tests.infrastructure.people import PASSWORD, Cast, address

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

# What a reader of the page finds by its outline.
OUTLINE = """() => ({
    lang: document.documentElement.lang, headings: document.querySelectorAll("h1").length,
    mains: document.querySelectorAll("main").length, skips: document.querySelectorAll(".skip[href='#main']").length,
    inline: document.querySelectorAll("[style], style, script:not([src]), [onclick], [onchange], [onsubmit]").length,
    unscoped: document.querySelectorAll("table th:not([scope])").length})"""
WELL_MADE = {"lang": "zh-Hans", "headings": 1, "mains": 1, "skips": 1, "inline": 0, "unscoped": 0}
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def kinds(session: Session, cast: Cast) -> dict[str, str]:
    """The addresses of all kinds of page, each with something to show."""
    return addresses(work(session, cast))


def faults(page: Page, kinds: Mapping[str, str], theme: str) -> dict[str, list[Any]]:
    """What is wrong with each of the pages, where anything is; in the dark only the colours are others."""
    found = {kind: list(faults_of(page, path, theme == "dark")) for kind, path in kinds.items()}
    return {kind: wrong for kind, wrong in found.items() if wrong}


def faults_of(page: Page, path: str, only_colours: bool) -> Iterator[Any]:
    page.set_viewport_size(WIDE)
    page.goto(path)
    outline = page.evaluate(OUTLINE)
    if outline != WELL_MADE:
        yield outline
    yield from violations(page, only_colours=only_colours)
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"]:
        yield f"{width} pixels wide on a phone"
    yield from violations(page, only_colours=only_colours)


def enter(page: Page) -> None:
    page.goto("/login")
    page.fill("#email", address(ROLE))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_kind_of_page_is_well_made(page: Page, kinds: dict[str, str], theme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    before = faults(page, VISITOR, theme)
    enter(page)
    assert {**before, **faults(page, kinds, theme)} == {}


def test_what_opens_on_a_page_bars_nobody(page: Page, cast: Cast) -> None:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    enter(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("ZZOWN")
    page.locator("#palette [role=option]", has_text="ZZOWN").first.wait_for()
    found = violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += violations(page)
    page.keyboard.press("Escape")
    page.click("[popovertarget=person-menu]")
    found += violations(page)
    page.set_viewport_size(PHONE)
    page.click("[popovertarget=menu]")
    assert [*found, *violations(page)] == []


def test_a_refused_form_bars_nobody_and_leads_to_its_faults(page: Page, cast: Cast) -> None:
    enter(page)
    page.goto("/owners/new")
    page.click(".save-bar .btn-primary")
    page.locator("#faults").wait_for()
    assert page.evaluate("document.activeElement.id") == "faults"
    assert violations(page) == []
    page.locator("#faults a").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
