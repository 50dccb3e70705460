"""The chart: rendered by the real helm to objects, or installed on the test cluster."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import yaml

from f1_core.errors import F1Error
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.helm import Helm

RELEASE = "f1"
Manifest = dict[str, Any]
COMPONENT = "app.kubernetes.io/component"
# It needs less than 100 MB, and Go's garbage collection and scheduler a quarter of its time.
_LITTLE_GO = {"GOGC": "off", "GOMAXPROCS": "1"}


class Refused(F1Error):
    """helm refused the values; the message is helm's."""


class _StrictLoader(yaml.CSafeLoader):
    """Reads YAML as kustomize and Flux do: a repeated key in a mapping is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """A mapping.

        Raises:
            yaml.constructor.ConstructorError: a key is repeated.
        """
        names = Counter(key.value for key, _ in node.value)
        for key, _ in node.value:
            if names[key.value] > 1:
                raise yaml.constructor.ConstructorError(
                    "while constructing a mapping",
                    node.start_mark,
                    f"the key {key.value} is repeated",
                    key.start_mark,
                )
        return super().construct_mapping(node, deep=deep)


class Manifests(Sequence[Manifest]):
    """The objects that helm would send to the cluster, including hooks."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self._manifests = manifests

    @overload
    def __getitem__(self, index: int) -> Manifest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Manifest]: ...
    def __getitem__(self, index: int | slice) -> Manifest | Sequence[Manifest]:
        return self._manifests[index]

    def __len__(self) -> int:
        return len(self._manifests)

    def kind(self, kind: str) -> list[Manifest]:
        """All of a kind."""
        return [one for one in self if one["kind"] == kind]

    def one(self, kind: str, ending: str = "") -> Manifest:
        """The only object of a kind with a name that ends with `ending`."""
        found = [one for one in self.kind(kind) if one["metadata"]["name"].endswith(ending)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} of kind {kind} with a name that ends in {ending!r}")
        return found[0]

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """Every pod template or pod, with the kind and name of its object."""
        for one in self:
            name = f"{one['kind']} {one['metadata']['name']}"
            if one["kind"] == "Pod":
                yield name, one
            elif one["kind"] == "CronJob":
                yield name, one["spec"]["jobTemplate"]["spec"]["template"]
            elif one["kind"] in ("Deployment", "Job"):
                yield name, one["spec"]["template"]

    def pod(self, component: str) -> Manifest:
        """The pod of a component; of several (CronJobs) the first."""
        for _, pod in self.pods():
            if pod["metadata"]["labels"].get(COMPONENT) == component:
                return pod
        raise LookupError(f"no pod of component {component}")


def secret_files(pod: Manifest) -> dict[str, dict[str, str]]:
    """The Secrets that a pod mounts, by name, with the key of each file; empty: all keys."""
    return {
        source["secret"]["name"]: {
            one["path"]: one["key"] for one in source["secret"].get("items", ())
        }
        for volume in pod["spec"]["volumes"]
        if volume["name"] == "secrets"
        for source in volume.get("projected", {}).get("sources", ())
    }


def chart() -> Path:
    """The chart's folder."""
    return programs.checkout() / "charts" / "f1-aggregator"


def template(
    values: Mapping[str, Any], *flags: str, release: str = "f1", namespace: str = "racing"
) -> Manifests:
    """The objects that helm renders from values.

    Raises:
        Refused: helm does not accept them.
        MissingProgram: helm is not built.
    """
    helm = str(programs.find("helm", "make .cache/kube/bin/helm"))
    command = [helm, "template", release, str(chart()), "--namespace", namespace, *flags]
    done = subprocess.run(  # noqa: S603
        [*command, "--values", "-"],
        input=json.dumps(values),
        env={**os.environ, **_LITTLE_GO},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise Refused(done.stderr)
    made = yaml.load_all(done.stdout, Loader=_StrictLoader)
    return Manifests([one for one in made if one])


def merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    """Merge values as helm does; later ones take precedence."""
    result: dict[str, Any] = {}
    for layer in values:
        for key, value in layer.items():
            below = result.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                result[key] = merged(below, value)
            else:
                result[key] = value
    return result


def install(
    helm: Helm,
    outside: Outside,
    values: Mapping[str, Any] | None = None,
    *,
    wait_s: int = 300,
    folder: Path | None = None,
) -> None:
    """Install or upgrade the release `f1` on the test cluster, and wait until all of it is ready.

    Args:
        outside: the Postgres, S3 and source that it uses.
        values: on top of values-kind.yaml.
        folder: of another chart than this checkout's.

    Raises:
        HelmFailed: refused, or not ready in time.
    """
    folder = folder or chart()
    given = json.dumps(merged(values_of(outside), values or {}))
    helm(
        *("upgrade", "--install", RELEASE, str(folder)),
        *("--values", str(folder / "values-kind.yaml"), "--values", "-"),
        # The Season CRD is cluster-wide: another release or kubectl may have created it.
        *("--take-ownership", "--force-conflicts"),
        *("--wait", "--timeout", f"{wait_s}s"),
        stdin=given,
        timeout=wait_s + 60,
    )


def values_of(outside: Outside) -> dict[str, Any]:
    """The values with the addresses of Postgres, S3 and the source."""
    settings = outside.settings()
    return {
        "database": {"url": settings["F1_DATABASE_URL"]},
        "s3": {
            "bucket": settings["F1_S3_BUCKET"],
            "endpoint": settings["F1_S3_ENDPOINT"],
            "accessKeyId": settings["F1_S3_ACCESS_KEY_ID"],
            "secretAccessKey": settings["F1_S3_SECRET_ACCESS_KEY"],
        },
        "ingest": {
            # As the default source, and as the source of synthetic data.
            "settings": {
                "F1_JOLPICA_URL": settings["F1_SYNTHETIC_URL"],
                "F1_SYNTHETIC_URL": settings["F1_SYNTHETIC_URL"],
            }
        },
    }
