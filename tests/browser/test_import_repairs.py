"""Correcting a file by keyboard: each cell is saved without leaving the page, the next one is at hand."""

import pytest
from playwright.sync_api import Page, expect

from models.account import Role
from tests.infrastructure.people import PASSWORD, address

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FILE = "业主编号,业主姓名,手机号\nA1,陈静,12\nA2,李雷,34\nA3,韩梅,56\nA4,王芳,\n".encode()


@pytest.mark.usefixtures("cast")
def test_enter_saves_a_cell_and_goes_to_the_next(page: Page) -> None:
    page.goto("/login")
    page.fill("#email", address(Role.ESTATE_ADMIN))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.goto("/load/")
    page.set_input_files("#file", {"name": "业主.csv", "mimeType": "text/csv", "buffer": FILE})
    page.locator("form[data-upload] .btn-primary").click()
    page.wait_for_url("**/problems")
    before = page.url
    page.locator(".cell-fix input[type=text]").first.select_text()
    page.keyboard.type("13812345678")
    page.keyboard.press("Enter")
    count = page.locator(".group-count").first
    expect(count).to_have_text("2")
    expect(page.locator(":focus")).to_have_value("34")
    page.keyboard.type("13912345678")
    page.keyboard.press("Enter")
    expect(count).to_have_text("1")
    expect(page.locator(":focus")).to_have_value("56")
    page.locator(".made button").first.click()
    expect(count).to_have_text("2")
    assert page.url == before
