"""Loading a sheet of 3,000 owners in a real browser, from the start page on."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.account import Role
from tests.infrastructure.people import PASSWORD, address, settle

FAULTY = set(range(100, 3001, 100))


def enter(page: Page, role: Role) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def phone(number: int) -> str:
    return "1.38E+10" if number in FAULTY else f"138{number:08}"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """3,000 owners in GB18030, every hundredth with a phone that lost its digits."""
    path = tmp_path / "业主.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["业主编号", "业主姓名", "手机号"])
        writer.writerows([f"N{number:04}", "陈静", phone(number)] for number in range(1, 3001))
    return path


def preview(page: Page, sheet: Path) -> None:
    page.goto("/")
    page.click("main a[href='/load/']")
    page.set_input_files("#file", sheet)
    page.click("form[enctype] button")
    page.wait_for_url(re.compile(r"/load/\d+/"))


def test_a_large_sheet_is_previewed_loaded_and_found_unchanged(session: Session, page: Page, sheet: Path) -> None:
    settle(session)
    enter(page, Role.ESTATE_ADMIN)
    preview(page, sheet)
    expect(page.locator(".tab-new strong")).to_have_text("2970")
    expect(page.locator(".tab-refused strong")).to_have_text("30")
    expect(page.locator("tbody tr")).to_have_count(30)
    expect(page.locator("tbody tr").first).to_contain_text("101")
    page.click("form[action$=commit] button")
    expect(page.locator(".alert-success")).to_contain_text("2970")
    preview(page, sheet)
    expect(page.locator(".tab-unchanged strong")).to_have_text("2970")
