"""Fixtures: the harness that executes pipelines, and its builds."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from builds import JENKINS, PIPELINES, ROOT, TOOLS, Built, Harness, Run


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    """One Java process, which answers requests in the format of harness/Harness.groovy."""
    java = TOOLS / "java"
    if not java.exists():
        if os.environ.get("F1_REQUIRE_GROOVY"):
            raise FileNotFoundError(f"{java}: run make {TOOLS.relative_to(ROOT)}/npm-groovy-lint")
        pytest.skip("Groovy is not there: `make test` installs it")
    folder = Path(__file__).parent / "harness"
    process = subprocess.Popen(
        [
            *(str(java), "-Xmx192m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
            *("-cp", f"{TOOLS / 'lib'}/*:{folder}"),
            *("groovy.ui.GroovyMain", str(folder / "Harness.groovy")),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def send(request: Mapping[str, Any]) -> dict[str, Any]:
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer

    with process:
        yield send
        stdin.close()


@pytest.fixture(scope="session")
def build(harness: Harness) -> Run:
    """Runs a build: build("deploy", outcomes=[{"step": "make smoke", "ends": "fail"}])."""

    def run(name: str, *, env: Mapping[str, str] | None = None, **request: Any) -> Built:
        path = PIPELINES / f"{name}.Jenkinsfile"
        given = {"pipeline": str(path), "env": {**JENKINS, **(env or {})}, **request}
        answer = harness(given)
        assert "invalid" not in answer, answer
        return Built(**answer)

    return run
