"""Tests, folders, modules and settings that documents name exist."""

import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ["charts", "clients", "devkit", "infra", "jenkins", "jobs", "libs", "operator"]
FOLDERS += ["services", "tests", "tools"]
TESTS = [path for folder in FOLDERS for path in (ROOT / folder).rglob("test_*.py")]


@pytest.mark.parametrize("document", ["promises.md", "security.md"])
def test_every_test_that_is_named_exists(document: str) -> None:
    text = (ROOT / "docs" / document).read_text()
    named = re.findall(r"`((?:[\w./-]+/)?test_\w+\.py)`", text)
    assert len(named) > 20
    missing = {name for name in named if not any(str(path).endswith(f"/{name}") for path in TESTS)}
    assert not missing
    folders = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w/-]+)`", text)
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_tests_of_a_promise_have_their_folder() -> None:
    """A file without a folder is in the folder of the previous one in the row."""
    rows = [row.split(" | ") for row in (ROOT / "docs/promises.md").read_text().splitlines()]
    shown_by = [row[1] for row in rows if len(row) >= 3 and row[0].startswith("| ")]
    named: list[Path] = []
    for cell in shown_by:
        folder = ROOT / "a promise without a folder"
        for name in re.findall(r"`([\w./-]+(?:\.py|/[\w-]+))`", cell):
            named.append(ROOT / name if "/" in name else folder / name)
            folder = named[-1].parent
    assert len(named) > 150
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


def test_every_setting_of_the_api_that_limits_a_client_is_in_its_readme() -> None:
    security = (ROOT / "docs/security.md").read_text()
    section = security.partition("## The API")[2].partition("\n## ")[0]
    cells = [row.split("|")[3] for row in section.splitlines() if row.count("|") == 5]
    settings = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert len(settings) > 10
    readme = (ROOT / "services/api/README.md").read_text()
    assert [name for name in sorted(settings) if f"F1_API_{name}" not in readme] == []


def test_every_module_that_is_named_exists() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
    pages += ROOT.glob("*/*/README.md")
    text = "\n".join(page.read_text() for page in pages if page.name != "CHANGELOG.md")
    named = set(re.findall(r"`(f1_\w+(?:\.\w+)+)`", text))
    assert len(named) > 10
    missing = []
    for name in named:
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError):
            missing.append(name)
    assert sorted(missing) == []


def test_every_file_and_folder_of_a_recipe_exists() -> None:
    """A name in capitals stands for a new name: its folder exists, unless it also has capitals."""
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("## Recipes")[2].partition("\n## ")[0]
    named = re.findall(rf"`((?:{'|'.join([*FOLDERS, 'docs'])})/[\w./-]+)`", text)
    assert len(named) > 20
    known = [re.split(r"/[^/]*[A-Z]{4}", name)[0] for name in named]
    assert [name for name in known if not (ROOT / name).exists()] == []
