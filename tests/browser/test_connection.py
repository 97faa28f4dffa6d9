"""The test of a tenant's connection, on the whole running system."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.browser.support import details_of
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
