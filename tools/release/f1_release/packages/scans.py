"""`make scan`: Dockerfiles, secrets, and known vulnerabilities of packages and images.

A scan without its vulnerability database shows nothing: it is reported as "not scanned", never as
clean, and fails the run unless unscanned results are allowed explicitly.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from f1_release.commands import ROOT, tool
from f1_release.errors import ReleaseError
from f1_release.folder import Folder
from f1_release.report import step

AUDIT = ROOT / ".cache" / "audit" / "bin"
DOCKERFILES = (
    "jobs/*/Dockerfile",
    "services/*/Dockerfile",
    "operator/Dockerfile",
    "jenkins/*/Dockerfile",
)
SEVERITY = "high"  # grype fails from this severity on


class Result(StrEnum):
    """The result of a scan."""

    CLEAN = "clean"
    FINDINGS = "findings"
    NOT_SCANNED = "not scanned"


@dataclass(frozen=True)
class Scan:
    """One scan and what it printed."""

    name: str
    result: Result
    text: str = ""


def dockerfiles(paths: Iterable[Path] = ()) -> Scan:
    """Hadolint on the Dockerfiles, without exceptions."""
    found = [*paths] or [path for pattern in DOCKERFILES for path in sorted(ROOT.glob(pattern))]
    code, text = _run(AUDIT / "hadolint", *found)
    return Scan("Dockerfiles (hadolint)", Result.FINDINGS if code else Result.CLEAN, text)


def secrets(folder: Path = ROOT) -> Scan:
    """Gitleaks on every commit of the branch."""
    options = ("--no-banner", "--redact", "--log-level", "warn")
    code, text = _run(tool("gitleaks"), "git", *options, "--verbose", folder)
    return Scan("secrets (gitleaks)", Result.FINDINGS if code else Result.CLEAN, text)


def dependencies(lock: Path = ROOT / "requirements.lock") -> Scan:
    """pip-audit on the lock, by PyPI's list of vulnerabilities."""
    name = f"dependencies (pip-audit, {lock.name})"
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off")
    code, text = _run(AUDIT / "pip-audit", *options, "--format", "json", "--requirement", lock)
    try:
        packages = json.loads(text[text.index("{") : text.rindex("}") + 1])["dependencies"]
    except (ValueError, KeyError):
        return Scan(name, Result.NOT_SCANNED, text)
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    vulnerable = [
        f"{one['name']} {one['version']}: {', '.join(each['id'] for each in one['vulns'])}"
        for one in packages
        if one.get("vulns")
    ]
    if vulnerable:
        return Scan(name, Result.FINDINGS, "\n".join(vulnerable))
    if skipped:
        text = f"PyPI's list of vulnerabilities did not answer for {len(skipped)} packages"
        return Scan(name, Result.NOT_SCANNED, text)
    return Scan(name, Result.FINDINGS if code else Result.CLEAN, text if code else "")


def bill(path: Path) -> Scan:
    """Grype on an SBOM. Its database is downloaded, or was imported: `grype db import FILE`."""
    name = f"{path.name.removesuffix('.cdx.json')} (grype)"
    code, text = _run(tool("grype"), f"sbom:{path}", "--fail-on", SEVERITY, "--only-fixed")
    if code == 0:
        return Scan(name, Result.CLEAN)
    if code == 2 or "discovered vulnerabilities at or above" in text:
        return Scan(name, Result.FINDINGS, text)
    return Scan(name, Result.NOT_SCANNED, text)


def run(version: str, *, allow_unscanned: bool) -> list[Scan]:
    """Run all scans and print their results.

    Raises:
        ReleaseError: something was found, or not scanned.
    """
    bills = sorted(Folder(version).inside("sbom").glob("*.cdx.json"))
    if not bills:
        raise ReleaseError(f"no SBOMs to scan: run make sbom VERSION={version} first")
    each: list[Callable[[], Scan]] = [dockerfiles, secrets, dependencies]
    done = [one() for one in each] + [bill(path) for path in bills]
    for scan in done:
        step(f"{scan.name}: {scan.result}")
        if scan.text and scan.result is not Result.CLEAN:
            print(scan.text, file=sys.stderr)  # noqa: T201
    judge(done, allow_unscanned=allow_unscanned)
    return done


def judge(done: Iterable[Scan], *, allow_unscanned: bool) -> None:
    """Pass if everything is clean.

    Raises:
        ReleaseError: something was found, or not scanned.
    """
    results = {scan.result for scan in done}
    if Result.FINDINGS in results:
        raise ReleaseError("scans have findings: see above")
    if Result.NOT_SCANNED in results and not allow_unscanned:
        raise ReleaseError(
            "not everything was scanned, since a vulnerability database is missing: allow access "
            "to it, import it with `grype db import`, or set ALLOW_UNSCANNED=1"
        )


def _run(*command: str | Path) -> tuple[int, str]:
    """The exit code and the output.

    Raises:
        ReleaseError: the program is not installed.
    """
    if not Path(command[0]).exists():
        raise ReleaseError(f"{command[0]} is not installed: run make scan")
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
