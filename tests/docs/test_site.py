"""The site builds without a warning, its links have targets, and it needs no other host."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
LOADING = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}


class Page(HTMLParser):
    """The links of a page of the site, and its anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADING.get(tag, "-") in given and given.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(given[LOADING[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    # No proxy answers, so a build that loads a resource from another host fails.
    environment = {
        **os.environ, "NO_MKDOCS_2_WARNING": "1", "https_proxy": "http://127.0.0.1:9",
    }  # fmt: skip
    done = subprocess.run(
        build, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_page_and_a_heading(site: Path, pages: dict[Path, Page]) -> None:
    wrong = []
    for path, page in pages.items():
        if path.name == "404.html":  # its addresses start at the root of the server
            continue
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].ids if target in pages else {parts.fragment}
            if not target.exists() or (parts.fragment and parts.fragment not in known):
                wrong.append((str(path.relative_to(site)), link))
    assert wrong == []


def test_pages_load_nothing_from_other_hosts(site: Path, pages: dict[Path, Page]) -> None:
    loads = {link for page in pages.values() for link in page.loads}
    assert any(link.endswith(".css") for link in loads)
    styles = (url for css in site.rglob("*.css") for url in _urls(css.read_text()))
    assert [url for url in (*loads, *styles) if urlsplit(url).netloc] == []


def test_links_to_the_repository_name_files_that_exist(pages: dict[Path, Page]) -> None:
    named = {
        match[1]
        for page in pages.values()
        for link in page.links
        if (match := re.search(r"f1-telemetry-aggregator/(?:blob|tree)/main/([^#]*)", link))
    }
    assert "README.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_api_reference_has_every_address_and_the_document(site: Path) -> None:
    print_document = [str(Path(sys.executable).parent / "f1-api"), "openapi"]
    done = subprocess.run(print_document, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert json.loads((site / "openapi.json").read_text()) == document
    reference = (site / "api-reference.html").read_text()
    for path, methods in document["paths"].items():
        assert f"<code>GET {path}</code>" in reference
        assert f".{methods['get']['operationId']}</code>" in reference


def _urls(css: str) -> Iterator[str]:
    for url in re.findall(r"url\(['\"]?([^'\")]+)", css):
        if not url.startswith("data:"):
            yield url
