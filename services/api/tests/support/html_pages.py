"""Reads pages for tests: well-formed HTML."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "input", "img", "hr"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def not_among(document: Any, addresses: Iterable[str]) -> set[str]:
    """Paths of an OpenAPI document that have a page and that no address matches."""
    pages = {
        path
        for path, methods in document["paths"].items()
        if "text/html" in methods["get"]["responses"]["200"]["content"]
    }
    assert pages
    patterns = {path: re.sub(r"{\w+}", "[^/?]+", path.replace("{key}", ".+")) for path in pages}
    paths = [address.partition("?")[0] for address in addresses]
    return {
        path
        for path, pattern in patterns.items()
        if not any(re.fullmatch(pattern, one) for one in paths)
    }


class Html(HTMLParser):
    """Fails on tags that do not match; collects addresses, ids and headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        found = dict(attrs)
        for name in ("href", "src"):
            if name in found:
                self.links.append(str(found[name]))
        if "id" in found:
            self.ids.append(str(found["id"]))
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
