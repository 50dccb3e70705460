"""The Season resource of the chart, and the permissions of users on Seasons."""

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


def test_upgrades_include_the_resource(render: Render) -> None:
    """It is a template, since helm never upgrades files in crds/."""
    crd = render({}).one("CustomResourceDefinition", NAME)
    assert not (chart() / "crds").exists()
    assert crd["spec"] == yaml.safe_load((chart() / "files" / "season.yaml").read_text())["spec"]


def test_the_operator_tests_the_same_resource() -> None:
    source = chart().parents[1] / "operator" / "crd" / "season.yaml"
    assert source.resolve() == (chart() / "files" / "season.yaml").resolve()


def test_it_stays_after_an_uninstall_unless_keep_is_false(render: Render) -> None:
    kept = render({}).one("CustomResourceDefinition")["metadata"]["annotations"]
    assert kept == {"helm.sh/resource-policy": "keep"}
    removed = render({"crd": {"keep": False}}).one("CustomResourceDefinition")["metadata"]
    assert "annotations" not in removed
    assert render({"crd": {"install": False}}).kind("CustomResourceDefinition") == []


def test_disabling_the_operator_keeps_the_resource(render: Render) -> None:
    """None of its objects is left, but the resource stays, so that Seasons are kept."""
    left = render({"operator": {"enabled": False}})
    names = [one["metadata"]["name"] for one in left]
    assert not [name for name in names if name.endswith(("operator", "operator-key", "uninstall"))]
    assert left.kind("CustomResourceDefinition")


# --- on a real apiserver --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def racing(kube_apiserver: ApiServer, render: Render) -> Iterator[Kubectl]:
    """A namespace with the chart's resource, roles and rules; ann has the role admin, ed and a
    service account have edit, vera has view.
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
    # A policy is in force after a moment.
    eventually(
        "the rules are in force", lambda: _refused(kubectl, "ed", _season(deletionPolicy="Purge"))
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
    """Why the user may not apply it; empty if it is allowed."""
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


def test_view_reads_and_edit_writes(racing: Kubectl) -> None:
    racing("get", "seasons", "--as", "vera")
    assert "cannot patch resource" in _refused(racing, "vera", _season())
    assert _refused(racing, "ed", _season()) == ""
    assert "cannot list resource" in _error(racing, "get", "seasons", "--as", "nobody")


@pytest.mark.parametrize("user", ["ed", GITOPS])
def test_a_purge_requires_admin(racing: Kubectl, user: str) -> None:
    why = _refused(racing, user, _season(deletionPolicy="Purge"))
    assert "takes the verb purge on seasons, which the role admin has. Write Retain" in why
    assert _refused(racing, "ann", _season(deletionPolicy="Purge")) == ""


def test_a_priority_class_requires_admin(racing: Kubectl) -> None:
    why = _refused(racing, "ed", _season(priorityClassName="system-node-critical"))
    assert "priorityClassName may displace others' pods" in why
    assert _refused(racing, "ann", _season(priorityClassName="high")) == ""


def test_edit_can_change_a_season_of_an_admin(racing: Kubectl) -> None:
    """An unchanged field needs no permission; removing rows does."""
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
    why = _error(racing, "delete", "season", "season-2024", "--as=ed")
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


def test_kubernetes_may_clean_up_in_spite_of_the_rules(racing: Kubectl) -> None:
    """The namespace controller may delete Seasons that no user may."""
    controller = "system:serviceaccount:kube-system:namespace-controller"
    racing.apply(_season(deletionPolicy="Purge"))
    racing(
        *("delete", "season", "season-2024", f"--as={controller}"),
        *("--as-group=system:serviceaccounts", "--as-group=system:serviceaccounts:kube-system"),
        "--as-group=system:authenticated",
    )


def test_the_rules_do_not_apply_to_other_namespaces(racing: Kubectl) -> None:
    """Another release has its own rules."""
    racing("create", "namespace", "elsewhere")
    racing.within("elsewhere")(
        "create", "rolebinding", "ed", "--clusterrole=cluster-admin", "--user=ed"
    )
    elsewhere = racing.within("elsewhere")
    assert _refused(elsewhere, "ed", _season(deletionPolicy="Purge")) == ""


def _error(kubectl: Kubectl, *command: str) -> str:
    with pytest.raises(KubectlFailed) as failed:
        kubectl(*command)
    return failed.value.error
