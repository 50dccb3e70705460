"""The pod template of all Jobs: one container under the restricted profile."""

from typing import Any

from f1_operator.settings import JobSettings

USER_ID = 10001
SECRETS_FOLDER = "/run/secrets/f1"
_GRACE_S = 30


def pod_template(
    jobs: JobSettings,
    *,
    image: str,
    service_account: str,
    command: tuple[str, ...],
    args: list[str],
    labels: dict[str, str],
    config_maps: tuple[str, ...],
    secrets: tuple[str, ...],
    secret_files: tuple[str, ...],
    env: list[dict[str, Any]],
    volumes: list[dict[str, Any]],
    volume_mounts: list[dict[str, Any]],
    priority_class_name: str | None = None,
    restart_policy: str = "Never",
) -> dict[str, Any]:
    """A pod template with one container, `main`.

    Args:
        secrets: Secrets whose keys become variables.
        secret_files: Secrets whose keys become files in F1_SECRETS_DIR; `name:key=file` is one key
            under another name.
        volumes, volume_mounts: additional ones of the pod and its container, in Kubernetes' format.
    """
    container: dict[str, Any] = {
        "name": "main",
        "image": image,
        "imagePullPolicy": jobs.image_pull_policy,
        "args": args,
        "env": env,
        "envFrom": [
            *({"configMapRef": {"name": name}} for name in config_maps),
            *({"secretRef": {"name": name}} for name in secrets),
        ],
        "resources": jobs.resources,
        "securityContext": jobs.security_context
        or {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        # The Season's status shows the last lines of the log as the reason of a failure.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the pod's own
    }
    mounted: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]
    if secret_files:
        sources = [_secret(text) for text in secret_files]
        mounted.append({"name": "secrets", "projected": {"defaultMode": 0o440, "sources": sources}})
        mount = {"name": "secrets", "mountPath": SECRETS_FOLDER, "readOnly": True}
        container["volumeMounts"].append(mount)
        container["env"] = [{"name": "F1_SECRETS_DIR", "value": SECRETS_FOLDER}, *env]
    mounted += volumes
    container["volumeMounts"] += volume_mounts
    if command:
        container["command"] = list(command)
    spec: dict[str, Any] = {
        "restartPolicy": restart_policy,
        "serviceAccountName": service_account,
        # It sends no requests to Kubernetes. Pod Identity and IRSA mount their own token.
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE_S,
        "securityContext": jobs.pod_security_context
        or {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": mounted,
    }
    optional = {
        "imagePullSecrets": [{"name": name} for name in jobs.image_pull_secrets],
        "nodeSelector": jobs.node_selector,
        "tolerations": jobs.tolerations,
        "affinity": jobs.affinity,
        "priorityClassName": priority_class_name,
    }
    metadata = {"labels": labels} | _given({"annotations": jobs.annotations})
    return {"metadata": metadata, "spec": spec | _given(optional)}


def _secret(text: str) -> dict[str, Any]:
    name, colon, item = text.partition(":")
    key, _, path = item.partition("=")
    return {"secret": {"name": name} | ({"items": [{"key": key, "path": path}]} if colon else {})}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
