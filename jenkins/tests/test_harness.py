"""The harness refuses pipelines that Jenkins would refuse, so that other tests are valid."""

from pathlib import Path

import pytest
from builds import Harness

WHOLE = "pipeline {{ agent any; stages {{ stage('A') {{ steps {{ {} }} }} }} }}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WHOLE.format("bat 'dir'"), "no such step: bat"),
        (WHOLE.format('sh "make ${WHAT}"'), "uses WHAT, which is not set"),
        ("pipeline { stages { stage('A') { steps { sh 'make a' } } } }", "pipeline has no agent"),
        ("pipeline { agent any; stages { } }", "stages of pipeline is empty"),
        ("pipeline { agent any; steps { sh 'make a' } }", "pipeline has steps; it may have agent"),
        (
            "pipeline { agent any; stages { stage('A') { agent any } } }",
            "stage A has nothing to do",
        ),
        ("pipeline { agent { label 'a'; image 'b' } }", "agent of pipeline has image"),
        ("pipeline { agent any; post { later { sh 'a' } } }", "post of pipeline has later"),
        ("pipeline { agent any; options { parallel() } }", "options of pipeline has parallel"),
        ("node { sh 'make a' }", "outside of pipeline"),
        ("pipeline { agent any", "Unexpected input"),
    ],
)
def test_a_pipeline_that_jenkins_would_refuse_is_refused(
    harness: Harness, tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "a.Jenkinsfile"
    path.write_text(text)
    answer = harness({"pipeline": str(path)})
    assert reason in answer.get("invalid", answer), answer


def test_a_command_without_an_agent_has_no_workspace(harness: Harness, tmp_path: Path) -> None:
    path = tmp_path / "a.Jenkinsfile"
    path.write_text("pipeline { agent none; stages { stage('A') { steps { sh 'make a' } } } }")
    answer = harness({"pipeline": str(path)})
    assert answer["result"] == "FAILURE"
    assert "needs a workspace" in answer["events"][-1]["text"]


def test_a_command_that_never_ends_needs_a_time_limit(harness: Harness, tmp_path: Path) -> None:
    path = tmp_path / "a.Jenkinsfile"
    path.write_text(WHOLE.format("sh 'make a'"))
    answer = harness({"pipeline": str(path), "outcomes": [{"step": "make a", "ends": "hang"}]})
    assert "no time-out holds here" in answer["invalid"]


def test_an_approval_comes_before_its_condition_without_before_input(
    harness: Harness, tmp_path: Path
) -> None:
    """Jenkins' order: without beforeInput, a skipped stage also waits for an approval."""
    stage = (
        "stage('A') {{ when {{ {} branch 'main' }}; input {{ message 'Sure?' }}; "
        "steps {{ echo 'a' }} }}"
    )
    inputs = []
    for first in ("", "beforeInput true;"):
        path = tmp_path / "a.Jenkinsfile"
        path.write_text(f"pipeline {{ agent any; stages {{ {stage.format(first)} }} }}")
        answer = harness({"pipeline": str(path), "branch": "other"})
        inputs.append(len([one for one in answer["events"] if one["step"] == "input"]))
    assert inputs == [1, 0]


def test_every_post_condition_of_a_failed_build_runs_in_the_order_of_jenkins(
    harness: Harness, tmp_path: Path
) -> None:
    conditions = ("cleanup", "unsuccessful", "failure", "success", "always", "fixed", "aborted")
    post = "; ".join(f"{one} {{ echo '{one}' }}" for one in conditions)
    path = tmp_path / "a.Jenkinsfile"
    path.write_text(
        "pipeline { agent any; stages { stage('A') { steps { error 'no' } } }; "
        f"post {{ {post} }} }}"
    )
    answer = harness({"pipeline": str(path)})
    ran = [one["text"] for one in answer["events"] if one["step"] == "echo"]
    assert ran == ["always", "failure", "unsuccessful", "cleanup"]
