"""What is set for one tenant, on the whole running system."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PATIENCE_MS, SignIn
from tests.browser.support import details_of
from tests.support.stack import Running

# Asked for first, so that nothing is started where there is no browser.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]

expect.set_options(timeout=PATIENCE_MS)


async def test_a_tenant_gets_a_schedule_of_its_own_and_goes_back_to_the_default(
    stack: Running, sign_in: SignIn
) -> None:
    tenant = stack.gateway.get("/api/tenants?status=matched&limit=1")["items"][0]
    panel = await details_of(await sign_in("administrator"), tenant)
    schedule = panel.get_by_label("Sync every")
    await expect(schedule).to_have_value("default")
    for option, value in (("6 hours", "21600"), ("The account's default", "default")):
        await schedule.select_option(option)
        await expect(schedule).to_have_value(value)
    sync = panel.get_by_label("Sync Intune Devices")
    for option, value in (("On", "on"), ("The account's default", "default")):
        await sync.select_option(option)
        await expect(sync).to_have_value(value)


async def test_who_may_not_set_it_sees_it(stack: Running, sign_in: SignIn) -> None:
    tenant = stack.gateway.get("/api/tenants?status=matched&limit=1")["items"][0]
    panel = await details_of(await sign_in("reader"), tenant)
    await expect(panel.get_by_label("Sync every")).to_be_disabled()
