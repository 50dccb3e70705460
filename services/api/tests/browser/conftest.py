"""The pages in a real browser: the Chromium that is installed, never one that is downloaded.

Without one these tests are skipped, unless F1_REQUIRE_BROWSER=1 says that they must run.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from browser_visit import DESKTOP, Open, Theme, Visit
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, of this file: while Playwright runs no other test can have an event loop."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = f"no browser: none of {', '.join(NAMES)} is on PATH"
        assert os.environ.get("F1_REQUIRE_BROWSER") != "1", message
        pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page: ``visit(url, theme="dark", width=PHONE)``.

    At the end the test fails if any of them complained on the console, failed to load something,
    or asked another host.
    """
    contexts = []
    visits: list[Visit] = []

    def start(
        url: str, *, status: int = 200, theme: Theme = "light", width: int = DESKTOP, **more: Any
    ) -> Visit:
        context = browser.new_context(
            color_scheme=theme, viewport={"width": width, "height": 800}, **more
        )
        contexts.append(context)
        opened = Visit(context.new_page(), [])
        visits.append(opened)
        host = url.split("/")[2]

        def hear(said: Any) -> None:
            # The browser notes each error page by itself.
            if status == 200 or f"status of {status}" not in said.text:
                opened.complaints.append(said.text)

        opened.page.on("console", hear)
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("requestfailed", lambda asked: opened.complaints.append(asked.url))

        def watch(asked: Any) -> None:
            if not asked.url.startswith("data:") and asked.url.split("/")[2] != host:
                opened.complaints.append(f"asked another host: {asked.url}")

        opened.page.on("request", watch)
        answer = opened.page.goto(url)
        assert answer is not None
        assert answer.status == status
        return opened

    yield start
    for context in contexts:
        context.close()
    assert [said for opened in visits for said in opened.complaints] == []
