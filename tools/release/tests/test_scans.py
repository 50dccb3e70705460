"""Scans find faults, and a scan without its database is not reported as clean."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from f1_release.commands import TOOLS
from f1_release.errors import ReleaseError
from f1_release.packages import scans
from f1_release.packages.scans import AUDIT, Result

GOOD = """\
FROM debian:bookworm-slim
USER 10001:10001
ENTRYPOINT ["true"]
"""


def needs(path: Path) -> None:
    if not os.environ.get("F1_REQUIRE_SUPPLY"):
        pytest.skip(f"needs {path.name}: make supply-chain")


@pytest.fixture
def no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network: neither PyPI nor a database answers."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_dockerfiles_are_clean() -> None:
    needs(AUDIT / "hadolint")
    assert scans.dockerfiles() == scans.Scan("Dockerfiles (hadolint)", Result.CLEAN)


@pytest.mark.parametrize(
    ("instruction", "rule"),
    [("FROM debian:latest", "DL3007"), ("RUN cd /tmp && sudo true", "DL3004")],
)
def test_a_fault_in_a_dockerfile_is_found(tmp_path: Path, instruction: str, rule: str) -> None:
    needs(AUDIT / "hadolint")
    path = tmp_path / "Dockerfile"
    path.write_text(GOOD)
    assert scans.dockerfiles([path]).result is Result.CLEAN
    path.write_text(f"{GOOD}{instruction}\n")
    found = scans.dockerfiles([path])
    assert found.result is Result.FINDINGS
    assert rule in found.text


def test_no_commit_has_a_secret() -> None:
    needs(TOOLS / "gitleaks")
    found = scans.secrets()
    assert found.result is Result.CLEAN, found.text


def test_a_secret_is_found_after_it_was_deleted(tmp_path: Path) -> None:
    needs(TOOLS / "gitleaks")
    token = "ghp_" + "1x9Kq3Vb7Zt5Lw2Pm8Rd4Sc6Nf0Jh1Gy3TaQ"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    settings = tmp_path / "settings.env"
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "0"]):
        subprocess.run([*git, *words], check=True)
    settings.write_text(f"GITHUB_TOKEN={token}\n")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "1"], check=True)
    settings.unlink()
    subprocess.run([*git, "commit", "--quiet", "--all", "--message", "2"], check=True)
    found = scans.secrets(tmp_path)
    assert found.result is Result.FINDINGS
    assert "github-pat" in found.text
    assert token not in found.text


@pytest.mark.usefixtures("no_index")
def test_dependencies_are_not_clean_without_a_database() -> None:
    needs(AUDIT / "pip-audit")
    assert scans.dependencies().result is Result.NOT_SCANNED


@pytest.mark.usefixtures("no_index")
def test_an_image_is_not_clean_without_a_database(tmp_path: Path) -> None:
    needs(TOOLS / "grype")
    bill = tmp_path / "f1-api-linux-amd64.cdx.json"
    component = {"type": "library", "name": "jinja2", "version": "2.10"}
    component["purl"] = "pkg:pypi/jinja2@2.10"
    bill.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    )
    assert scans.bill(bill).result is Result.NOT_SCANNED


@pytest.mark.parametrize(
    ("results", "allow_unscanned", "problem"),
    [
        ([Result.CLEAN, Result.NOT_SCANNED], False, "a vulnerability database is missing"),
        ([Result.NOT_SCANNED, Result.FINDINGS], True, "scans have findings"),
    ],
)
def test_results_that_are_not_clean_fail(
    results: list[Result], allow_unscanned: bool, problem: str
) -> None:
    with pytest.raises(ReleaseError, match=problem):
        scans.judge([scans.Scan("a scan", one) for one in results], allow_unscanned=allow_unscanned)


def test_unscanned_results_can_be_allowed() -> None:
    scans.judge([scans.Scan("a scan", Result.NOT_SCANNED)], allow_unscanned=True)
