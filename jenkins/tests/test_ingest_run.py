"""`make ingest-run`: a Job of a suspended CronJob, on a real kube-apiserver."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from builds import ROOT

from f1_devkit.cluster import charts
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

NOW = "2026-11-28T12:00:00Z"
Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def cronjob(kubectl: Kubectl) -> dict[str, Any]:
    """The chart's CronJob, suspended, as the pipeline needs it."""
    values = charts.merged(
        {"database": {"existingSecret": "d"}, "s3": {"bucket": "f1-raw"}},
        {"ingest": {"cronJobs": {"poll": {"suspend": True}}}, "fullnameOverride": "f1"},
    )
    found: dict[str, Any] = charts.template(values).one("CronJob", "-poll")
    found["metadata"]["namespace"] = kubectl.namespace
    kubectl.apply(found)
    return found


@pytest.fixture
def start(kubectl: Kubectl) -> Iterator[Start]:
    """`make ingest-run`, without the start of make."""
    running: list[subprocess.Popen[str]] = []

    def run() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(ROOT / "jenkins" / "cronjob" / "run"), kubectl.namespace, "f1-poll"],
            env={**os.environ, "KUBECONFIG": str(kubectl.kubeconfig)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        with process:
            process.kill()


def end_job(kubectl: Kubectl, kind: str, reason: str = "", message: str = "") -> str:
    """End the only Job as the Job controller does; returns its name."""
    name: str = eventually("a Job", lambda: kubectl.list("job"))[0]["metadata"]["name"]
    condition = {"status": "True", "reason": reason, "message": message, "lastTransitionTime": NOW}
    before = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[kind]
    status: dict[str, Any] = {
        "startTime": NOW,
        "conditions": [{"type": one, **condition} for one in (before, kind)],
        **({"completionTime": NOW, "succeeded": 1} if kind == "Complete" else {"failed": 1}),
    }
    patch = json.dumps({"status": status})
    kubectl("patch", "job", name, "--subresource=status", "--type=merge", "--patch", patch)
    return name


def test_it_succeeds_when_the_job_is_complete(
    kubectl: Kubectl, cronjob: dict[str, Any], start: Start
) -> None:
    earliest = int(time.time()) // 60
    process = start()
    name = end_job(kubectl, "Complete")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f"{name} was created" in out
    minute = int(name.removeprefix("f1-poll-"))
    assert earliest <= minute <= int(time.time()) // 60
    job = kubectl.get("job", name)
    [container] = job["spec"]["template"]["spec"]["containers"]
    template = cronjob["spec"]["jobTemplate"]["spec"]
    assert container["args"] == ["poll"]
    assert job["spec"]["activeDeadlineSeconds"] == template["activeDeadlineSeconds"]


def test_a_job_that_fails_is_an_error_with_its_reason(
    kubectl: Kubectl, cronjob: dict[str, Any], start: Start
) -> None:
    process = start()
    end_job(kubectl, "Failed", "DeadlineExceeded", "Job was active longer than its deadline")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "failed: DeadlineExceeded Job was active longer than its deadline" in err


def test_a_second_run_is_refused_while_the_first_is_running(
    kubectl: Kubectl, cronjob: dict[str, Any], start: Start
) -> None:
    first = start()
    eventually("a Job", lambda: kubectl.list("job"))
    second = start()
    _, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "still runs: nothing was started" in err
    assert len(kubectl.list("job")) == 1
    end_job(kubectl, "Complete")
    assert first.wait(timeout=60) == 0


def test_an_aborted_build_leaves_no_job(
    kubectl: Kubectl, cronjob: dict[str, Any], start: Start
) -> None:
    process = start()
    assert process.stdout is not None
    assert "was created" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 1
    eventually("it is deleted", lambda: not remaining(kubectl))


def remaining(kubectl: Kubectl) -> list[dict[str, Any]]:
    """Without a controller, a deleted Job keeps the finalizer of its dependents."""
    return [one for one in kubectl.list("job") if "deletionTimestamp" not in one["metadata"]]


def test_a_cronjob_that_is_not_suspended_is_refused(
    kubectl: Kubectl, cronjob: dict[str, Any], start: Start
) -> None:
    kubectl("patch", "cronjob", "f1-poll", "--patch", '{"spec": {"suspend": false}}')
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is not suspended, so every run would happen twice" in err
    assert kubectl.list("job") == []


def test_a_missing_cronjob_is_reported(kubectl: Kubectl, start: Start) -> None:
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'cronjobs.batch "f1-poll" not found' in err
