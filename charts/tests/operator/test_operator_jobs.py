"""The permissions of the operator's account on a real apiserver: it can create its own Jobs, but
none with another Secret, account or image, even with a stolen token.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from f1_core.settings import load
from f1_devkit.cluster.charts import Manifests
from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import KubectlFailed, eventually
from f1_operator.jobs.manifests import fetch_job, plan_job, purge_job
from f1_operator.season.resource import Season
from f1_operator.settings import JobSettings

Render = Callable[..., Manifests]
Job = dict[str, Any]
Change = Callable[[Job], object]
NAMESPACE = "racing-jobs"
TOKEN = {"name": "F1_JOLPICA_TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "t"}}}
VALUES = {
    "image": {"pullSecrets": ["pull"]},
    "s3": {"existingSecret": "s3-keys", "caBundle": {"configMap": "s3-ca"}},
    "database": {"caBundle": {"secret": "database-ca"}},
    "extraVolumes": [{"name": "company", "configMap": {"name": "company-ca"}}],
    "extraVolumeMounts": [{"name": "company", "mountPath": "/etc/company"}],
    "ingest": {
        "extraEnv": [TOKEN],
        "podLabels": {"example.com/tier": "batch"},
        "extraVolumes": [
            {"name": "files", "persistentVolumeClaim": {"claimName": "archives"}},
            {
                "name": "vault",
                "csi": {
                    "driver": "secrets-store.csi.k8s.io",
                    "readOnly": True,
                    "volumeAttributes": {"secretProviderClass": "f1"},
                },
            },
        ],
    },
}


@pytest.fixture(scope="module")
def rendered(render: Render) -> Manifests:
    return render(VALUES, namespace=NAMESPACE)


@pytest.fixture(scope="module")
def settings(rendered: Manifests) -> JobSettings:
    """The operator's settings, from the chart."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rendered.one("ConfigMap", "-operator")["data"].items():
            patch.setenv(name, value)
        [jobs] = load(JobSettings)
    return jobs


@pytest.fixture(scope="module")
def operator(kube_apiserver: ApiServer, rendered: Manifests) -> Iterator[Callable[..., str]]:
    """kubectl as the operator's account; returns why a command is refused, or an empty text."""
    admin = kube_apiserver.kubectl(NAMESPACE)
    admin("create", "namespace", NAMESPACE)
    policies = [
        one
        for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
        for one in rendered.kind(kind)
        if one["metadata"]["name"].endswith("-operator-jobs")
    ]
    assert len(policies) == 2
    admin.apply(rendered.one("ServiceAccount", "-operator"), rendered.one("Role", "-operator"))
    admin.apply(rendered.one("RoleBinding", "-operator"), *policies)
    account = rendered.one("ServiceAccount", "-operator")["metadata"]["name"]

    def run(*command: str, body: Job | None = None) -> str:
        stdin = json.dumps(body) if body is not None else None
        try:
            admin(*command, f"--as=system:serviceaccount:{NAMESPACE}:{account}", stdin=stdin)
        except KubectlFailed as failed:
            return failed.error
        return ""

    foreign = _job_of_others()
    eventually("the policy is in force", lambda: _create(run, foreign))
    yield run
    admin("delete", "job", "--all", "--wait=false")
    for one in policies:
        admin("delete", one["kind"], one["metadata"]["name"])


def _create(operator: Callable[..., str], job: Job) -> str:
    return operator("create", "--dry-run=server", "--filename", "-", body=job)


def _season(**spec: Any) -> Season:
    metadata = {
        "name": "season-2024",
        "namespace": NAMESPACE,
        "uid": "00000000-0000-0000-0000-000000000001",
        "resourceVersion": "1",
        "creationTimestamp": "2030-01-01T12:00:00Z",
    }
    return Season.read({"metadata": metadata, "spec": {"year": 2024, **spec}})


def _jobs(settings: JobSettings) -> dict[str, Job]:
    season = _season(priorityClassName="high", resources=["laps"])
    return {
        "plan": plan_job(season, settings, stamp="", suspend=True),
        "backfill": fetch_job(season, settings, task="backfill", rounds=(1, 2)),
        "refresh": fetch_job(season, settings, task="refresh", rounds=(1,)),
        "purge": purge_job(season, settings, NAMESPACE),
    }


@pytest.mark.parametrize("task", ["plan", "backfill", "refresh", "purge"])
def test_its_own_jobs_are_allowed(
    operator: Callable[..., str], settings: JobSettings, task: str
) -> None:
    assert _create(operator, _jobs(settings)[task]) == ""


def pod(job: Job) -> Any:
    return job["spec"]["template"]["spec"]


def main(job: Job) -> Any:
    return pod(job)["containers"][0]


def volume(**source: Any) -> Change:
    return lambda job: pod(job)["volumes"].append({"name": "more", **source})


def projected(**source: Any) -> Change:
    return volume(projected={"sources": [source]})


def variable(**source: Any) -> Change:
    return lambda job: main(job)["env"].append({"name": "MORE", "valueFrom": source})


def of_pod(**fields: Any) -> Change:
    return lambda job: pod(job).update(fields)


def of_container(**fields: Any) -> Change:
    return lambda job: main(job).update(fields)


def secured(**fields: Any) -> Change:
    return lambda job: main(job)["securityContext"].update(fields)


def another(**fields: Any) -> Change:
    def change(job: Job) -> None:
        pod(job)["initContainers"] = [{**copy.deepcopy(main(job)), "name": "first", **fields}]

    return change


REFUSED: dict[str, tuple[Change, str]] = {
    "another image": (of_container(image="evil:1"), "may run the images"),
    "another tag": (of_container(image="f1-ingest:0.0.1"), "may run the images"),
    "a command": (of_container(command=["sh", "-c", "env"]), "no command but their own"),
    "an init container of another image": (another(image="evil:1"), "may run the images"),
    "another account": (of_pod(serviceAccountName="default"), "may use the accounts"),
    "no account": (lambda job: pod(job).pop("serviceAccountName"), "may use the accounts"),
    "an account's token": (of_pod(automountServiceAccountToken=True), "may use the accounts"),
    "a token by default": (
        lambda job: pod(job).pop("automountServiceAccountToken"),
        "without mounting their tokens",
    ),
    "a Secret as a volume": (volume(secret={"secretName": "other"}), "volumes of the"),
    "its Secret as another kind of volume": (volume(secret={"secretName": "postgres"}), "volumes"),
    "a Secret as a projection": (projected(secret={"name": "other"}), "volumes of the"),
    "a Secret beside its own": (
        lambda job: pod(job)["volumes"][1]["projected"]["sources"].append(
            {"secret": {"name": "other"}}
        ),
        "volumes of the",
    ),
    "a token as a projection": (
        projected(serviceAccountToken={"path": "token", "expirationSeconds": 3600}),
        "volumes of the",
    ),
    "a ConfigMap as a volume": (volume(configMap={"name": "other"}), "volumes of the"),
    "a Secret as variables": (
        of_container(envFrom=[{"secretRef": {"name": "other"}}]),
        "variables of the",
    ),
    "a ConfigMap as variables": (
        of_container(envFrom=[{"configMapRef": {"name": "other"}}]),
        "variables of the",
    ),
    "a Secret as a variable": (
        variable(secretKeyRef={"name": "other", "key": "k", "optional": True}),
        "variables of the",
    ),
    "a ConfigMap as a variable": (
        variable(configMapKeyRef={"name": "other", "key": "k"}),
        "variables of the",
    ),
    "an init container with a Secret": (
        another(envFrom=[{"secretRef": {"name": "other"}}]),
        "variables of the",
    ),
    "the node's files": (volume(hostPath={"path": "/"}), "volumes of the"),
    "somebody's disk": (volume(persistentVolumeClaim={"claimName": "db"}), "volumes of the"),
    "a CSI volume": (volume(csi={"driver": "secrets-store.csi.k8s.io"}), "volumes of the"),
    "a CSI volume of another class": (
        volume(
            csi={
                "driver": "secrets-store.csi.k8s.io",
                "volumeAttributes": {"secretProviderClass": "other"},
            }
        ),
        "volumes of the",
    ),
    "another ConfigMap as a projection": (projected(configMap={"name": "other"}), "volumes of the"),
    "another pull secret": (
        of_pod(imagePullSecrets=[{"name": "other"}]),
        "imagePullSecrets",
    ),
    "the node's network": (of_pod(hostNetwork=True), "of the node"),
    "the node's processes": (of_pod(hostPID=True), "of the node"),
    "the node's IPC": (of_pod(hostIPC=True), "of the node"),
    "a port of the node": (
        of_container(ports=[{"containerPort": 80, "hostPort": 80}]),
        "of the node",
    ),
    "a node by name": (of_pod(nodeName="control-plane"), "of the node"),
    "privileges": (
        secured(privileged=True, allowPrivilegeEscalation=True),
        "the restricted profile",
    ),
    "escalation": (secured(allowPrivilegeEscalation=True), "the restricted profile"),
    "capabilities": (
        secured(capabilities={"drop": ["ALL"], "add": ["SYS_PTRACE"]}),
        "the restricted profile",
    ),
    "root": (of_pod(securityContext={"runAsUser": 0}), "the restricted profile"),
    "root in its container": (secured(runAsNonRoot=False, runAsUser=0), "the restricted profile"),
    "a writable root file system": (
        secured(readOnlyRootFilesystem=False),
        "the restricted profile",
    ),
    "pods with the API's labels": (
        lambda job: job["spec"]["template"]["metadata"]["labels"].update(
            {"app.kubernetes.io/component": "api"}
        ),
        "app.kubernetes.io/component: ingest",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_job_with_other_content_is_refused(
    operator: Callable[..., str], settings: JobSettings, case: str
) -> None:
    change, words = REFUSED[case]
    job = copy.deepcopy(_jobs(settings)["backfill"])
    change(job)
    why = _create(operator, job)
    assert "denied request" in why
    assert words in why


def test_a_users_own_variables_are_allowed(
    operator: Callable[..., str], settings: JobSettings
) -> None:
    job = _jobs(settings)["plan"]
    assert TOKEN in main(job)["env"]
    assert _create(operator, job) == ""


def _job_of_others() -> Job:
    container = {"name": "main", "image": "others:1", "command": ["sh"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "of-others", "namespace": NAMESPACE},
        "spec": {"suspend": True, "template": template},
    }


def test_jobs_of_others_are_neither_changed_nor_deleted(
    operator: Callable[..., str], kube_apiserver: ApiServer
) -> None:
    admin = kube_apiserver.kubectl(NAMESPACE)
    admin.apply(_job_of_others())
    patches = (
        {"spec": {"suspend": False}},
        {"metadata": {"labels": {"app.kubernetes.io/managed-by": "f1-operator"}}},
    )
    for patch in patches:
        why = operator("patch", "job", "of-others", "--type=merge", "-p", json.dumps(patch))
        assert "its own Jobs only" in why
    assert "its own Jobs only" in operator("delete", "job", "of-others", "--wait=false")


def test_a_job_of_an_older_release_is_paused_and_deleted_but_not_changed(
    operator: Callable[..., str], kube_apiserver: ApiServer, settings: JobSettings
) -> None:
    """After an upgrade, its image is not one of the release."""
    job = copy.deepcopy(_jobs(settings)["backfill"])
    main(job)["image"] = "f1-ingest:older"
    job["metadata"]["ownerReferences"] = []
    job["spec"]["suspend"] = True
    name = job["metadata"]["name"]
    kube_apiserver.kubectl(NAMESPACE).apply(job)
    patch = ("patch", "job", name, "--type=merge", "-p")
    assert operator(*patch, '{"spec":{"suspend":false}}') == ""
    assert operator(*patch, '{"spec":{"suspend":true,"parallelism":2}}') == ""
    # The scheduling of a suspended Job may be changed, with the whole template.
    node = {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}}
    assert "may run the images" in operator(*patch, json.dumps(node))
    assert operator("delete", "job", name, "--wait=false") == ""


def test_the_policy_does_not_apply_to_other_users(
    operator: object, kube_apiserver: ApiServer
) -> None:
    del operator  # the policy exists
    admin = kube_apiserver.kubectl(NAMESPACE)
    job = _job_of_others()
    job["metadata"]["name"] = "of-another-user"
    created = admin("create", "--dry-run=server", "--filename", "-", stdin=json.dumps(job))
    assert "of-another-user created" in created


def test_it_can_be_switched_off(render: Render) -> None:
    for values in ({"operator": {"restrictJobs": False}}, {"operator": {"enabled": False}}):
        names = [one["metadata"]["name"] for one in render(values)]
        assert not [name for name in names if name.endswith("-operator-jobs")]
