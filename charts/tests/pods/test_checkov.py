"""checkov, a scanner of manifests, on the rendered chart: each finding is fixed, or has an
annotation with the reason.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import Manifests
from f1_devkit.kubernetes import programs

Render = Callable[..., Manifests]
CHECKOV = programs.checkout() / ".cache" / "checkov" / "bin" / "checkov"
SCAN = """
import os, sys
from checkov.main import Checkov

options = ["--framework=kubernetes", "--output=json", "--compact", "--skip-download", "--quiet"]
for folder in sys.argv[1:]:
    if not (pid := os.fork()):
        with open(f"{folder}.json", "w") as sys.stdout:
            code = Checkov([f"--directory={folder}", "--soft-fail", *options]).run()
        os._exit(code or 0)
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"checkov failed on {folder}")
"""
"""For checkov's own Python: scans each folder into FOLDER.json. Its imports need five seconds of
processor time, so it imports once, and forks a process for each scan.
"""
INSTALLATIONS = sorted((Path(__file__).parents[1] / "values").glob("*.yaml"))
DIGEST = "sha256:" + "0" * 64
PROGRAMS = ("api", "worker", "ingest", "operator", "migration")


FIXED = {"image": {"digest": DIGEST}, "resources": {"limits": {"cpu": "1"}}}


def faulty(render: Render) -> Manifests:
    """Without explanations, and with pods that are privileged."""
    manifests = json.loads(json.dumps(list(render({}))))
    for one in manifests:
        if one["kind"] == "Deployment":
            one["metadata"]["annotations"] = {}
            [container] = one["spec"]["template"]["spec"]["containers"]
            container["securityContext"]["privileged"] = True
    return Manifests(manifests)


@pytest.fixture(scope="module")
def reports(render: Render, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The reports of checkov, started once, on three folders of manifests: its results by
    passed_, failed_ and skipped_checks.
    """
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: make .cache/checkov/bin/checkov")
    rendered = {
        "installations": [render(yaml.safe_load(path.read_text())) for path in INSTALLATIONS],
        "fixed": [render(dict.fromkeys(PROGRAMS, FIXED))],
        "faulty": [faulty(render)],
    }
    root = tmp_path_factory.mktemp("checkov")
    for name, several in rendered.items():
        (root / name).mkdir()
        for number, manifests in enumerate(several):
            (root / name / f"{number}.yaml").write_text(yaml.safe_dump_all(list(manifests)))
    subprocess.run(
        [CHECKOV.with_name("python"), "-c", SCAN, *(root / name for name in rendered)],
        capture_output=True,
        check=True,
        timeout=600,
    )
    return {name: json.loads((root / f"{name}.json").read_text()) for name in rendered}


def failed_checks(checks: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(one["check_id"], one["resource"]) for one in checks}


def test_every_finding_is_fixed_or_explained(reports: dict[str, Any]) -> None:
    """Of every installation in values/, with the defaults and with everything enabled."""
    report = reports["installations"]
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 1000
    assert failed_checks(report["results"]["failed_checks"]) == set()


def test_findings_that_values_can_fix_are_not_explained(
    render: Render, reports: dict[str, Any]
) -> None:
    """With digests and CPU limits, only unavoidable findings are left."""
    rendered = render(dict.fromkeys(PROGRAMS, FIXED))
    explained = {
        (text.partition("=")[0], f"{one['kind']} {one['metadata']['name']}")
        for one in rendered
        for name, text in (one["metadata"].get("annotations") or {}).items()
        if name.startswith("checkov.io/skip")
    }
    assert explained == {
        ("CKV_K8S_38", "Deployment f1-f1-aggregator-operator"),
        ("CKV_K8S_38", "Job f1-f1-aggregator-uninstall"),
        ("CKV_K8S_8", "Pod f1-f1-aggregator-test"),
        ("CKV_K8S_9", "Pod f1-f1-aggregator-test"),
    }
    assert failed_checks(reports["fixed"]["results"]["failed_checks"]) == set()


def test_a_fault_is_detected(reports: dict[str, Any]) -> None:
    """Checks the check: without explanations, and with a privileged pod."""
    failed = reports["faulty"]["results"]["failed_checks"]
    found = {check for check, _ in failed_checks(failed)}
    assert {"CKV_K8S_16", "CKV_K8S_11", "CKV_K8S_43"} <= found
