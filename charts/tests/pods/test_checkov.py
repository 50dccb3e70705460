"""checkov, a scanner of manifests, on the rendered chart: all that it reports is mended, or has an
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
VALUES = Path(__file__).parents[1] / "values"
DIGEST = "sha256:" + "0" * 64
PROGRAMS = ("api", "worker", "ingest", "operator", "migration")


def scan(folder: Path, *rendered: Manifests) -> dict[str, Any]:
    """What checkov says of the manifests: its results by passed_, failed_ and skipped_checks."""
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: make .cache/checkov/bin/checkov")
    for number, manifests in enumerate(rendered):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump_all(list(manifests)))
    done = subprocess.run(
        [
            *(CHECKOV, "--directory", str(folder), "--framework", "kubernetes"),
            *("--output", "json", "--compact", "--skip-download", "--quiet", "--soft-fail"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def failed_checks(checks: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(one["check_id"], one["resource"]) for one in checks}


def test_all_that_it_reports_is_mended_or_explained(render: Render, tmp_path: Path) -> None:
    """Of every installation in values/, with the defaults and with all that can be switched on."""
    rendered = [render(yaml.safe_load(path.read_text())) for path in VALUES.glob("*.yaml")]
    report = scan(tmp_path, *rendered)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 1000
    assert failed_checks(report["results"]["failed_checks"]) == set()


def test_what_values_mend_is_not_explained(render: Render, tmp_path: Path) -> None:
    """With digests and CPU limits there is nothing left but what cannot be otherwise."""
    mended = {"image": {"digest": DIGEST}, "resources": {"limits": {"cpu": "1"}}}
    rendered = render(dict.fromkeys(PROGRAMS, mended))
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
    assert failed_checks(scan(tmp_path, rendered)["results"]["failed_checks"]) == set()


def test_a_fault_would_be_seen(render: Render, tmp_path: Path) -> None:
    """The check itself: without its explanations, and with a pod that is privileged."""
    manifests = json.loads(json.dumps(list(render({}))))
    for one in manifests:
        if one["kind"] == "Deployment":
            one["metadata"]["annotations"] = {}
            [container] = one["spec"]["template"]["spec"]["containers"]
            container["securityContext"]["privileged"] = True
    report = scan(tmp_path, Manifests(manifests))
    found = {check for check, _ in failed_checks(report["results"]["failed_checks"])}
    assert {"CKV_K8S_16", "CKV_K8S_11", "CKV_K8S_43"} <= found
