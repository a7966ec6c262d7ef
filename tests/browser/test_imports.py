"""A messy sheet of owners in a real browser: dropped, mapped by hand, repaired, loaded, taken back."""

import csv
from base64 import b64encode
from io import StringIO

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.owner import Owner
from tests.infrastructure.people import OWN, PASSWORD, PHONE, address

# What the pages do does not depend on the database: one of them suffices.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ROWS = 600
DROP = """([content, name]) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "text/csv" }));
  const zone = document.querySelector(".drop-zone");
  ["dragenter", "dragover", "drop"].forEach((kind) =>
    zone.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true })));
}"""


def enter(page: Page, role: Role) -> None:
    page.goto("/login")
    page.fill("#email", address(role))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def sheet() -> str:
    """Owners in GB18030 under a title and headings of somebody's own, some phones spelt oddly, some without digits,
    twelve units that are not there, and one owner who is there under another number.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["翠湖花园业主登记表", "", "", ""])
    writer.writerow(["档案", "姓名", "电话（手机）", "门牌"])
    for number in range(ROWS):
        phone = "1.38E+10" if number % 100 == 0 else f" 138 {number:08} "
        unit = f"{OWN}-{900 + number}" if number < 12 else ""
        writer.writerow([f"N{number:04}", "陈静", phone, unit])
    writer.writerow(["N9999", f"Owner {OWN}", PHONE, ""])
    return b64encode(text.getvalue().encode("gb18030")).decode()


def counted(page: Page, kind: str, number: int) -> None:
    expect(page.locator(f".tab-{kind} strong")).to_have_text(str(number))


def owners(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Owner)) or 0


@pytest.mark.usefixtures("cast")
def test_a_messy_sheet_is_dropped_mapped_repaired_loaded_and_taken_back(session: Session, page: Page) -> None:
    before = owners(session)
    enter(page, Role.ESTATE_ADMIN)
    page.click("main a[href='/load/']")
    page.wait_for_url("**/load/")
    page.evaluate(DROP, [sheet(), "业主.csv"])
    expect(page.locator("[data-chosen-file]")).to_contain_text("业主.csv")
    page.locator("form[data-upload] .btn-primary").press("Enter")

    # The headings of somebody's own are mapped by hand, by keyboard.
    page.wait_for_url("**/columns")
    page.locator("select[name=column-0]").select_option("number")
    page.locator("select[name=column-3]").select_option("unit.code")
    page.locator("button[name=go]").press("Enter")

    # The twelve units are made in one go; the phones without digits cannot be repaired and stay refused.
    page.wait_for_url("**/problems")
    expect(page.locator(".group").first).to_contain_text("12")
    page.locator(".repairs button").first.press("Enter")
    expect(page.locator(".made li")).to_have_count(1)
    page.locator("main a.btn-primary").click()

    # What would change; the owner who is there already is accepted.
    page.wait_for_url("**/load/*/")
    counted(page, "new", ROWS - 5)
    counted(page, "refused", 6)
    page.click(".tab-offers")
    expect(page.locator(".offer tr.differs")).to_have_count(1)
    page.locator(".offer .heading-tools button").press("Enter")
    page.click(".tab-changed")
    expect(page.locator(".changed-lines del")).to_have_text(OWN)
    expect(page.locator(".changed-lines ins")).to_have_text("N9999")
    assert owners(session) == before

    page.locator(".run-load button").press("Enter")
    expect(page.locator("#run-result")).to_contain_text(str(ROWS - 6))
    assert owners(session) == before + ROWS - 6
    expect(page.locator(".refused-lines tbody tr")).to_have_count(6)

    page.click(".run-result a[href$=undo]")
    page.locator("main .btn-danger").press("Enter")
    expect(page.locator(".run-result .tag, h1 .tag").first).to_be_visible()
    expect(page.locator(".run-result a[href$=undo]")).to_have_count(0)
    assert owners(session) == before


@pytest.mark.usefixtures("cast")
def test_a_large_file_shows_how_far_it_is_and_leaves_for_the_columns_by_itself(
    session: Session, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.import_jobs.LITTLE_FILE", 0)
    monkeypatch.setattr("views.import_progress.PATIENCE", 0)
    enter(page, Role.ESTATE_ADMIN)
    page.goto("/load/")
    page.evaluate(DROP, [sheet(), "业主.csv"])
    page.locator("form[data-upload] .btn-primary").press("Enter")
    expect(page.locator("[data-run-work] progress")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_contain_text("flask --app app work")
    page.locator("[data-waiting] button").press("Enter")  # nobody works in the background here
    page.wait_for_url("**/columns")
