"""The templates as text: cfn-lint, checkov, protection of data, and CloudFormation's limits."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint import api as cfnlint
from cfnlint.config import ManualArgs

from f1_devkit.kubernetes import programs
from f1_infra.stacks import DATA_TYPES, FOLDER, STACKS, Stack

CHECKOV = programs.checkout() / ".cache" / "checkov" / "bin" / "checkov"
ALL = pytest.mark.parametrize("stack", STACKS, ids=lambda one: one.template)


def resources(*kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for stack in STACKS:
        for name, resource in stack.document["Resources"].items():
            if resource["Type"] in kinds:
                yield f"{stack.template}.{name}", resource


def test_every_template_is_a_stack() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {one.template for one in STACKS}


@ALL
def test_cfn_lint_reports_nothing(stack: Stack) -> None:
    found = cfnlint.lint(stack.body, config=ManualArgs(regions=["eu-west-1", "us-east-1"]))
    assert [f"{one.linenumber}: {one}" for one in found] == []


@ALL
def test_a_template_fits_into_a_request(stack: Stack) -> None:
    """CreateChangeSet accepts 51,200 bytes; a larger template would need a bucket first."""
    assert len(stack.body.encode()) < 51_200


def test_resources_with_data_survive_their_stack() -> None:
    kept = {
        name: (one.get("DeletionPolicy"), one.get("UpdateReplacePolicy"))
        for name, one in resources(*DATA_TYPES)
    }
    assert kept.pop("data.Database") == ("Snapshot", "Snapshot")
    assert len(kept) == 12
    assert set(kept.values()) == {("Retain", "Retain")}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """checkov's report about all templates."""
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: make .cache/checkov/bin/checkov")
    done = subprocess.run(
        [
            *(CHECKOV, "--directory", str(FOLDER), "--framework", "cloudformation"),
            *("--output", "json", "--compact", "--skip-download", "--soft-fail"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_report_of_checkov_is_explained(report: dict[str, Any]) -> None:
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 90
    assert [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]] == []


def test_each_explanation_is_needed(report: dict[str, Any]) -> None:
    """A skip whose check passes is obsolete."""
    skipped = {(one["check_id"], one["resource"]) for one in report["results"]["skipped_checks"]}
    written = {
        (skip["id"], f"{one['Type']}.{name}")
        for stack in STACKS
        for name, one in stack.document["Resources"].items()
        for skip in one.get("Metadata", {}).get("checkov", {}).get("skip", ())
        if len(skip["comment"]) > 40
    }
    assert skipped == written
