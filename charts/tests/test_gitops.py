"""Argo CD and Flux: renders are reproducible, and the health of a Season is evaluated."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lupa
import pytest
import yaml

from f1_devkit.cluster.charts import Manifests, chart, merged
from f1_devkit.kubernetes import programs

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "docs" / "gitops.md",
    ROOT / "docs" / "before-you-install.md",
    ROOT / "charts" / "f1-aggregator" / "README.md",
)
NEEDED: Mapping[str, Any] = {
    "database": {"existingSecret": "f1-database"},
    "s3": {"bucket": "f1-raw"},
    "api": {"operatorKey": {"existingSecret": "f1-operator-key"}},
}
KUSTOMIZATION = "Kustomization"
Render = Callable[..., Manifests]
_BLOCK = re.compile(r"^( *)```(yaml|lua)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def _blocks(page: Path, kind: str) -> list[str]:
    return [text for _, language, text in _BLOCK.findall(page.read_text()) if language == kind]


def _examples() -> Iterator[Any]:
    """The chart's values in the documents; partial ones are merged into the smallest."""
    known = yaml.safe_load((chart() / "values.yaml").read_text())
    readme = (chart() / "README.md").read_text().partition("with `my-values.yaml`:\n\n")[2]
    yield pytest.param(yaml.safe_load(readme.partition("\n\n")[0]), id="README my-values")
    for page in PAGES:
        for text in _blocks(page, "yaml"):
            for number, one in enumerate(yaml.safe_load_all(text)):
                values = None
                if one.get("kind") == "Application":
                    values = one["spec"]["source"]["helm"]["valuesObject"]
                elif one.get("kind") == "HelmRelease":
                    values = one["spec"]["values"]
                elif one.keys() <= known.keys():
                    values = _completed(one)
                if values is not None:
                    title = f"{page.stem} {text.split(chr(10))[0][:30]} {number}"
                    yield pytest.param(values, id=title)


def test_the_dependencies_of_fluxs_kustomizations_exist() -> None:
    objects = [one for text in _blocks(PAGES[0], "yaml") for one in yaml.safe_load_all(text)]
    made = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == KUSTOMIZATION}
    needed = [one["name"] for spec in made.values() for one in spec.get("dependsOn", [])]
    assert needed
    for name in needed:
        assert made[name]["wait"], "it is ready when the HelmRelease is"
    assert {spec["sourceRef"]["namespace"] for spec in made.values()} == {"flux-system"}


def _completed(part: Any) -> Any:
    """Add what every installation needs, unless the part has it."""
    database = part.get("database", {})
    if {"url", "remoteKey", "existingSecret"} & database.keys():
        return merged({**NEEDED, "database": {}}, part)
    return merged(NEEDED, part)


def _raw(values: Any) -> str:
    """The output of `helm template`."""
    helm = str(programs.find("helm", "make .cache/kube/bin/helm"))
    done = subprocess.run(
        [helm, "template", "f1", str(chart()), "--namespace", "f1", "--values", "-"],
        input=yaml.safe_dump(values),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("values", list(_examples()))
def test_an_example_of_the_documents_renders_the_same_twice(values: Any) -> None:
    assert _raw(values) == _raw(values)


def test_with_a_generated_key_renders_differ(render: Render) -> None:
    del render
    values = {name: NEEDED[name] for name in ("database", "s3")}
    assert _raw(values) != _raw(values)


def test_the_operators_key_may_come_from_a_store(render: Render) -> None:
    values = {
        "externalSecrets": {"storeName": "vault"},
        "api": {"operatorKey": {"remoteKey": "f1/operator"}},
    }
    rendered = render(values)
    secret = rendered.one("ExternalSecret", "-operator-key")
    assert secret["spec"]["data"] == [
        {"secretKey": "F1_API_OPERATOR_KEY", "remoteRef": {"key": "f1/operator"}}
    ]
    assert rendered.kind("Secret") == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({"remoteKey": "f1"}, "api.operatorKey.remoteKey needs the store"),
        ({"remoteKey": "f1", "existingSecret": "a"}, "are mutually exclusive: set one of them"),
    ],
)
def test_a_key_without_its_store_is_refused(
    refusal: Callable[[Any], str], key: dict[str, str], words: str
) -> None:
    assert words in refusal({"api": {"operatorKey": key}})


@pytest.mark.parametrize("keep", [True, False])
def test_the_season_resource_has_annotations_of_the_user(render: Render, *, keep: bool) -> None:
    annotations = {"argocd.argoproj.io/sync-options": "Prune=false"}
    crd = render({"crd": {"annotations": annotations, "keep": keep}}).one(
        "CustomResourceDefinition"
    )
    kept = {"helm.sh/resource-policy": "keep"} if keep else {}
    assert crd["metadata"]["annotations"] == annotations | kept


@pytest.fixture(scope="module")
def health() -> Callable[[Any], tuple[str, str]]:
    """The script of the document, in Lua as in Argo CD."""
    [script] = _blocks(PAGES[0], "lua")
    lua = lupa.LuaRuntime()
    function = lua.eval(f"function(obj) {script} end")

    def run(season: Any) -> tuple[str, str]:
        answer = function(lua.table_from(season, recursive=True))
        return answer["status"], answer["message"]

    return run


def _season(*conditions: tuple[str, str, str], seen: int = 2, **spec: Any) -> Any:
    status = {
        "observedGeneration": seen,
        "conditions": [
            {"type": kind, "status": value, "message": message}
            for kind, value, message in conditions
        ],
    }
    return {"metadata": {"generation": 2}, "spec": {"year": 2024, **spec}, "status": status}


STATES: dict[str, tuple[Any, str]] = {
    "new": ({"metadata": {"generation": 1}, "spec": {"year": 2024}}, "Progressing"),
    "changed": (_season(("Ready", "True", "24 of 24"), seen=1), "Progressing"),
    "fetching": (
        _season(("Ready", "False", "3 of 24"), ("Stalled", "False", "")),
        "Progressing",
    ),
    "ready": (_season(("Ready", "True", "24 of 24"), ("Stalled", "False", "")), "Healthy"),
    "stalled": (_season(("Ready", "False", "a"), ("Stalled", "True", "b")), "Degraded"),
    "suspended": (_season(("Ready", "False", "a"), suspend=True), "Suspended"),
}


@pytest.mark.parametrize(("season", "status"), STATES.values(), ids=STATES)
def test_argo_cd_reads_a_seasons_health(
    health: Callable[[Any], tuple[str, str]], season: Any, status: str
) -> None:
    assert health(season)[0] == status
