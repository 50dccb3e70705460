"""The restricted profile, minimal permissions, and secrets only where they are needed."""

from collections.abc import Callable
from typing import Any

import yaml

from f1_devkit.cluster.charts import Manifests, secret_files

Render = Callable[..., Manifests]
USER = 10001
FOLDER = "/run/secrets/f1"
READABLE = 0o440


def test_every_pod_meets_the_restricted_profile(installation: Manifests) -> None:
    pods = list(installation.pods())
    assert pods
    for name, pod in pods:
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert (context["runAsUser"], context["runAsGroup"]) == (USER, USER), name
        assert context["fsGroup"] == USER, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys(), name
        assert spec["volumes"][0] == {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, name
        mounts: list[Any] = [{"name": "tmp", "mountPath": "/tmp"}]
        if secret_files(pod):
            assert [one["name"] for one in spec["volumes"]] == ["tmp", "secrets"], name
            assert spec["volumes"][1]["projected"]["defaultMode"] == READABLE, name
            mounts.append({"name": "secrets", "mountPath": FOLDER, "readOnly": True})
        else:
            assert len(spec["volumes"]) == 1, name
        for container in spec["containers"]:
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert container["volumeMounts"] == mounts, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


def test_only_clients_of_kubernetes_have_a_token(installation: Manifests) -> None:
    for account in installation.kind("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    with_token = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]
        for _, pod in installation.pods()
        if pod["spec"]["automountServiceAccountToken"]
    }
    assert with_token <= {"operator", "uninstall"}


def test_by_default_each_program_has_an_account_and_two_have_a_token(render: Render) -> None:
    rendered = render({})
    accounts = rendered.kind("ServiceAccount")
    assert len(accounts) == 6
    assert {one["automountServiceAccountToken"] for one in accounts} == {False}
    with_token = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]
        for _, pod in rendered.pods()
        if pod["spec"]["automountServiceAccountToken"]
    }
    assert with_token == {"operator", "uninstall"}


def test_the_operator_has_only_these_permissions(render: Render) -> None:
    """Add further permissions here, too."""
    role = render({}).one("Role", "-operator")
    assert sorted(_rights(role)) == [
        "batch/jobs create delete get list patch watch",
        "coordination.k8s.io/leases create",
        "coordination.k8s.io/leases[f1-f1-aggregator-operator] get update",
        "f1.telemetry.dev/seasons get list patch watch",
        "f1.telemetry.dev/seasons/status patch",
        "v1/events create",
        "v1/namespaces[racing] get",
        "v1/pods list",
    ]
    assert render({}).kind("ClusterRoleBinding") == []


def test_the_uninstall_hook_has_only_these_permissions(render: Render) -> None:
    role = render({}).one("Role", "-uninstall")
    assert sorted(_rights(role)) == [
        "apps/deployments/scale[f1-f1-aggregator-operator] patch",
        "batch/jobs delete list",
        "f1.telemetry.dev/seasons get list patch",
        "v1/pods list",
    ]


def test_admission_policies_refuse_what_they_cannot_evaluate(render: Render) -> None:
    """The release's policies apply in its namespace, those of the Season resource in all."""
    rendered = render({})
    policies = rendered.kind("ValidatingAdmissionPolicy")
    bindings = rendered.kind("ValidatingAdmissionPolicyBinding")
    assert {one["spec"]["failurePolicy"] for one in policies} == {"Fail"}
    assert sorted(one["metadata"]["name"] for one in policies) == sorted(
        one["spec"]["policyName"] for one in bindings
    )
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": "racing"}}
    for one in bindings:
        assert one["spec"]["validationActions"] == ["Deny"]
        where = one["spec"].get("matchResources")
        of_resource = one["metadata"]["name"] == "seasons.f1.telemetry.dev"
        assert where == (None if of_resource else {"namespaceSelector": namespace})


def test_the_default_roles_have_permissions_on_seasons(render: Render) -> None:
    rights = {
        role["metadata"]["name"].rpartition("-")[2]: sorted(_rights(role))
        for role in render({}).kind("ClusterRole")
    }
    assert rights == {
        "view": [
            "f1.telemetry.dev/seasons get list watch",
            "f1.telemetry.dev/seasons/scale get list watch",
            "f1.telemetry.dev/seasons/status get list watch",
        ],
        "edit": [
            "f1.telemetry.dev/seasons create delete deletecollection patch update",
            "f1.telemetry.dev/seasons/scale create delete deletecollection patch update",
        ],
        "admin": ["f1.telemetry.dev/seasons prioritize purge"],
    }


def test_secret_values_are_only_in_secrets(render: Render) -> None:
    values = {
        "database": {"existingSecret": None, "url": "postgresql://f1:hunter2@db/f1"},
        "s3": {"accessKeyId": "id", "secretAccessKey": "hunter2"},
    }
    where = {one["kind"] for one in render(values) if "hunter2" in yaml.safe_dump(one)}
    assert where == {"Secret"}


def test_a_program_gets_only_its_own_secrets(render: Render) -> None:
    """The API, which is exposed, has no S3 keys and no other role's database."""
    programs = ("migration", "api", "worker", "ingest")
    values = {
        "database": {"programs": {name: {"existingSecret": f"db-{name}"} for name in programs}},
        "s3": {"existingSecret": "s3-keys"},
    }
    rendered = render(values)
    secrets = {name: set(secret_files(rendered.pod(name))) for name in (*programs, "operator")}
    assert secrets == {
        "migration": {"db-migration"},
        "api": {"db-api", "f1-f1-aggregator-operator-key"},
        "worker": {"db-worker", "s3-keys"},
        "ingest": {"db-ingest", "s3-keys"},
        "operator": {"f1-f1-aggregator-operator-key"},
    }


def test_secrets_are_files_and_not_variables(installation: Manifests) -> None:
    """Variables are visible in /proc, in `kubectl describe` and to every child process."""
    for name, pod in installation.pods():
        [container] = pod["spec"]["containers"]
        assert not [one for one in container.get("envFrom", ()) if "secretRef" in one], name
        values = [one.get("valueFrom", {}) for one in container.get("env", ())]
        assert not [one for one in values if "secretKeyRef" in one], name
        folders = [one["value"] for one in container.get("env", ()) if "SECRETS_DIR" in one["name"]]
        assert folders == ([FOLDER] if secret_files(pod) else []), name


def test_pod_identity_and_irsa_find_accounts_by_name_and_annotation(render: Render) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/worker"}
    rendered = render({"worker": {"serviceAccount": {"name": "f1-worker", "annotations": role}}})
    account = rendered.one("ServiceAccount", "f1-worker")
    assert account["metadata"]["annotations"] == role
    assert rendered.pod("worker")["spec"]["serviceAccountName"] == "f1-worker"


def _rights(role: dict[str, Any]) -> list[str]:
    return [
        f"{group or 'v1'}/{resource}"
        f"{'[' + ','.join(rule['resourceNames']) + ']' if 'resourceNames' in rule else ''}"
        f" {' '.join(sorted(rule['verbs']))}"
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    ]
