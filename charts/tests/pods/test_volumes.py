"""Private authorities' certificates and users' volumes are mounted in every pod that needs them."""

from collections.abc import Callable
from typing import Any

import pytest

from f1_core.settings import load
from f1_devkit.cluster.charts import Manifests
from f1_operator.jobs.manifests import fetch_job, plan_job, purge_job
from f1_operator.season.resource import Season
from f1_operator.settings import JobSettings

Render = Callable[..., Manifests]
PROGRAMS = ("api", "worker", "ingest", "operator", "migration")
EVERYWHERE = {"name": "company", "configMap": {"name": "company-ca"}}
MOUNT = {"name": "company", "mountPath": "/etc/company", "readOnly": True}
FILE = {"F1_DATABASE_CA_FILE": "/etc/f1/certificates/database.pem"}
S3_FILE = {"F1_S3_CA_FILE": "/etc/f1/certificates/s3.pem"}
VALUES: dict[str, Any] = {
    "database": {"caBundle": {"configMap": "rds-ca", "key": "global-bundle.pem"}},
    "s3": {"endpoint": "https://s3.example", "caBundle": {"secret": "s3-ca"}},
    "extraVolumes": [EVERYWHERE],
    "extraVolumeMounts": [MOUNT],
    **{
        name: {
            "extraVolumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}}],
            "extraVolumeMounts": [{"name": name, "mountPath": f"/data/{name}"}],
        }
        for name in PROGRAMS
    },
}


@pytest.fixture
def rendered(render: Render) -> Manifests:
    return render(VALUES)


def _volumes(pod: Any) -> dict[str, Any]:
    return {one["name"]: one for one in pod["spec"]["volumes"]}


def _mounts(pod: Any) -> dict[str, Any]:
    [container] = pod["spec"]["containers"]
    return {one["name"]: one for one in container["volumeMounts"]}


def test_every_pod_has_the_volumes_of_all(rendered: Manifests) -> None:
    pods = dict(rendered.pods())
    assert {name.split()[0] for name in pods} == {"Deployment", "CronJob", "Job", "Pod"}
    for pod in pods.values():
        assert _volumes(pod)["company"] == EVERYWHERE
        assert _mounts(pod)["company"] == MOUNT


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_has_its_own(rendered: Manifests, program: str) -> None:
    pod = rendered.pod(program)
    assert _mounts(pod)[program] == {"name": program, "mountPath": f"/data/{program}"}
    assert not _volumes(pod).keys() & set(PROGRAMS) - {program}


@pytest.mark.parametrize(
    ("program", "settings", "files"),
    [
        ("api", FILE, ["database.pem"]),
        ("migration", FILE, ["database.pem"]),
        ("worker", FILE | S3_FILE, ["database.pem", "s3.pem"]),
        ("ingest", FILE | S3_FILE, ["database.pem", "s3.pem"]),
        ("operator", {}, []),
    ],
)
def test_certificates_are_at_the_paths_in_the_settings(
    rendered: Manifests, program: str, settings: dict[str, str], files: list[str]
) -> None:
    pod = rendered.pod(program)
    [container] = pod["spec"]["containers"]
    given = {one["name"]: one.get("value") for one in container["env"]}
    for source in container.get("envFrom", ()):
        given |= rendered.one("ConfigMap", source["configMapRef"]["name"])["data"]
    assert {name: given[name] for name in given if name.endswith("_CA_FILE")} == settings
    sources = _volumes(pod).get("certificates", {"projected": {"sources": []}})
    items = [
        (one.get("configMap") or one["secret"])["items"][0]
        for one in sources["projected"]["sources"]
    ]
    assert [one["path"] for one in items] == files
    if files:
        assert items[0]["key"] == "global-bundle.pem"
        assert _mounts(pod)["certificates"]["mountPath"] == "/etc/f1/certificates"


def test_the_operators_jobs_have_the_volumes_of_cron_jobs_and_of_the_worker(
    rendered: Manifests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in rendered.one("ConfigMap", "-operator")["data"].items():
        monkeypatch.setenv(name, value)
    [jobs] = load(JobSettings)
    season = Season.read(
        {
            "metadata": {
                "name": "season-2024",
                "namespace": "racing",
                "uid": "1",
                "resourceVersion": "1",
                "creationTimestamp": "2030-01-01T12:00:00Z",
            },
            "spec": {"year": 2024},
        }
    )
    made = {
        "ingest": [
            plan_job(season, jobs, stamp="", suspend=False),
            fetch_job(season, jobs, task="backfill", rounds=(1,)),
        ],
        "worker": [purge_job(season, jobs, "racing")],
    }
    for program, of_operator in made.items():
        pod = rendered.pod(program)
        for job in of_operator:
            template = job["spec"]["template"]
            assert _mounts(template) == _mounts(pod)
            assert _volumes(template).keys() == _volumes(pod).keys()
            for name in ("certificates", "company", program):
                assert _volumes(template)[name] == _volumes(pod)[name]


def test_without_these_values_nothing_is_mounted(render: Render) -> None:
    for _, pod in render({}).pods():
        assert _volumes(pod).keys() <= {"tmp", "secrets"}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two bundles": (
        {"database": {"caBundle": {"configMap": "a", "secret": "b"}}},
        "database.caBundle.configMap and database.caBundle.secret are mutually exclusive",
    ),
    "a bundle without TLS": (
        {"s3": {"endpoint": "http://minio:9000", "caBundle": {"secret": "b"}}},
        "s3.caBundle is set, but s3.endpoint http://minio:9000 has no TLS: write https://",
    ),
    "a mount of no volume": (
        {"api": {"extraVolumeMounts": [{"name": "files", "mountPath": "/files"}]}},
        "api.extraVolumeMounts: no volume is named files: add it to api.extraVolumes",
    ),
    "a name of the chart's": (
        {"worker": {"extraVolumes": [{"name": "tmp", "emptyDir": {}}]}},
        "extraVolumes: the name tmp is used by the chart: use another name",
    ),
    "one name twice": (
        {"extraVolumes": [EVERYWHERE], "api": {"extraVolumes": [EVERYWHERE]}},
        "api.extraVolumes: two volumes have the name company",
    ),
    "a type that the operator's Jobs may not have": (
        {"ingest": {"extraVolumes": [{"name": "files", "nfs": {"server": "a", "path": "/"}}]}},
        "ingest.extraVolumes: volume files has a type that operator.restrictJobs does not allow",
    ),
    "a setting with a value of its own": (
        {"settings": {"F1_DATABASE_CA_FILE": "/ca.pem"}},
        "settings.F1_DATABASE_CA_FILE has its own value: set database.caBundle",
    ),
    "a volume of no type": (
        {"extraVolumes": [{"name": "files"}]},
        "at '/extraVolumes/0': minProperties: got 1, want 2",
    ),
    "a misspelt type": (
        {"extraVolumes": [{"name": "files", "configmap": {"name": "a"}}]},
        "additional properties 'configmap' not allowed",
    ),
}


@pytest.mark.parametrize(("values", "words"), REFUSED.values(), ids=REFUSED)
def test_invalid_combinations_are_refused(
    refusal: Callable[[dict[str, Any]], str], values: dict[str, Any], words: str
) -> None:
    assert words in refusal(values)


def test_a_url_may_have_parameters(render: Render) -> None:
    url = "postgresql://f1:secret@db:5432/f1?sslmode=verify-full&sslrootcert=/etc/company/ca.pem"
    secret = render({"database": {"existingSecret": "", "url": url}}).one("Secret", "r-database")
    assert secret["stringData"]["F1_DATABASE_URL"] == url
