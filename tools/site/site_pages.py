"""Hooks of MkDocs: pages of the site that are not files below docs/.

- The API reference is generated from the API's OpenAPI document.
- READMEs of other folders are pages at the path that they have in the repository.
- `nav` may have patterns (`adr/*.md`), which stand for all files that match, in order.
- A relative link is resolved as on GitHub, from the file's own place. If the target is a page of
  the site, the link leads there; if it is another file of the repository, to its source. MkDocs
  reports all other links, and `--strict` makes that an error.
"""

import fnmatch
import json
import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pydantic import SecretStr

from f1_api.app import create_app
from f1_api.settings import ApiSettings
from f1_core.settings import DatabaseSettings

sys.path.insert(0, str(Path(__file__).parent))  # MkDocs imports this file by its path

import api_reference

ROOT = Path(__file__).parents[2]
OUTSIDE = ("*/README.md", "*/*/README.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Files of the repository that are pages, apart from those below docs/."""
_NO_DATABASE = DatabaseSettings(url=SecretStr("postgresql://localhost/none"))
NOT_PAGES = ("charts/tests/", "docs/")
_FENCE = re.compile(r"^ *(```|~~~)")
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/."""
    for path in _outside():
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    document = create_app(ApiSettings(), _NO_DATABASE).document()
    reference = api_reference.markdown(document)
    files.append(File.generated(config, "api-reference.md", content=reference))
    files.append(File.generated(config, "openapi.json", content=json.dumps(document, indent=1)))
    config.nav = _expanded(config.nav, sorted(file.src_uri for file in files))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Resolve links to pages of the site, or to the source."""
    fenced = False
    lines = []
    for line in markdown.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        lines.append(
            line if fenced else _LINK.sub(lambda link: _link(link, page, config, files), line)
        )
    return "\n".join(lines)


def _outside() -> list[str]:
    found = {
        path.relative_to(ROOT).as_posix() for pattern in OUTSIDE for path in ROOT.glob(pattern)
    }
    return sorted(
        path for path in found if not path.startswith(NOT_PAGES) and not path.startswith(".")
    )


def _expanded(nav: Any, paths: list[str]) -> Any:
    """`nav` with each pattern replaced by the files that match it."""
    if isinstance(nav, dict):
        return {title: _expanded(entry, paths) for title, entry in nav.items()}
    if not isinstance(nav, list):
        return nav
    entries: list[Any] = []
    for entry in nav:
        if isinstance(entry, str) and "*" in entry:
            entries += fnmatch.filter(paths, entry)
        else:
            entries.append(_expanded(entry, paths))
    return entries


def _link(link: re.Match[str], page: Page, config: MkDocsConfig, files: Files) -> str:
    start, target, anchor, end = link.groups(default="")
    source = page.file.src_uri
    if "://" in target or target.startswith(("/", "mailto:")):
        return link[0]
    of_docs = (ROOT / "docs" / source).is_file()
    folder = PurePosixPath("docs" if of_docs else ".") / PurePosixPath(source).parent
    path = os.path.normpath(folder / target)
    uri = path.removeprefix("docs/")
    if (ROOT / path).is_dir() and files.get_file_from_path(f"{uri}/README.md"):
        uri = f"{uri}/README.md"
    if files.get_file_from_path(uri):
        inside = os.path.relpath(uri, PurePosixPath(source).parent)
        return f"{start}{inside}{anchor}{end}"
    if (ROOT / path).exists():
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"{start}{config.extra['repository']}/{kind}/main/{path}{anchor}{end}"
    return link[0]
