"""Hooks run before the release exists, or before it is removed, and so include what they need."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import Manifest, Manifests, secret_files

Render = Callable[..., Manifests]
HOOK = "helm.sh/hook"


def test_migrations_run_before_an_install_and_an_upgrade(render: Render) -> None:
    job = render({}).one("Job", "-migration")
    assert _hooks(job) == {"pre-install", "pre-upgrade"}
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["python", "-m", "f1_core.migrate"]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_a_rollback_runs_no_migration(installation: Manifests) -> None:
    """The schema stays newer; the older programs work with it."""
    assert not [one for one in installation if "rollback" in str(_hooks(one))]


DATABASES = {
    "existing": {},
    "plain": {"database": {"existingSecret": None, "url": "postgresql://f1@db/f1"}},
    "external": {
        "database": {"existingSecret": None, "remoteKey": "f1"},
        "externalSecrets": {"storeName": "aws"},
    },
    "a role of its own": {
        "database": {"programs": {"migration": {"url": "postgresql://owner@db/f1"}}}
    },
}


@pytest.mark.parametrize("values", DATABASES.values(), ids=DATABASES)
def test_the_migration_needs_nothing_of_the_release(render: Render, values: Any) -> None:
    """Account, Secret and network policy are hooks, too, created before the Job in every case."""
    rendered = render(values)
    job = rendered.one("Job", "-migration")
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [secret] = secret_files(job["spec"]["template"])
    earlier = {
        (one["kind"], one["metadata"]["name"])
        for one in rendered
        if _hooks(one) == _hooks(job) and _weight(one) < _weight(job)
    }
    assert ("ServiceAccount", pod["serviceAccountName"]) in earlier
    assert ("NetworkPolicy", "f1-f1-aggregator-migration") in earlier
    assert "envFrom" not in container
    made = {name for kind, name in earlier if kind in ("Secret", "ExternalSecret")}
    assert secret == "postgres" or secret in made
    ordinary = {one["metadata"]["name"] for one in rendered.kind("Secret") if not _hooks(one)}
    assert not ordinary & made, "a hook and the release would both own it"


def test_the_migrations_role_is_its_own(render: Render) -> None:
    rendered = render(DATABASES["a role of its own"])
    secret = rendered.one("Secret", "-migration-database")
    assert secret["stringData"]["F1_DATABASE_URL"] == "postgresql://owner@db/f1"
    assert _database_secret(rendered.pod("api")) == "postgres"


def test_successful_hooks_are_removed_and_failed_ones_stay(installation: Manifests) -> None:
    hooks = [one for one in installation if _hooks(one)]
    assert hooks
    for one in hooks:
        policy = one["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded"
        if one["kind"] == "Job":
            assert one["metadata"]["annotations"]["helm.sh/hook-output-log-policy"] == "hook-failed"


@pytest.mark.parametrize(("name", "seconds"), [("-migration", 280), ("-uninstall", 240)])
def test_a_hook_that_cannot_succeed_fails_before_helms_time_out(
    render: Render, name: str, seconds: int
) -> None:
    """After four attempts, within helm's 300 s; each attempt has its own pod and log."""
    job = render({}).one("Job", name)["spec"]
    assert (job["activeDeadlineSeconds"], job["backoffLimit"]) == (seconds, 3)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_helm_test_runs_once_and_ends(render: Render) -> None:
    spec = render({}).one("Pod", "-test")["spec"]
    assert (spec["restartPolicy"], spec["activeDeadlineSeconds"]) == ("Never", 120)


def test_uninstalling_stops_the_operator_and_releases_seasons_first(render: Render) -> None:
    rendered = render({})
    job = rendered.one("Job", "-uninstall")
    assert _hooks(job) == {"pre-delete"}
    operator = rendered.one("Deployment", "-operator")["metadata"]["name"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["release", "--deployment", operator]
    assert container["envFrom"] == [{"configMapRef": {"name": operator}}]
    assert rendered.one("ConfigMap", "-operator")["metadata"]["name"] == operator
    account = job["spec"]["template"]["spec"]["serviceAccountName"]
    before = [one for one in rendered if "pre-delete" in _hooks(one) and one["kind"] != "Job"]
    assert {one["kind"] for one in before} == {"ServiceAccount", "Role", "RoleBinding"}
    assert all(_weight(one) < _weight(job) for one in before)
    binding = next(one for one in before if one["kind"] == "RoleBinding")
    assert [one["name"] for one in binding["subjects"]] == [account]


def test_helm_test_requests_the_api_as_a_client(render: Render) -> None:
    pod = render({}).one("Pod", "-test")
    assert _hooks(pod) == {"test"}
    [container] = pod["spec"]["containers"]
    compile(container["command"][2], "smoke.py", "exec")
    names = [one["name"] for one in container["env"]]
    assert names == ["API_URL", "API_KEYS", "F1_SECRETS_DIR"]
    assert list(secret_files(pod)) == ["f1-f1-aggregator-operator-key"]
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "test"


def test_each_role_has_an_external_secret(render: Render) -> None:
    values = yaml.safe_load("""
        externalSecrets: {storeName: aws, storeKind: SecretStore}
        database:
          existingSecret: null
          remoteKey: f1/owner
          urlTemplate: "postgresql://{{ .username }}:{{ .password | urlquery }}@db:5432/f1"
          programs: {api: {remoteKey: f1/reader, remoteProperty: url}}
        s3: {remoteKey: f1/s3}
    """)
    rendered = render(values)
    secrets = {one["metadata"]["name"]: one["spec"] for one in rendered.kind("ExternalSecret")}
    assert secrets.keys() == {
        "f1-f1-aggregator-database",
        "f1-f1-aggregator-database-api",
        "f1-f1-aggregator-migration-database",
        "f1-f1-aggregator-s3",
    }
    made = secrets["f1-f1-aggregator-database"]
    assert made["target"]["template"]["data"] == {
        "F1_DATABASE_URL": values["database"]["urlTemplate"]
    }
    assert made["dataFrom"] == [{"extract": {"key": "f1/owner"}}]
    [whole] = secrets["f1-f1-aggregator-database-api"]["data"]
    assert whole["remoteRef"] == {"key": "f1/reader", "property": "url"}
    assert _database_secret(rendered.pod("api")) == "f1-f1-aggregator-database-api"
    assert {one["secretStoreRef"]["kind"] for one in secrets.values()} == {"SecretStore"}


def _hooks(one: Manifest) -> set[str]:
    return set(filter(None, (one["metadata"].get("annotations") or {}).get(HOOK, "").split(",")))


def _weight(one: Manifest) -> int:
    return int(one["metadata"]["annotations"]["helm.sh/hook-weight"])


def _database_secret(pod: Manifest) -> str:
    [name] = [name for name, files in secret_files(pod).items() if "F1_DATABASE_URL" in files]
    return name
