"""infra/README.md: its commands name targets, files, charts and variables that exist."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from aws_cloud import ROOT

from f1_infra.stacks import STACKS, Stack

GUIDE = (ROOT / "infra" / "README.md").read_text()
COMMANDS = [
    line.strip()
    for block in re.findall(r"^```bash\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_the_guide_has_the_whole_sequence() -> None:
    tools = ("make infra-up", "make images-push", "eksctl create", "helm upgrade", "curl")
    places = [next(n for n, one in enumerate(COMMANDS) if one.startswith(tool)) for tool in tools]
    assert places == sorted(places)


def test_make_targets_exist() -> None:
    text = (ROOT / "infra" / "targets.mk").read_text()
    named = set(re.findall(r"make ((?:infra-|deploy|smoke|rollback|registry)[a-z-]*)", GUIDE))
    assert named == set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) - {"cost-docs"}


def test_rendered_files_and_variables_exist(rendered: Callable[[str], Path]) -> None:
    folder = rendered("dev")
    named = set(re.findall(r"\.cache/infra/dev/([\w.-]+)", GUIDE))
    assert named == {path.name for path in folder.iterdir()}
    variables = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", "\n".join(COMMANDS)))
    exported = set(re.findall(r"(\w+)=", (folder / "variables.sh").read_text()))
    assert variables <= exported


def test_other_files_exist() -> None:
    words = " ".join(one for one in COMMANDS if not one.startswith("helm repo")).split()
    named = [one for one in words if re.match(r"(charts/|jenkins/\w+/|infra/)", one)]
    assert len(named) > 5
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_the_bundle_of_rds_is_created_before_the_release(rendered: Callable[[str], Path]) -> None:
    values = yaml.safe_load((rendered("dev") / "f1-aggregator.yaml").read_text())
    bundle = values["database"]["caBundle"]
    makes = f"kubectl create configmap {bundle['configMap']} --namespace f1"
    [made] = [number for number, one in enumerate(COMMANDS) if one.startswith(makes)]
    assert f"--from-file .cache/infra/{bundle['key']}" in COMMANDS[made]
    [fetched] = [number for number, one in enumerate(COMMANDS) if bundle["key"] in one][:1]
    [installs] = [
        n for n, one in enumerate(COMMANDS) if one.startswith("helm upgrade --install f1 ")
    ]
    assert fetched < made < installs


def test_the_images_have_the_tag_that_is_deployed() -> None:
    tags = re.findall(r"(?:IMAGE_TAG|VERSION)=(\S+)", "\n".join(COMMANDS[:12]))
    assert len(tags) == 4
    assert set(tags) == {"v0.2.0"}


@pytest.mark.parametrize("stack", STACKS, ids=lambda one: one.template)
def test_every_stack_is_described(stack: Stack) -> None:
    assert f"`{stack.name('ENV')}`" in GUIDE


def test_every_chart_has_its_version_in_one_place() -> None:
    versions = yaml.safe_load((ROOT / "infra" / "versions.yaml").read_text())
    others = [
        command
        for command in COMMANDS
        if command.startswith("helm upgrade") and "charts/f1-aggregator" not in command
    ]
    assert others
    for command in others:
        [name] = re.findall(r'--version "\$([A-Z_]+)"', command)
        assert versions[name.lower()]


def test_other_documents_name_the_same_versions() -> None:
    versions = yaml.safe_load((ROOT / "infra" / "versions.yaml").read_text())
    stack = (ROOT / "charts" / "kube-prometheus-stack" / "README.md").read_text()
    assert f"--version {versions['kube_prometheus_stack']} " in stack
    module = (ROOT / "tools" / "eksctl" / "go.mod").read_text()
    [eksctl] = re.findall(r"github\.com/weaveworks/eksctl v(\d+\.\d+)\.", module)
    assert f"eksctl {eksctl} or newer" in GUIDE
