"""Tenants added and removed by hand, and the test of a tenant's connection, on the whole running system."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.browser.support import details_of, line_of, tab
from tests.support.stack import Running

# Asked for first, so that nothing is started where there is no browser.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]

expect.set_options(timeout=PATIENCE_MS)


async def test_a_tenant_without_a_licence_is_said_to_lack_one(stack: Running, sign_in: SignIn) -> None:
    tenants = stack.gateway.get("/api/tenants?status=all&limit=200")["items"]
    tenant = next(item for item in tenants if item["access_reason"] == "licence_missing")
    panel = await details_of(await sign_in("manager"), tenant)
    await panel.get_by_role("button", name="Test connection").click()
    await expect(panel).to_contain_text("The connection does not work.")
    await expect(panel).to_contain_text(f"{tenant['display_name']} has no Intune licence. Assign one")
    await expect(panel.get_by_role("button", name="Test connection")).to_be_enabled()


async def test_a_test_that_somebody_else_asked_for_is_shown(stack: Running, sign_in: SignIn) -> None:
    """By itself where the details are open, and to whoever opens them later."""
    tenants = stack.gateway.get("/api/tenants?status=matched&limit=200")["items"]
    tenant = next(item for item in tenants if item["access"] == "ok")
    first = await details_of(await sign_in("reader"), tenant)
    await expect(first).to_contain_text("Not tested lately.")
    stack.gateway.post(f"/api/tenants/{tenant['tenant_id']}/connection-test", {})
    await expect(first).to_contain_text("The connection works.")
    await expect(await details_of(await sign_in("reader"), tenant)).to_contain_text("The connection works.")


async def test_a_tenant_is_added_by_hand_and_removed(stack: Running, sign_in: SignIn) -> None:
    """The partner's own, which its lists do not name."""
    tenant_id = str(stack.stack.emulator["partner_tenant_id"])
    page = await sign_in("administrator")
    await page.get_by_role("button", name="Add tenant").click()
    dialog = page.get_by_role("dialog", name="Add tenant")
    await dialog.get_by_label("Tenant ID or domain").fill(f" {tenant_id.upper()} ")
    await dialog.get_by_label("Name (optional)").fill("Our own")
    await dialog.get_by_role("button", name="Add tenant").click()
    await expect(page.get_by_text("Our own is added.")).to_be_visible()
    await tab(page, "All").click()
    line = line_of(page, tenant_id)
    await page.get_by_label("Search tenants").fill(name_of(stack, tenant_id))
    await line.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Remove tenant").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove tenant").click()
    await expect(line).to_contain_text("No access")
    await expect(page.get_by_role("grid", name="Tenants")).to_contain_text(
        "Matchbook looks after this tenant no longer."
    )


def name_of(stack: Running, tenant_id: str) -> str:
    """What the tenant calls itself, once that was read."""
    found: list[str] = []

    def obstacle() -> str | None:
        found[:] = [
            item["display_name"]
            for item in stack.gateway.get("/api/tenants?status=all&limit=200")["items"]
            if item["tenant_id"] == tenant_id and item["relationship"] == "manual"
        ]
        return None if found else "it was not read yet"

    stack.wait_for(obstacle, what=f"tenant {tenant_id}")
    return found[0]


async def test_what_is_no_tenant_is_said_to_be_none(sign_in: SignIn) -> None:
    page = await sign_in("administrator")
    await page.get_by_role("button", name="Add tenant").click()
    dialog = page.get_by_role("dialog", name="Add tenant")
    await dialog.get_by_label("Tenant ID or domain").fill("nobody.example")
    await dialog.get_by_role("button", name="Add tenant").click()
    await expect(page.get_by_text("Microsoft knows no tenant nobody.example.")).to_be_visible()


async def test_the_partner_s_customers_are_not_removed_by_hand(stack: Running, sign_in: SignIn) -> None:
    tenant = stack.gateway.get("/api/tenants?status=matched&limit=1")["items"][0]
    page = await sign_in("administrator")
    await tab(page, "All").click()
    await page.get_by_label("Search tenants").fill(tenant["display_name"])
    await line_of(page, tenant["tenant_id"]).get_by_role("button", name="More actions").click()
    await expect(page.get_by_role("menuitem", name="Remove tenant")).to_be_disabled()
