"""A real Chromium on the whole running system, one session for each role."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from matchbook_local.browser import ABSENT, find_chromium, is_required
from playwright.async_api import Browser, Page, Request, async_playwright

from tests.support.stack import Running

# No part of the browser may look for anything outside of this machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOPBACK = ("127.0.0.1", "localhost")
PATIENCE_MS = 60_000

SignIn = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program's path. Without one the tests are skipped, unless MATCHBOOK_REQUIRE_BROWSER asks for a failure."""
    found = find_chromium()
    if found is None:
        if is_required():
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    return found


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def sign_in(browser: Browser, stack: Running) -> AsyncIterator[SignIn]:
    """Open the page as `administrator`, `manager` or `reader`.

    Afterwards: nothing was thrown in the page, nothing broke its content security policy, and nothing was asked of
    another machine.
    """
    complaints: list[str] = []

    async def open_page(role: str) -> Page:
        # The emulator signs in over TLS with an authority of its own, which this browser does not know.
        context = await browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
        page.on("console", lambda message: complaints.extend(policy_violation(message.text)))
        page.on("request", lambda request: complaints.extend(foreign(request)))
        await page.goto(f"{stack.page}/auth/sign-in?login_hint={role}")
        await page.get_by_role("grid", name="Tenants").wait_for()
        return page

    yield open_page
    for context in browser.contexts:
        await context.close()
    assert complaints == []


def policy_violation(message: str) -> list[str]:
    return [message] if "Content Security Policy" in message else []


def foreign(request: Request) -> list[str]:
    host = urlsplit(request.url).hostname
    return [] if host in LOOPBACK else [f"asked another machine: {request.url}"]
