"""A Secret with the database's URL under another key, as CloudNativePG creates it."""

from collections.abc import Callable
from typing import Any

import pytest

from f1_core.settings import load
from f1_devkit.cluster.charts import Manifests, secret_files
from f1_operator.jobs.manifests import fetch_job, purge_job
from f1_operator.season.resource import Season
from f1_operator.settings import JobSettings

Render = Callable[..., Manifests]
# Of a Cluster named postgres: postgres-app has uri and more, postgres-ca has ca.crt.
VALUES: dict[str, Any] = {
    "database": {
        "existingSecret": "postgres-app",
        "existingSecretKey": "uri",
        "caBundle": {"secret": "postgres-ca"},
    },
    "worker": {"autoscaling": {"type": "keda"}},
}
FILES = {"postgres-app": {"F1_DATABASE_URL": "uri"}}


@pytest.mark.parametrize("program", ["api", "worker", "ingest", "migration"])
def test_a_program_reads_that_key(render: Render, program: str) -> None:
    files = secret_files(render(VALUES).pod(program))
    assert files["postgres-app"] == FILES["postgres-app"]


def test_keda_reads_that_key(render: Render) -> None:
    target = render(VALUES).one("TriggerAuthentication")["spec"]["secretTargetRef"]
    assert target == [{"parameter": "connection", "name": "postgres-app", "key": "uri"}]


def test_the_operators_jobs_read_that_key_and_no_other(
    render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = render(VALUES)
    for name, value in rendered.one("ConfigMap", "-operator")["data"].items():
        monkeypatch.setenv(name, value)
    [jobs] = load(JobSettings)
    metadata = {"name": "season-2024", "namespace": "racing", "uid": "1", "resourceVersion": "1"}
    metadata["creationTimestamp"] = "2030-01-01T12:00:00Z"
    season = Season.read({"metadata": metadata, "spec": {"year": 2024}})
    for job in (
        fetch_job(season, jobs, task="backfill", rounds=(1,)),
        purge_job(season, jobs, "racing"),
    ):
        assert secret_files(job["spec"]["template"]) == FILES
    policy = rendered.one("ValidatingAdmissionPolicy", "-operator-jobs")
    variables = {one["name"]: one["expression"] for one in policy["spec"]["variables"]}
    assert variables["secrets"] == '["postgres-app"]'


def test_a_key_without_its_secret_is_refused(refusal: Callable[[Any], str]) -> None:
    database = {"existingSecret": "", "existingSecretKey": "uri", "url": "postgresql://db/f1"}
    words = "database.existingSecretKey is a key of a Secret: set database.existingSecret"
    assert words in refusal({"database": database})
