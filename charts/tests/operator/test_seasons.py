"""The Season resource as the chart brings it, and what people may do with Seasons."""

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from f1_devkit.cluster.charts import Manifests, chart
from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed, eventually

Render = Callable[..., Manifests]
NAME = "seasons.f1.telemetry.dev"
GITOPS = "system:serviceaccount:racing:gitops"


def test_upgrades_reach_the_resource(render: Render) -> None:
    """It is a template: what is in crds/, helm installs once and never again."""
    crd = render({}).one("CustomResourceDefinition", NAME)
    assert not (chart() / "crds").exists()
    assert crd["spec"] == yaml.safe_load((chart() / "files" / "season.yaml").read_text())["spec"]


def test_the_operator_tests_the_same_resource() -> None:
    source = chart().parents[1] / "operator" / "crd" / "season.yaml"
    assert source.resolve() == (chart() / "files" / "season.yaml").resolve()


def test_it_stays_when_the_release_goes_unless_told_otherwise(render: Render) -> None:
    kept = render({}).one("CustomResourceDefinition")["metadata"]["annotations"]
    assert kept == {"helm.sh/resource-policy": "keep"}
    goes = render({"crd": {"keep": False}}).one("CustomResourceDefinition")["metadata"]
    assert "annotations" not in goes
    assert render({"crd": {"install": False}}).kind("CustomResourceDefinition") == []


def test_the_operator_goes_alone(render: Render) -> None:
    """Without it nothing of it is left, and the resource stays for those who have Seasons."""
    left = render({"operator": {"enabled": False}})
    names = [one["metadata"]["name"] for one in left]
    assert not [name for name in names if name.endswith(("operator", "operator-key", "uninstall"))]
    assert left.kind("CustomResourceDefinition")


# --- on a real apiserver --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def racing(kube_apiserver: ApiServer, render: Render) -> Iterator[Kubectl]:
    """A namespace with the chart's resource, roles and rules; ann is admin there, ed and a service
    account may edit, vera may look.
    """
    kubectl = kube_apiserver.kubectl("racing")
    rendered = render({}, namespace="racing")
    kinds = ("CustomResourceDefinition", "ClusterRole", "ValidatingAdmissionPolicy")
    kubectl("create", "namespace", "racing")
    for kind in (*kinds, "ValidatingAdmissionPolicyBinding"):
        kubectl.apply(*rendered.kind(kind))
    for user, roles in {
        "vera": ["view"],
        "ed": ["view", "edit"],
        GITOPS: ["view", "edit"],
        "ann": ["view", "edit", "admin"],
    }.items():
        for role in roles:
            name = rendered.one("ClusterRole", f"-{role}")["metadata"]["name"]
            binding = ("create", "rolebinding", f"{user}-{role}", f"--clusterrole={name}")
            kubectl(*binding, f"--user={user}")
    kubectl("wait", "--for=condition=Established", f"crd/{NAME}")
    # A policy takes a moment to be obeyed.
    eventually(
        "the rules are obeyed", lambda: _refused(kubectl, "ed", _season(deletionPolicy="Purge"))
    )
    yield kubectl
    # The resource itself stays, for other tests of this apiserver.
    for kind in (*kinds[1:], "ValidatingAdmissionPolicyBinding"):
        kubectl("delete", kind, *(one["metadata"]["name"] for one in rendered.kind(kind)))


def _season(name: str = "season-2024", **spec: Any) -> str:
    season = {
        "apiVersion": "f1.telemetry.dev/v1alpha1",
        "kind": "Season",
        "metadata": {"name": name},
    }
    return yaml.safe_dump(season | {"spec": {"year": 2024, **spec}})


def _refused(kubectl: Kubectl, user: str, season: str) -> str:
    """Why the user may not apply it; empty if he may."""
    try:
        kubectl("apply", "--server-side", "--as", user, "--filename", "-", stdin=season)
    except KubectlFailed as failed:
        return failed.error
    kubectl("delete", "season", "--all")
    return ""


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "racing" in request.fixturenames:
        request.getfixturevalue("racing")("delete", "season", "--all")


def test_the_season_in_helms_notes_is_accepted(racing: Kubectl) -> None:
    notes = (chart() / "templates" / "NOTES.txt").read_text()
    season = textwrap.dedent(notes.partition("<<END\n")[2].partition("     END\n")[0])
    racing("apply", "--dry-run=server", "--validate=strict", "--filename", "-", stdin=season)


def test_view_looks_and_edit_writes(racing: Kubectl) -> None:
    racing("get", "seasons", "--as", "vera")
    assert "cannot patch resource" in _refused(racing, "vera", _season())
    assert _refused(racing, "ed", _season()) == ""
    assert "cannot list resource" in _told(racing, "get", "seasons", "--as", "nobody")


@pytest.mark.parametrize("user", ["ed", GITOPS])
def test_to_purge_takes_admin(racing: Kubectl, user: str) -> None:
    why = _refused(racing, user, _season(deletionPolicy="Purge"))
    assert "takes the verb purge on seasons, which the role admin has. Write Retain" in why
    assert _refused(racing, "ann", _season(deletionPolicy="Purge")) == ""


def test_a_priority_class_takes_admin(racing: Kubectl) -> None:
    why = _refused(racing, "ed", _season(priorityClassName="system-node-critical"))
    assert "priorityClassName may displace others' pods" in why
    assert _refused(racing, "ann", _season(priorityClassName="high")) == ""


def test_edit_works_on_a_season_that_an_admin_made(racing: Kubectl) -> None:
    """What stays as it was needs no right; what would remove rows does."""
    racing.apply(_season(deletionPolicy="Purge", priorityClassName="high"))
    racing(
        "patch",
        "season",
        "season-2024",
        "--as=ed",
        "--type=merge",
        "-p",
        '{"spec":{"suspend":true}}',
    )
    why = _told(racing, "delete", "season", "season-2024", "--as=ed")
    assert "deleting this Season removes its rows (deletionPolicy Purge)" in why
    racing(
        "patch",
        "season",
        "season-2024",
        "--as=ed",
        "--type=merge",
        "-p",
        '{"spec":{"deletionPolicy":"Retain"}}',
    )
    racing("delete", "season", "season-2024", "--as=ed")


def test_kubernetes_cleans_up_whatever_the_rules(racing: Kubectl) -> None:
    """The namespace controller deletes Seasons that no user could."""
    controller = "system:serviceaccount:kube-system:namespace-controller"
    racing.apply(_season(deletionPolicy="Purge"))
    racing(
        *("delete", "season", "season-2024", f"--as={controller}"),
        *("--as-group=system:serviceaccounts", "--as-group=system:serviceaccounts:kube-system"),
        "--as-group=system:authenticated",
    )


def test_other_namespaces_are_left_alone(racing: Kubectl) -> None:
    """Another release has rules of its own."""
    racing("create", "namespace", "elsewhere")
    racing.within("elsewhere")(
        "create", "rolebinding", "ed", "--clusterrole=cluster-admin", "--user=ed"
    )
    elsewhere = racing.within("elsewhere")
    assert _refused(elsewhere, "ed", _season(deletionPolicy="Purge")) == ""


def _told(kubectl: Kubectl, *command: str) -> str:
    with pytest.raises(KubectlFailed) as failed:
        kubectl(*command)
    return failed.value.error
