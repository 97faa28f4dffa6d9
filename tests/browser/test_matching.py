"""What a technician does all day, on the whole running system."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.browser.support import comes_to_stand, row, show, standing, system_matching, tab, unmatched
from tests.support.stack import Running

# Asked for first, so that nothing is started where there is no browser.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]

expect.set_options(timeout=PATIENCE_MS)


async def test_an_accepted_suggestion_shows_as_matched(stack: Running, sign_in: SignIn) -> None:
    (device,) = unmatched(stack, "suggested")
    page = await sign_in("manager")
    line = await system_matching(page, device)
    await expect(line).to_contain_text(device["suggestion"]["target_name"])

    await line.get_by_role("button", name="Accept Suggested Match").click()

    await expect(page.get_by_text(f"{device['device_name']} is matched.")).to_be_visible()
    await expect(line).to_have_count(0)
    await tab(page, "Matched").click()
    await expect(line).to_contain_text(device["suggestion"]["target_name"])
    await expect(line.get_by_role("button", name="Change Match")).to_be_enabled()
    now = comes_to_stand(stack, device, "matched")
    assert now["configuration"]["id"] == device["suggestion"]["target_id"]


async def test_undo_takes_an_accepted_suggestion_back(stack: Running, sign_in: SignIn) -> None:
    (device,) = unmatched(stack, "suggested")
    page = await sign_in("manager")
    line = await system_matching(page, device)
    await line.get_by_role("button", name="Accept Suggested Match").click()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text(f"{device['device_name']} is back in Unmatched.")).to_be_visible()
    await expect(line).to_be_visible()
    comes_to_stand(stack, device, "unmatched")


async def test_the_keyboard_is_enough(stack: Running, sign_in: SignIn) -> None:
    (device,) = unmatched(stack, "suggested")
    page = await sign_in("manager")
    line = await system_matching(page, device)
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_label("Search devices").press("Enter")
    await page.keyboard.press("Enter")
    panel = page.get_by_role("complementary")
    await expect(panel.get_by_role("heading", name="Why this match")).to_be_visible()
    await expect(panel.get_by_role("row").first).to_be_visible()
    await page.keyboard.press("a")
    await expect(line).to_have_count(0)
    comes_to_stand(stack, device, "matched")


async def test_a_rejected_decision_says_why_on_its_row(stack: Running, sign_in: SignIn) -> None:
    # The suggested configuration is free and has the device's serial number, so creating another one is refused.
    device = next(
        found
        for found in unmatched(stack, "suggested", of_one_tenant=3)
        if found["suggestion"]["rule"] == "serial_number"
    )
    page = await sign_in("manager")
    line = await system_matching(page, device)
    await line.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Create Configuration").click()
    await page.get_by_role("dialog").get_by_role("button", name="Create Configuration").click()
    await expect(line.locator(".grid-note")).not_to_be_empty()
    rejection = standing(stack, device)["rejection"]
    assert rejection["reason"] == "candidates_exist"
    await expect(line).to_contain_text(rejection["message"])


async def test_checked_rows_are_ignored_together_and_reverted_again(stack: Running, sign_in: SignIn) -> None:
    devices = unmatched(stack, "suggested", of_one_tenant=2)
    page = await sign_in("manager")
    await show(page, devices[0], status="unmatched", search=False)
    for device in devices:
        await page.get_by_label("Search devices").fill("")
        await row(page, device).get_by_role("checkbox").check()
    await page.get_by_role("button", name="Bulk Actions").click()
    await page.get_by_role("menuitem", name="Ignore").click()
    await page.get_by_role("dialog").get_by_label("Reason").fill("Spare machines")
    await page.get_by_role("dialog").get_by_role("button", name="Ignore").click()
    await expect(page.get_by_text("Ignoring 2 devices: 2 done")).to_be_visible()
    await tab(page, "Ignored").click()
    for device in devices:
        await expect(row(page, device)).to_contain_text("Spare machines")
        await row(page, device).get_by_role("button", name="Revert to Unmatched").click()
        await expect(row(page, device)).to_have_count(0)
        comes_to_stand(stack, device, "unmatched")


async def test_what_another_person_decides_shows_by_itself(stack: Running, sign_in: SignIn) -> None:
    (device,) = unmatched(stack, "suggested")
    page = await sign_in("reader")
    line = await system_matching(page, device)
    await expect(line).to_be_visible()
    decision = {"command": "IgnoreDevice", "tenant_id": device["tenant_id"], "device_id": device["device_id"]}
    stack.gateway.post("/api/decisions", {"decisions": [decision]})
    await expect(line).to_have_count(0)
    await tab(page, "Ignored").click()
    await expect(line).to_be_visible()


async def test_a_reader_sees_the_actions_and_why_they_are_not_theirs(stack: Running, sign_in: SignIn) -> None:
    (device,) = unmatched(stack, "suggested")
    page = await sign_in("reader")
    line = await system_matching(page, device)
    await expect(line.get_by_role("button", name="Accept Suggested Match")).to_be_disabled()
    await line.get_by_role("button", name="More actions").click()
    menu = page.get_by_role("menu", name="More actions")
    await expect(menu).to_contain_text("You are signed in as a Reader")
    await expect(menu.get_by_role("menuitem", name="Match To")).to_have_attribute("aria-disabled", "true")
