"""Jenkins as code: helm's values, JCasC, Job DSL, the agents and their rights."""

import re
import string
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from builds import PIPELINES, ROOT, Harness

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed

HERE = ROOT / "jenkins"
VALUES = yaml.safe_load((HERE / "helm" / "values.yaml").read_text())
CHART = Path(__file__).parent / "chart" / "jenkins-5.9.53-values.tsv"
OF_ENVIRONMENT = yaml.safe_load(
    string.Template((ROOT / "infra" / "helm" / "jenkins.yaml").read_text()).safe_substitute()
)
CONTROLLER = {one["name"]: one["value"] for one in OF_ENVIRONMENT["controller"]["containerEnv"]}

PLUGINS = {  # the plugin that has each word of jenkins/pipelines and of helm/values.yaml
    "kubernetes": "podTemplates",
    "workflow-aggregator": "pipeline {",
    "git": "git {",
    "configuration-as-code": "JCasC:",
    "job-dsl": "pipelineJob(",
    "matrix-auth": "globalMatrix:",
    "timestamper": "timestamps()",
    "junit": "junit testResults",
    "mailer": "mail to:",
}


def known_to_jcasc(text: str, variables: Mapping[str, str]) -> str:
    """As JCasC resolves ${NAME} and ${NAME:-default}, and ^${NAME} to the text ${NAME}."""

    def value(found: re.Match[str]) -> str:
        return found[0][1:] if found[0][0] == "^" else variables.get(found[1], found[2] or "")

    return re.sub(r"\^?\$\{([\w-]+)(?::-([^}]*))?\}", value, text)


def jcasc(environment: str = "dev") -> dict[str, Any]:
    """All configuration scripts, merged as JCasC merges files."""
    administrator = {"chart-admin-username": "a", "chart-admin-password": "p"}
    variables = {**CONTROLLER, **administrator, "F1_ENVIRONMENT": environment}
    whole: dict[str, Any] = {}
    for text in VALUES["controller"]["JCasC"]["configScripts"].values():
        document = yaml.safe_load(known_to_jcasc(text, variables))
        assert not set(document) & set(whole), "two scripts have the same root"
        whole |= document
    return whole


def agents() -> Iterator[dict[str, Any]]:
    variables = {**CONTROLLER, "IMAGE_REGISTRY": "registry/f1", "F1_AGENT_TAG": "v0.2.0"}
    for text in VALUES["agent"]["podTemplates"].values():
        yield from yaml.safe_load(known_to_jcasc(text, variables))


@pytest.mark.parametrize("values", [VALUES, OF_ENVIRONMENT], ids=["values", "environment"])
def test_every_value_exists_in_the_chart(values: dict[str, Any]) -> None:
    lines = CHART.read_text().splitlines()[1:]
    kinds = dict(line.split("\t") for line in lines)

    def unknown(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
        for key, value in tree.items():
            name = f"{prefix}{key}"
            if kinds.get(name) in ("{}", "null", "[]") or name.endswith("SecurityContext"):
                continue  # for Kubernetes
            if isinstance(value, Mapping) and any(one.startswith(f"{name}.") for one in kinds):
                yield from unknown(value, f"{name}.")
            elif name not in kinds:
                yield name

    assert list(unknown(values)) == []


def test_plugins_are_those_that_the_pipelines_and_the_configuration_use() -> None:
    text = "".join(path.read_text() for path in PIPELINES.iterdir())
    text += (HERE / "helm" / "values.yaml").read_text()
    installed = {one.split(":")[0] for one in VALUES["controller"]["installPlugins"]}
    assert installed == set(PLUGINS)
    assert [name for name, word in PLUGINS.items() if word not in text] == []


def test_builds_run_only_on_agents_and_require_a_login() -> None:
    controller = VALUES["controller"]
    assert (controller["numExecutors"], controller["executorMode"]) == (0, "EXCLUSIVE")
    assert controller["admin"] == {"createSecret": False, "existingSecret": "jenkins-admin"}
    strategy = yaml.safe_load(controller["JCasC"]["authorizationStrategy"])
    entries = [one["group"] for one in strategy["globalMatrix"]["entries"] if "group" in one]
    groups = {one["name"]: one["permissions"] for one in entries}
    assert set(groups) == {"f1-approvers", "authenticated"}
    assert groups["authenticated"] == ["Overall/Read", "Job/Read"]


def test_every_variable_of_a_pipeline_is_set() -> None:
    [node] = jcasc()["jenkins"]["globalNodeProperties"]
    given = {one["key"] for one in node["envVars"]["env"]}
    text = "".join(path.read_text() for path in PIPELINES.iterdir())
    used = set(re.findall(r"env\.(F1_\w+|IMAGE_REGISTRY)", text))
    assert used <= given


def test_every_label_has_an_agent_and_every_agent_is_used() -> None:
    text = "".join(path.read_text() for path in PIPELINES.iterdir())
    labels = set(re.findall(r"label '([\w-]+)'", text))
    assert labels == {one["label"] for one in agents()}


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ("dev", ["ci", "ingest-cron", "deploy", "gameday", "release"]),
        ("prod", ["ingest-cron", "deploy"]),
    ],
)
def test_every_job_runs_an_existing_pipeline(
    harness: Harness, environment: str, names: list[str]
) -> None:
    [job] = jcasc(environment)["jobs"]
    answer = harness({"jobs": job["script"]})
    assert [one["name"] for one in answer["jobs"]] == names
    paths = set()
    for one in answer["jobs"]:
        [path] = arguments_of("scriptPath", one["has"])
        assert path == f"jenkins/pipelines/{one['name']}.Jenkinsfile"
        assert (ROOT / path).is_file()
        paths.add(path)
        assert arguments_of("remote", one["has"]) or arguments_of("url", one["has"])
    if environment == "dev":
        assert len(paths) == len(list(PIPELINES.iterdir()))


def test_every_job_but_ci_runs_the_pipeline_of_main(harness: Harness) -> None:
    """Also deploy: a revision with a changed pipeline could skip the approval."""
    [job] = jcasc()["jobs"]
    jobs = {one["name"]: one["has"] for one in harness({"jobs": job["script"]})["jobs"]}
    assert jobs.keys() > {"deploy", "release"}
    for name in jobs.keys() - {"ci"}:
        assert arguments_of("branch", jobs[name]) == ["main"]
    assert arguments_of("stringParam", jobs["deploy"])[0] == "IMAGE_TAG"


def test_the_agent_that_runs_branches_has_no_right_in_aws() -> None:
    cluster = (ROOT / "infra" / "eksctl" / "cluster.yaml").read_text()
    with_a_role = set(re.findall(r"namespace: jenkins, serviceAccountName: ([\w-]+)", cluster))
    assert with_a_role == {"jenkins-agent", "jenkins-release", "jenkins-deployer"}


def arguments_of(word: str, block: list[dict[str, Any]]) -> list[Any]:
    """The arguments of a word anywhere in the block."""
    for one in block:
        if one["word"] == word and not isinstance(one["given"][0], list):
            return list(one["given"])
        for argument in one["given"]:
            found = arguments_of(word, argument) if isinstance(argument, list) else []
            if found:
                return found
    return []


def apply_rights(server: ApiServer) -> Kubectl:
    everywhere = server.kubectl()
    everywhere("create", "namespace", "f1")
    for document in yaml.safe_load_all((HERE / "kubernetes" / "rights.yaml").read_text()):
        space = document["metadata"].get("namespace", "default")
        everywhere.within(space).apply(document)
    return everywhere


@pytest.fixture(scope="module")
def cluster(kube_apiserver: ApiServer) -> Kubectl:
    return apply_rights(kube_apiserver)


def may(cluster: Kubectl, account: str, verb: str, what: str, namespace: str) -> bool:
    flags = ("--as", f"system:serviceaccount:jenkins:{account}", "--quiet")
    done = cluster.within(namespace).command("auth", "can-i", verb, what, *flags)
    return subprocess.run(done, check=False, capture_output=True).returncode == 0


def test_each_account_has_exactly_the_rights_that_it_needs(cluster: Kubectl) -> None:
    assert may(cluster, "jenkins-ingest", "create", "jobs.batch", "f1")
    assert may(cluster, "jenkins-ingest", "get", "pods/log", "f1")
    assert not may(cluster, "jenkins-ingest", "create", "jobs.batch", "default")
    assert not may(cluster, "jenkins-ingest", "get", "secrets", "f1")
    assert not may(cluster, "jenkins-ingest", "patch", "cronjobs.batch", "f1")
    assert not may(cluster, "jenkins-agent", "get", "pods", "jenkins")
    assert not may(cluster, "jenkins-test", "get", "pods", "jenkins")
    assert not may(cluster, "jenkins-release", "get", "pods", "jenkins")
    assert may(cluster, "jenkins", "create", "pods", "jenkins-e2e")
    assert not may(cluster, "jenkins", "create", "pods", "f1")
    assert may(cluster, "jenkins-deployer", "create", "clusterroles", "f1")


def test_agents_keep_the_pod_security_of_their_namespaces(cluster: Kubectl) -> None:
    """`restricted`, except for the agent with a container engine; the apiserver checks it."""
    for agent in agents():
        template = yaml.safe_load(agent["yaml"])
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": agent["name"]},
            "spec": {**template["spec"], "serviceAccountName": agent["serviceAccount"]},
        }
        space = agent.get("namespace", "jenkins")
        assert (space == "jenkins-e2e") is (agent["name"] == "e2e")
        manifest = yaml.safe_dump(pod)
        cluster.within(space)("create", "--dry-run=server", "--filename", "-", stdin=manifest)
        [account] = [
            one
            for one in cluster.within(space).list("serviceaccount")
            if one["metadata"]["name"] == agent["serviceAccount"]
        ]
        assert account


def test_the_namespace_of_ordinary_agents_refuses_a_privileged_one(cluster: Kubectl) -> None:
    """A test of the check: the pod of the agent with a container engine, in that namespace."""
    [agent] = [one for one in agents() if one["name"] == "e2e"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "e2e"},
        "spec": {**yaml.safe_load(agent["yaml"])["spec"], "serviceAccountName": "jenkins-test"},
    }
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        cluster.within("jenkins")(
            *("create", "--dry-run=server", "--filename", "-"), stdin=yaml.safe_dump(pod)
        )
