"""The programs can load the settings that the chart gives to their pods."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer
from pydantic_settings import BaseSettings

from f1_api.settings import ApiSettings
from f1_core.settings import DatabaseSettings, LogSettings, SourceSettings, load
from f1_core.store.rawstore import StoreSettings
from f1_devkit.cluster.charts import Manifests, secret_files
from f1_ingest import cli as ingest_cli
from f1_ingest import settings as ingest
from f1_operator import cli as operator_cli
from f1_operator import settings as operator
from f1_worker import cli as worker_cli
from f1_worker.settings import WorkerSettings

Render = Callable[..., Manifests]
OF_INGEST: list[type[BaseSettings]] = [
    value
    for value in vars(ingest).values()
    if isinstance(value, type) and issubclass(value, BaseSettings) and value is not BaseSettings
]
OF_OPERATOR: list[type[BaseSettings]] = [
    operator.OperatorSettings,
    operator.ApiClientSettings,
    operator.JobSettings,
]
KINDS: dict[str, list[type[BaseSettings]]] = {
    "api": [ApiSettings, DatabaseSettings, LogSettings],
    "worker": [WorkerSettings, DatabaseSettings, StoreSettings, LogSettings, SourceSettings],
    "ingest": [*OF_INGEST, SourceSettings],
    "operator": [*OF_OPERATOR, LogSettings],
}
KEY = "f1_" + "a" * 12 + "_" + "b" * 43


def _environment(rendered: Manifests, program: str) -> Iterator[tuple[str, str]]:
    """The environment of a program's container, with test values of secrets, as variables."""
    pod = rendered.pod(program)
    [container] = pod["spec"]["containers"]
    for source in container["envFrom"]:
        yield from rendered.one("ConfigMap", source["configMapRef"]["name"])["data"].items()
    for files in secret_files(pod).values():
        for name in files or ("F1_S3_ACCESS_KEY_ID", "F1_S3_SECRET_ACCESS_KEY"):
            yield name, "postgresql://f1@db/f1" if name.endswith("_URL") else KEY
    for variable in container["env"]:
        if variable["name"] != "F1_SECRETS_DIR":
            yield variable["name"], variable.get("value", "f1-operator-0")


@pytest.mark.parametrize("program", KINDS)
def test_a_program_reads_all_of_its_settings(
    render: Render, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    store = {
        "existingSecret": "keys",
        "endpoint": "http://minio:9000",
        "prefix": "team-a/f1",
        "addressingStyle": "virtual",
    }
    rendered = render({"s3": store})
    kinds = KINDS[program]
    known = {
        f"{kind.model_config['env_prefix']}{field}".upper()
        for kind in kinds
        for field in kind.model_fields
    }
    environment = dict(_environment(rendered, program))
    if StoreSettings in kinds:
        assert environment["F1_S3_PREFIX"] == "team-a/f1"
        assert environment["F1_S3_ADDRESSING_STYLE"] == "virtual"
    assert environment.keys() <= known
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    load(*kinds)


def test_the_api_is_served_to_others_with_keys(render: Render, monkeypatch: Any) -> None:
    for mode, used in (("required", "required"), ("optional", "optional"), ("none", "off")):
        data = render({"api": {"keys": mode}}).one("ConfigMap", "-api")["data"]
        monkeypatch.setenv("F1_API_HOST", data["F1_API_HOST"])
        monkeypatch.setenv("F1_API_KEYS", data["F1_API_KEYS"])
        [settings] = load(ApiSettings)
        assert (settings.host, settings.keys_used) == ("::", used)


def test_limits_and_caching_are_settings_of_the_api(render: Render, monkeypatch: Any) -> None:
    values = {
        "keys": "optional",
        "anonymousLimit": "1000/hour",
        "origins": ["https://a.example", "https://b.example:8443"],
        "cache": {
            "maxAgeSeconds": 60,
            "sharedMaxAgeSeconds": 3600,
            "staleWhileRevalidateSeconds": 30,
            "staleIfErrorSeconds": 86400,
        },
    }
    for name, value in render({"api": values}).one("ConfigMap", "-api")["data"].items():
        monkeypatch.setenv(name, value)
    [settings] = load(ApiSettings)
    assert settings.anonymous_limit == (1000, 3600)
    assert settings.origins.split() == values["origins"]
    assert (settings.max_age_s, settings.shared_max_age_s) == (60, 3600)
    assert (settings.stale_while_revalidate_s, settings.stale_if_error_s) == (30, 86400)


def test_the_operators_key_is_accepted_by_the_api(render: Render, monkeypatch: Any) -> None:
    """It is random, and both pods have the same."""

    rendered = render({})
    secret = rendered.one("Secret", "-operator-key")
    key = base64.b64decode(secret["data"]["F1_API_OPERATOR_KEY"]).decode()
    monkeypatch.setenv("F1_API_OPERATOR_KEY", key)
    [settings] = load(ApiSettings)
    assert settings.operator_key
    for program, variable in (("api", "F1_API_OPERATOR_KEY"), ("operator", "F1_API_KEY")):
        files = secret_files(rendered.pod(program))[secret["metadata"]["name"]]
        assert files == {variable: "F1_API_OPERATOR_KEY"}
    assert render({"api": {"keys": "none"}}).kind("Secret") == []


def test_jobs_of_the_operator_have_the_settings_of_cron_jobs(
    render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: dict[str, Any] = {
        "image": {"registry": "registry.example.com/f1", "tag": "v2", "pullSecrets": ["pull"]},
        "s3": {"existingSecret": "s3-keys"},
        "commonLabels": {"team": "racing"},
        "worker": {"extraEnv": [{"name": "AWS_CA_BUNDLE", "value": "/ca"}]},
        "ingest": {
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "spot", "operator": "Exists"}],
            "affinity": {
                "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}
            },
            "priorityClassName": "low",
            "podAnnotations": {"sidecar.istio.io/inject": "false"},
            "podLabels": {"example.com/tier": "batch"},
            "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
            "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        },
    }
    rendered = render(values)
    template = rendered.pod("ingest")
    pod = template["spec"]
    [container] = pod["containers"]
    for name, value in _environment(rendered, "operator"):
        monkeypatch.setenv(name, value)
    [jobs] = load(operator.JobSettings)
    assert jobs.ingest_image == container["image"] == "registry.example.com/f1/f1-ingest:v2"
    assert jobs.ingest_service_account == pod["serviceAccountName"]
    assert [{"name": name} for name in jobs.image_pull_secrets] == pod["imagePullSecrets"]
    assert jobs.node_selector == pod["nodeSelector"]
    assert jobs.tolerations == pod["tolerations"]
    assert jobs.affinity == pod["affinity"]
    assert jobs.priority_class_name == pod["priorityClassName"]
    assert jobs.annotations == template["metadata"]["annotations"]
    assert jobs.labels.items() <= template["metadata"]["labels"].items()
    assert {"team", "example.com/tier"} <= jobs.labels.keys()
    assert jobs.resources == container["resources"]
    assert jobs.env == values["ingest"]["extraEnv"]
    assert jobs.env[0] in container["env"]
    assert jobs.worker_env == values["worker"]["extraEnv"]
    assert jobs.env_from_config_maps == (container["envFrom"][0]["configMapRef"]["name"],)
    assert jobs.secrets == ("postgres", "s3-keys")
    assert jobs.env_from_secrets == jobs.worker_env_from_secrets == ()
    assert jobs.ingest_command == ()
    assert jobs.worker_env_from_config_maps == ("f1-f1-aggregator-worker",)
    assert jobs.worker_secrets == ("postgres", "s3-keys")


def test_null_values_remove_the_defaults_of_jobs(
    render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`null` removes a default in helm."""
    fields = ("nodeSelector", "tolerations", "affinity", "podAnnotations", "resources", "extraEnv")
    rendered = render({"ingest": dict.fromkeys(fields)})
    for name, value in _environment(rendered, "operator"):
        monkeypatch.setenv(name, value)
    [jobs] = load(operator.JobSettings)
    assert (jobs.node_selector, jobs.tolerations, jobs.resources, jobs.env) == ({}, [], {}, [])


def test_a_setting_of_one_program_takes_precedence(render: Render) -> None:
    rendered = render(
        {"settings": {"F1_LOG_LEVEL": "DEBUG"}, "worker": {"settings": {"F1_LOG_LEVEL": "ERROR"}}}
    )
    levels = {
        name: rendered.one("ConfigMap", f"-{name}")["data"]["F1_LOG_LEVEL"]
        for name in ("api", "worker", "ingest", "operator")
    }
    assert levels == {"api": "DEBUG", "worker": "ERROR", "ingest": "DEBUG", "operator": "DEBUG"}


@pytest.mark.parametrize(
    ("written", "read"), [(1_000_000, "1000000"), (0.05, "0.05"), (True, "true"), ("1h", "1h")]
)
def test_a_setting_keeps_its_value(render: Render, written: Any, read: str) -> None:
    settings = {"F1_BUDGET_PER_HOUR": written}
    rendered = render({"ingest": {"settings": settings}, "migration": {"settings": settings}})
    assert rendered.one("ConfigMap", "-ingest")["data"]["F1_BUDGET_PER_HOUR"] == read
    hook = next(pod for name, pod in rendered.pods() if name.endswith("-migration"))
    assert {"name": "F1_BUDGET_PER_HOUR", "value": read} in hook["spec"]["containers"][0]["env"]


def test_a_purge_has_the_workers_role_in_the_database(render: Render) -> None:
    roles = {name: {"existingSecret": f"db-{name}"} for name in ("worker", "ingest")}
    data = render({"database": {"programs": roles}}).one("ConfigMap", "-operator")["data"]
    assert data["F1_JOB_WORKER_SECRETS"] == "db-worker"
    assert data["F1_JOB_SECRETS"] == "db-ingest"


COMMANDS = {"worker": worker_cli.app, "operator": operator_cli.app, "uninstall": operator_cli.app}


@pytest.mark.parametrize("component", COMMANDS)
def test_the_programs_accept_their_arguments(render: Render, component: str) -> None:
    [container] = render({}).pod(component)["spec"]["containers"]
    _parse(COMMANDS[component], container["args"])


def test_ingest_accepts_the_arguments_of_its_cron_jobs(render: Render) -> None:
    jobs = render({}).kind("CronJob")
    assert jobs
    for job in jobs:
        [container] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        _parse(ingest_cli.app, container["args"])


def _parse(app: typer.Typer, arguments: list[str]) -> None:
    """Parse arguments as the program does, without running it.

    Raises:
        UsageError: an argument is unknown, or one is missing.
    """
    group: Any = typer.main.get_group(app)
    name, command, rest = group.resolve_command(group.context_class(group), list(arguments))
    command.make_context(name, rest)


def test_values_of_a_version_without_the_cache_are_accepted(render: Render) -> None:
    """As with `helm upgrade --reuse-values`: the program's defaults then apply."""
    data = render({"api": {"httpCache": None, "origins": None}}).one("ConfigMap", "-api")["data"]
    assert not {name for name in data if "AGE_S" in name or "STALE" in name}
