"""The time of each page, and the bytes that a browser loads for it, with all its resources."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

from measured.latency import served
from measured.report import Figure
from measured.serving import get
from measured.stored import CACHES, YEARS, two_seasons

from f1_ingest.synthetic import season

AIM_MS = 50.0
AIM_BYTES = 200_000
BROWSER = (
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding: gzip, deflate, br",
)
_HEADERS = dict(header.split(": ", 1) for header in BROWSER)
_RACES = [f"{year}-{number}" for year in YEARS for number in range(1, 11)]
PATHS = {
    "/": ["/"],
    "/seasons": ["/seasons"],
    "/seasons/{year}": [f"/seasons/{year}" for year in YEARS],
    "/races/{id}": [f"/races/{race}" for race in _RACES],
    "/races/{id}/lap-times": [f"/races/{race}/lap-times" for race in _RACES],
    "/races/{id}/pit-stops": [f"/races/{race}/pit-stops" for race in _RACES],
    "/races/{id}/provenance": [f"/races/{race}/provenance" for race in _RACES],
    "/drivers/{id}": [f"/drivers/{driver}" for driver in list(season(YEARS[-1]).drivers)[:10]],
}


def pages() -> Iterator[Figure]:
    """All pages, with one reader."""
    with two_seasons() as stored:
        with served(stored, CACHES["warm"]) as both:
            for name, paths in PATHS.items():
                yield _size(name, both.api_port, paths)
        for state, cache_mb in CACHES.items():
            with served(stored, cache_mb) as both:
                for name, paths in PATHS.items():
                    yield both.waited(f"page {name}, {state}", paths, AIM_MS, *BROWSER)


def _size(name: str, port: int, paths: list[str]) -> Figure:
    largest = max(_loaded(port, path) for path in paths)
    return Figure(
        f"page {name}, all that is loaded, the largest of {len(paths)}",
        f"{largest / 1000:.1f} kB",
        "the aim",
        f"{AIM_BYTES / 1000:g} kB",
        largest / AIM_BYTES,
        1.0,
        at_most=True,
    )


def _loaded(port: int, path: str) -> int:
    """Bytes of a page and of its resources.

    Raises:
        AssertionError: it is not a page, or refers to another host.
    """
    page = get(port, path, _HEADERS)
    assert page.media_type == "text/html", f"{path} is {page.media_type}"
    parser = _Resources()
    parser.feed(page.body.decode())
    addresses = {urljoin(path, address) for address in parser.found}
    assert all(address.startswith("/") for address in addresses), f"{path} loads {addresses}"
    return page.sent + sum(get(port, address, _HEADERS).sent for address in addresses)


class _Resources(HTMLParser):
    """Resources that a browser loads for a page, except data URLs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loads = tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload")
        address = given.get("href") if loads else None if tag == "a" else given.get("src")
        if address and not address.startswith("data:"):
            self.found.add(address)
