"""The rendered objects are valid, for every supported Kubernetes and for other projects' CRDs."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifest, Manifests, Refused
from f1_devkit.kubernetes.kubectl import Kubectl

Render = Callable[..., Manifests]
OTHERS = Path(__file__).parent / "crds"


def problems(manifest: Manifest, kubernetes: str) -> Iterator[str]:
    """The errors of a manifest according to its schema."""
    validator = _of_crd(manifest["kind"]) or _of_kubernetes(
        manifest["apiVersion"], manifest["kind"], kubernetes
    )
    for error in validator.iter_errors(manifest):
        path = ".".join(str(part) for part in error.instance_path)
        yield f"{manifest['kind']} {manifest['metadata']['name']} {path}: {error.message}"


@cache
def _of_kubernetes(api_version: str, kind: str, kubernetes: str) -> Any:
    folder = (
        files("kubernetes_validate") / "kubernetes-json-schema" / f"v{kubernetes}.0-local-strict"
    )
    group, _, version = api_version.rpartition("/")
    name = "-".join(part for part in (kind.lower(), group.split(".")[0], version) if part)
    schema = json.loads((folder / f"{name}.json").read_text())
    return jsonschema_rs.validator_for(schema, registry=_definitions(str(folder)))


@cache
def _definitions(folder: str) -> jsonschema_rs.Registry:
    document = json.loads((Path(folder) / "_definitions.json").read_text())
    return jsonschema_rs.Registry([(document["$id"], document)])


@cache
def _of_crd(kind: str) -> Any:
    file = OTHERS / f"{kind}.json"
    if not file.exists():
        return None
    closed = _closed(json.loads(file.read_text()))
    closed["properties"]["metadata"] = {"type": "object"}
    return jsonschema_rs.validator_for(closed)


def _closed(schema: Any) -> Any:
    """A CRD's schema as a JSON Schema that refuses unknown fields, as `kubectl apply` does."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if closed.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
    open_ = closed.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(schema.get("properties"), dict) and closed.get("type") == "object" and not open_:
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.mark.parametrize("kubernetes", ["1.33", "1.34", "1.35", "1.36", "1.37"])
def test_every_manifest_is_valid(installation: Manifests, kubernetes: str) -> None:
    assert [line for one in installation for line in problems(one, kubernetes)] == []


def test_a_wrong_manifest_is_detected(render: Render) -> None:
    """Checks the check: unknown fields in objects of Kubernetes and of another project."""
    rendered = render({"monitoring": {"enabled": True}})
    service = json.loads(json.dumps(rendered.one("Service")))
    service["spec"]["prots"] = []
    assert "prots" in next(problems(service, "1.37"))
    monitor = json.loads(json.dumps(rendered.one("PodMonitor", "-api")))
    monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "30s"
    assert "intervall" in next(problems(monitor, "1.37"))


def test_an_apiserver_accepts_every_manifest(installation_file: Path, kubectl: Kubectl) -> None:
    """With Kubernetes' defaults and rules, including the policies' CEL, as a dry run."""
    values = yaml.safe_load(installation_file.read_text())
    # Other projects' CRDs are not installed, and a pod needs its priority class.
    text = "\n---\n".join(
        yaml.safe_dump(one)
        for one in charts.template(values, namespace=kubectl.namespace)
        if one["kind"] != "Pod" and not (OTHERS / f"{one['kind']}.json").exists()
    )
    flags = ("--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")
    applied = kubectl("apply", *flags, "--filename", "-", stdin=text).splitlines()
    assert len(applied) == text.count("\nkind: ") > 5


def test_names_are_unique_and_fit(installation: Manifests) -> None:
    names = [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in installation]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for _, _, name in names)


@pytest.mark.parametrize("namespace", ["racing", "b" * 63])
def test_long_names_are_shortened(render: Render, namespace: str) -> None:
    for one in render({}, release="a" * 53, namespace=namespace):
        limit = 52 if one["kind"] == "CronJob" else 63
        assert len(one["metadata"]["name"]) <= limit


def test_cluster_wide_objects_have_the_namespace_in_their_names(render: Render) -> None:
    """Two releases in a cluster do not share cluster roles."""
    here, there = (
        {one["metadata"]["name"] for one in render({}, namespace=namespace).kind("ClusterRole")}
        for namespace in ("b" * 63, "b" * 62 + "c")
    )
    assert not here & there


@pytest.mark.parametrize("version", ["1.32.9", "1.30.0"])
def test_an_older_kubernetes_is_refused(render: Render, version: str) -> None:
    with pytest.raises(Refused, match=r"kubeVersion: >=1\.33\.0-0"):
        render({}, "--kube-version", version)
