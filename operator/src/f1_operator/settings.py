"""Settings from the environment; README.md lists them for people."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from f1_core.program.listening import ANY
from f1_core.settings import HttpUrl, LogSettings, Port, load


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _labels(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    labels: dict[str, str] = {}
    for part in _split(value):
        key, equals, text = part.partition("=")
        if not equals:
            raise ValueError(f"cannot read {part!r}: write name=value, separated by commas")
        labels[key] = text
    return labels


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Labels = Annotated[dict[str, str], NoDecode, BeforeValidator(_labels)]


class OperatorSettings(BaseSettings, env_prefix="F1_OPERATOR_", extra="ignore"):
    """How the operator works.

    Attributes:
        namespace: where the operator runs: its Lease and purge Jobs are there.
        namespaces: the namespaces whose Seasons it serves; empty: the whole cluster.
        identity: the name of this replica in the Lease; empty: the host name.
        workers: number of Seasons that are reconciled at the same time.
        plans_at_once: number of plan Jobs that run at the same time; others wait suspended.
        resync_s: how often all Seasons and Jobs are listed, which corrects what watches missed.
        poll_s, poll_max_s: how often the API is polled for a Season at work; less often while
            nothing changes.
        api_patience_s: an outage of the API that is shorter changes no condition.
        stuck_after_s: the liveness probe fails if a Season was not reconciled for this time.
        request_timeout_s: time-out of each request to Kubernetes and to our API.
        lease: the Lease's name, in `namespace`.
        lease_s: a Lease not renewed for this time is taken over; its holder exits before that.
        metrics_port: /metrics, /healthz and /readyz; 0: any free port, for tests.
    """

    namespace: str = "default"
    namespaces: Names = ()
    identity: str = ""
    workers: int = Field(4, ge=1, le=32)
    plans_at_once: int = Field(5, ge=1)
    resync_s: float = Field(120.0, gt=0)
    poll_s: float = Field(3.0, gt=0)
    poll_max_s: float = Field(30.0, gt=0)
    api_patience_s: float = Field(30.0, ge=0)
    stuck_after_s: float = Field(600.0, gt=0)
    request_timeout_s: float = Field(10.0, gt=0)
    lease: str = "f1-operator"
    lease_s: float = Field(30.0, gt=0)
    metrics_host: str = ANY  # scraped and probed from outside the pod
    metrics_port: Port = 9102


class ApiClientSettings(BaseSettings, env_prefix="F1_API_", extra="ignore"):
    """Our own API: its URL, and a key if it requires one."""

    url: HttpUrl
    key: SecretStr | None = None


class JobSettings(BaseSettings):
    """The pods of the Jobs.

    Attributes:
        ingest_image: image with `f1-ingest`. worker_image: image with `f1-worker`, for purging.
        env_from_config_maps, env_from_secrets, secrets: hold the settings of ingest; they are
            looked up in the namespace of the Season. `secrets` become files, the others variables;
            `name:key=file` is one key of a Secret as a file of another name.
        worker_env_from_config_maps, worker_env_from_secrets, worker_secrets: hold those of the
            worker, for purging, in the operator's namespace; empty: the same as for ingest.
        labels: added to every Job and pod, such as app.kubernetes.io/instance=f1.
        annotations: JSON, added to every pod.
        env, worker_env: JSON, more variables of ingest, and of a purge, as a container has them.
        volumes, volume_mounts, worker_volumes, worker_volume_mounts: JSON, more volumes of ingest,
            and of a purge, as a pod and its container have them.
        pod_security_context, security_context: JSON, of the pod and of its container; empty: the
            restricted profile with user 10001.
        resources, node_selector, tolerations, affinity: JSON, as a pod has them.
        priority_class_name: of pods whose Season names none.
        ingest_command, worker_command: if the images do not start their program by themselves.
    """

    model_config = SettingsConfigDict(env_prefix="F1_JOB_", extra="ignore", frozen=True)

    ingest_image: str
    worker_image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    image_pull_secrets: Names = ()
    ingest_service_account: str = "default"
    worker_service_account: str = "default"
    env_from_config_maps: Names = ()
    env_from_secrets: Names = ()
    secrets: Names = ()
    worker_env_from_config_maps: Names = ()
    worker_env_from_secrets: Names = ()
    worker_secrets: Names = ()
    labels: Labels = {}
    annotations: dict[str, str] = {}
    env: list[dict[str, Any]] = []
    worker_env: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    volume_mounts: list[dict[str, Any]] = []
    worker_volumes: list[dict[str, Any]] = []
    worker_volume_mounts: list[dict[str, Any]] = []
    resources: dict[str, Any] = {
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }
    pod_security_context: dict[str, Any] = {}
    security_context: dict[str, Any] = {}
    node_selector: dict[str, str] = {}
    tolerations: list[dict[str, Any]] = []
    affinity: dict[str, Any] = {}
    priority_class_name: str | None = None
    ingest_command: Names = ()
    worker_command: Names = ()


class Settings(NamedTuple):
    """All settings of the program."""

    operator: OperatorSettings
    api: ApiClientSettings
    jobs: JobSettings
    log: LogSettings

    @classmethod
    def from_environment(cls) -> Self:
        """Read all settings.

        Raises:
            SettingsError: lists every variable that is missing or wrong.
        """
        return cls(*load(OperatorSettings, ApiClientSettings, JobSettings, LogSettings))  # type: ignore[arg-type]
