"""Pages in a real browser: an installed Chromium; none is downloaded.

Without Chromium these tests are skipped, or fail if F1_REQUIRE_BROWSER is 1.
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
    """A page of Chromium for this file: while Playwright runs, no test can have an event loop.

    Tests open their addresses in the same page, since each page is a new process.
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

    It replaces the previous address, and resets cache, mouse and size. At the end the test fails if
    a page wrote to the console, failed to load a resource, or sent a request to another host.
    """
    visits: list[Visit] = []
    listeners: list[tuple[Any, Any]] = []
    network = page.context.new_cdp_session(page)

    def remove_listeners() -> None:
        for event, listener in listeners:
            page.remove_listener(event, listener)
        listeners.clear()

    def start(
        url: str, *, status: int = 200, theme: Theme = "light", width: int = DESKTOP
    ) -> Visit:
        remove_listeners()
        page.context.clear_cookies()
        network.send("Network.clearBrowserCache")
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        opened = Visit(page, [])
        visits.append(opened)
        host = url.split("/")[2]

        def on_console(message: Any) -> None:
            # The browser reports the status of error pages itself.
            if status == 200 or f"status of {status}" not in message.text:
                opened.errors.append(message.text)

        def on_request(request: Any) -> None:
            if not request.url.startswith("data:") and request.url.split("/")[2] != host:
                opened.errors.append(f"request to another host: {request.url}")

        listeners.extend(
            [
                ("console", on_console),
                ("pageerror", lambda error: opened.errors.append(str(error))),
                ("requestfailed", lambda request: opened.errors.append(request.url)),
                ("request", on_request),
            ]
        )
        for event, listener in listeners:
            page.on(event, listener)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == status
        return opened

    yield start
    remove_listeners()
    network.detach()
    assert [message for opened in visits for message in opened.errors] == []
