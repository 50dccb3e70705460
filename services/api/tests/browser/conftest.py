"""The pages in a real browser: the Chromium that is installed, never one that is downloaded.

Without one these tests are skipped, unless F1_REQUIRE_BROWSER=1 says that they must run.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from browser_visit import DESKTOP, Open, Theme, Visit
from playwright.sync_api import Page, sync_playwright

# The first is Chromium without a window, which needs a quarter less processor time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of Chromium, of this file: while Playwright runs no other test can have an event loop.

    Tests open one address after the other in it, since each other page would be a new process.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = f"no browser: none of {', '.join(NAMES)} is on PATH"
        assert os.environ.get("F1_REQUIRE_BROWSER") != "1", message
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def visit(page: Page) -> Iterator[Open]:
    """Open an address: ``visit(url, theme="dark", width=PHONE)``.

    It replaces what the page showed before, whose cache, mouse and size it does not inherit.
    At the end the test fails if any of them complained on the console, failed to load something,
    or asked another host.
    """
    visits: list[Visit] = []
    listeners: list[tuple[Any, Any]] = []
    network = page.context.new_cdp_session(page)

    def forget() -> None:
        for event, listener in listeners:
            page.remove_listener(event, listener)
        listeners.clear()

    def start(
        url: str, *, status: int = 200, theme: Theme = "light", width: int = DESKTOP
    ) -> Visit:
        forget()
        page.context.clear_cookies()
        network.send("Network.clearBrowserCache")
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        opened = Visit(page, [])
        visits.append(opened)
        host = url.split("/")[2]

        def hear(said: Any) -> None:
            # The browser notes each error page by itself.
            if status == 200 or f"status of {status}" not in said.text:
                opened.complaints.append(said.text)

        def watch(asked: Any) -> None:
            if not asked.url.startswith("data:") and asked.url.split("/")[2] != host:
                opened.complaints.append(f"asked another host: {asked.url}")

        listeners.extend(
            [
                ("console", hear),
                ("pageerror", lambda error: opened.complaints.append(str(error))),
                ("requestfailed", lambda asked: opened.complaints.append(asked.url)),
                ("request", watch),
            ]
        )
        for event, listener in listeners:
            page.on(event, listener)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == status
        return opened

    yield start
    forget()
    network.detach()
    assert [said for opened in visits for said in opened.complaints] == []
