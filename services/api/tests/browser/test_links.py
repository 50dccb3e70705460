"""Every link of every page leads somewhere, from the status page on."""

from collections import deque
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from browser_visit import Open

MOST = 1000


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def test_no_link_is_dead(visit: Open, api: Any) -> None:
    """Pages are opened in the browser, whose errors fail the test; others are requested."""
    opened = visit(api.url + "/")
    waiting, seen, pages = deque(["/"]), {"/"}, 0
    headings: dict[str, set[str]] = {}
    fragments = set[tuple[str, str, str]]()
    while waiting:
        path = waiting.popleft()
        answer = api.get(path, accept="text/html,*/*;q=0.8")
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        pages += 1
        assert opened.page.goto(api.url + path) is not None
        found = opened.page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
        headings[path] = set(found)
        for href in opened.page.eval_on_selector_all(
            "a[href]", "all => all.map(one => one.getAttribute('href'))"
        ):
            address, fragment = urldefrag(urljoin(api.url + path, href))
            if not address.startswith(api.url):
                assert address.startswith("https://"), (path, href)
                continue
            if fragment:
                fragments.add((path, _path(address), fragment))
            # Each selection of drivers links to others: one driver is enough.
            if _path(address) not in seen and "%2C" not in address:
                seen.add(_path(address))
                waiting.append(_path(address))
        assert len(seen) < MOST
    assert pages > 20
    to_pages = [one for one in fragments if one[1] in headings]
    assert to_pages
    assert [one for one in to_pages if one[2] not in headings[one[1]]] == []
    assert {"/seasons/2024", "/races/2024-monaco", "/drivers/ada", "/drivers/ada/stats"} <= seen
