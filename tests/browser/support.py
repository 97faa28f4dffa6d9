"""Finding rows on the page, and devices to try things on, by what the gateway says of them."""

import re
from collections.abc import Iterator
from typing import Any

from playwright.async_api import Locator, Page

from tests.support.stack import Running

Device = dict[str, Any]


def unmatched(stack: Running, suggestion: str, *, of_one_tenant: int = 1) -> list[Device]:
    """Unmatched devices of one tenant with a suggestion of a kind, each of which can be searched for."""
    for tenant in stack.gateway.get("/api/tenants?status=matched&limit=200")["items"]:
        address = f"/api/tenants/{tenant['tenant_id']}/devices?status=unmatched&suggestion={suggestion}&limit=500"
        found = list(distinct(stack.gateway.get(address)["items"]))
        if len(found) >= of_one_tenant:
            return found[:of_one_tenant]
    message = f"this world has no tenant with {of_one_tenant} unmatched devices of the kind {suggestion}"
    raise AssertionError(message)


def distinct(devices: list[Device]) -> Iterator[Device]:
    """Those that nothing is being decided about and that a search for their serial number finds alone."""
    serials = [device["serial_number"] or "" for device in devices]
    for device in devices:
        serial = device["serial_number"]
        if serial and not device["pending"] and sum(serial in other for other in serials) == 1:
            yield device


async def system_matching(page: Page, device: Device, *, status: str = "unmatched") -> Locator:
    """Open System Matching of the device's tenant with the device searched for; its row."""
    await show(page, device, status=status)
    return row(page, device)


async def show(page: Page, device: Device, *, status: str, search: bool = True) -> None:
    await page.goto(f"{origin(page)}/tenants/{device['tenant_id']}?status={status}")
    await page.get_by_role("heading", name="System Matching").wait_for()
    if search:
        await page.get_by_label("Search devices").fill(device["serial_number"])


def row(page: Page, device: Device) -> Locator:
    # Names are no identity: a tenant may have several devices called alike.
    return page.locator(f'[role="row"][id$="{device["device_id"]}"]')


def tab(page: Page, name: str) -> Locator:
    """A filter by its name, which its count follows."""
    return page.get_by_role("group", name="Filter by status").get_by_role("button", name=re.compile(f"^{name}"))


def line_of(page: Page, tenant_id: str) -> Locator:
    """A tenant's row in the list."""
    return page.locator(f'[role="row"][id$="{tenant_id}"]')


async def details_of(page: Page, tenant: dict[str, Any]) -> Locator:
    """Open the details of a tenant from the list of all; their panel."""
    await tab(page, "All").click()
    await page.get_by_label("Search tenants").fill(tenant["display_name"])
    await line_of(page, tenant["tenant_id"]).get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Show Details").click()
    return page.get_by_role("complementary")


def origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def comes_to_stand(stack: Running, device: Device, status: str) -> Device:
    """Wait until the gateway too has the device as the page shows it; the page may be told first."""

    def obstacle() -> str | None:
        found = standing(stack, device)["status"]
        return None if found == status else f"it is {found}"

    stack.wait_for(obstacle, what=f"device {device['device_id']}")
    return standing(stack, device)


def standing(stack: Running, device: Device) -> Device:
    """The device as the gateway has it now."""
    found: Device = stack.gateway.get(f"/api/tenants/{device['tenant_id']}/devices/{device['device_id']}")
    return found
