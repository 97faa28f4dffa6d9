"""Importing documentation through the page."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.support.stack import Running

# Asked for first, so that nothing is started where there is no browser.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]

expect.set_options(timeout=PATIENCE_MS)


async def test_a_file_with_errors_names_row_and_column(sign_in: SignIn, tmp_path: Path) -> None:
    file = tmp_path / "organizations.csv"
    file.write_text("id,name\nbrowser-1,First\nbrowser-1,Twice\n", encoding="utf-8")
    page = await sign_in("administrator")
    await page.get_by_role("link", name="Import").click()
    await page.get_by_label("Choose an organizations file").set_input_files(file)
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("organizations.csv was not imported")
    wrong = alert.get_by_role("row").nth(1)
    await expect(wrong.get_by_role("cell").nth(0)).to_have_text("3")
    await expect(wrong.get_by_role("cell").nth(1)).to_have_text("id")


async def test_a_good_file_is_imported_with_its_counts(stack: Running, sign_in: SignIn, tmp_path: Path) -> None:
    file = tmp_path / "organizations.csv"
    file.write_text("id,name\nbrowser-2,Browser Bakery\n", encoding="utf-8")
    page = await sign_in("administrator")
    await page.get_by_role("link", name="Import").click()
    await page.get_by_label("Choose an organizations file").set_input_files(file)
    await expect(page.get_by_text("organizations.csv is imported")).to_be_visible()
    await expect(page.get_by_text("1 created, 0 updated, 0 unchanged, 0 rejected")).to_be_visible()
    found = stack.gateway.get("/api/organizations?search=Browser%20Bakery")
    assert [organization["id"] for organization in found] == ["browser-2"]


async def test_only_administrators_may_import(sign_in: SignIn) -> None:
    page = await sign_in("manager")
    await page.get_by_role("link", name="Import").click()
    await expect(page.get_by_text("Only Administrators may do this.")).to_be_visible()
    await expect(page.get_by_label("Choose an organizations file")).to_be_disabled()
