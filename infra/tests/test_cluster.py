"""The files for eksctl, Helm and kubectl, rendered from a deployed environment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from aws_cloud import ROOT, Cloud

from f1_devkit.cluster import charts
from f1_infra import environment, render
from f1_infra.errors import InfraError

SCHEMA = ROOT.parent / "shared" / "schemas" / "eksctl-v1alpha5.json"
BOTH = pytest.mark.parametrize("name", ["dev", "prod"])
Render = Callable[[str], Path]


def cluster(rendered: Render, name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((rendered(name) / "cluster.yaml").read_text())
    return found


@BOTH
def test_eksctl_has_every_field(rendered: Render, name: str) -> None:
    if not SCHEMA.exists():
        pytest.skip("eksctl's JSON schema is not there: `eksctl utils schema` prints it")
    definition = json.loads(SCHEMA.read_text())
    document = cluster(rendered, name)
    jsonschema.validate(document, definition)
    document["managedNodeGroups"][0]["privatNetworking"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, definition)


@BOTH
def test_nodes_are_private_encrypted_and_may_reach_the_database(
    deployed: Cloud, rendered: Render, name: str
) -> None:
    outputs = deployed.outputs(name)
    groups = cluster(rendered, name)["managedNodeGroups"]
    assert [one["name"] for one in groups] == ["arm64", "amd64", "e2e"]
    for one in groups:
        assert one["privateNetworking"]
        assert one["volumeEncrypted"]
        assert one["disableIMDSv1"]
        assert one["disablePodIMDS"]
        attached = one.get("securityGroups", {}).get("attachIDs", [])
        assert attached == ([] if one["name"] == "e2e" else [outputs["NodeSecurityGroup"]])


@BOTH
def test_each_role_is_associated_with_one_account(
    deployed: Cloud, rendered: Render, name: str
) -> None:
    associations = cluster(rendered, name)["iam"]["podIdentityAssociations"]
    found = {
        f"{one['namespace']}/{one['serviceAccountName']}": one.get("roleARN")
        for one in associations
    }
    outputs = deployed.outputs(name)
    assert found == {
        "f1/f1-worker": outputs["WorkerRoleArn"],
        "f1/f1-ingest": outputs["IngestRoleArn"],
        "external-secrets/external-secrets": outputs["ExternalSecretsRoleArn"],
        "external-dns/external-dns": outputs["ExternalDnsRoleArn"],
        "monitoring/cloudwatch-exporter": outputs["MetricsRoleArn"],
        "jenkins/jenkins-agent": outputs["ImagePushRoleArn"],
        "jenkins/jenkins-release": outputs["ReleaseRoleArn"],
        "jenkins/jenkins-deployer": outputs["DeployRoleArn"],
        "kube-system/aws-load-balancer-controller": None,
    }
    roles = {one for one in outputs if one.endswith("RoleArn")}
    assert len(roles) == len([one for one in found.values() if one])


@BOTH
def test_the_control_plane_is_logged_encrypted_and_limited(
    deployed: Cloud, rendered: Render, name: str
) -> None:
    document = cluster(rendered, name)
    assert document["secretsEncryption"]["keyARN"] == deployed.outputs(name)["ClusterKeyArn"]
    assert len(document["cloudWatch"]["clusterLogging"]["enableTypes"]) == 5
    assert document["vpc"]["publicAccessCIDRs"] == ["203.0.113.0/24"]
    assert document["accessConfig"]["authenticationMode"] == "API"
    addons = {one["name"]: one for one in document["addons"]}
    assert all(one["version"] for one in addons.values())
    assert json.loads(addons["vpc-cni"]["configurationValues"]) == {"enableNetworkPolicy": "true"}


@BOTH
def test_the_chart_accepts_the_rendered_values(
    deployed: Cloud, rendered: Render, name: str
) -> None:
    """Its service accounts are those with roles."""
    values = yaml.safe_load((rendered(name) / "f1-aggregator.yaml").read_text())
    manifests = list(charts.template(values, release="f1", namespace="f1"))
    outputs = deployed.outputs(name)
    accounts = {one["metadata"]["name"] for one in manifests if one["kind"] == "ServiceAccount"}
    assert {"f1-worker", "f1-ingest"} <= accounts
    [ingress] = [one for one in manifests if one["kind"] == "Ingress"]
    annotations = ingress["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/certificate-arn"] == outputs["CertificateArn"]
    assert ingress["spec"]["rules"][0]["host"] == outputs["DomainName"]
    secrets = [one for one in manifests if one["kind"] == "ExternalSecret"]
    assert secrets
    assert outputs["DatabaseSecretArn"] in json.dumps(secrets)
    assert f"@{outputs['DatabaseHost']}:5432/f1?sslmode=verify-full" in json.dumps(secrets)
    assert json.dumps(manifests).count("rds-ca") > 4, "every program verifies RDS' certificate"
    assert outputs["RawBucket"] in json.dumps(manifests)
    images = json.dumps(manifests).count(f"{outputs['ImageRegistry']}/f1-")
    assert images > 4


@BOTH
def test_jenkins_finds_nodes_for_its_privileged_agents(rendered: Render, name: str) -> None:
    [group] = [one for one in cluster(rendered, name)["managedNodeGroups"] if one["name"] == "e2e"]
    jenkins = yaml.safe_load((ROOT / "jenkins" / "helm" / "values.yaml").read_text())
    [agent] = yaml.safe_load(jenkins["agent"]["podTemplates"]["e2e"])
    pod = yaml.safe_load(agent["yaml"])["spec"]
    assert pod["nodeSelector"].items() <= group["labels"].items()
    [taint] = group["taints"]
    assert [one["key"] for one in pod["tolerations"]] == [taint["key"]]
    assert taint["effect"] == "NoSchedule", "no other pod runs on these nodes"
    [volume] = pod["volumes"]
    assert int(volume["emptyDir"]["sizeLimit"].removesuffix("Gi")) < group["volumeSize"]


def refused(document: Any, schema: dict[str, Any]) -> list[str]:
    """The errors of kubectl for a resource; jsonschema itself accepts unknown fields."""
    closed = json.loads(json.dumps(schema), object_hook=_closed)
    closed["properties"]["metadata"] = {"type": "object"}
    return [one.message for one in jsonschema.Draft7Validator(closed).iter_errors(document)]


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema


@BOTH
def test_external_secrets_has_every_field_of_the_secret_store(rendered: Render, name: str) -> None:
    folder = rendered(name)
    store = yaml.safe_load((folder / "cluster-secret-store.yaml").read_text())
    schema = json.loads((ROOT / "charts/tests/crds/ClusterSecretStore.json").read_text())
    assert refused(store, schema) == []
    store["spec"]["provider"]["aws"]["regoin"] = store["spec"]["provider"]["aws"].pop("region")
    assert len(refused(store, schema)) == 2
    release = yaml.safe_load((folder / "f1-aggregator.yaml").read_text())
    assert release["externalSecrets"]["storeName"] == store["metadata"]["name"]


def test_the_secret_store_is_for_this_namespace_only(rendered: Render) -> None:
    store = yaml.safe_load((rendered("dev") / "cluster-secret-store.yaml").read_text())
    assert store["spec"]["conditions"] == [{"namespaces": ["f1"]}]
    assert store["spec"]["provider"]["aws"] == {"service": "SecretsManager", "region": "eu-west-1"}


def test_a_name_without_a_value_is_an_error(deployed: Cloud, tmp_path: Path) -> None:
    here = environment.load("dev", deployed.environments)
    outputs = deployed.outputs("dev")
    del outputs["CertificateArn"]
    known = render.values(here, outputs)
    template = next(one for one in render.TEMPLATES if one.name == "f1-aggregator.yaml")
    with pytest.raises(InfraError, match="needs CertificateArn") as refused:
        render.render(template, known)
    assert "parameters.platform.DomainName" in str(refused.value)


def test_the_job_for_database_roles_uses_the_objects_of_the_guide(
    deployed: Cloud, rendered: Render
) -> None:
    """An ExternalSecret that is valid for External Secrets, and a Job that verifies RDS."""
    secret, job = yaml.safe_load_all((rendered("dev") / "database-roles.yaml").read_text())
    schema = json.loads((ROOT / "charts/tests/crds/ExternalSecret.json").read_text())
    jsonschema.validate(secret, schema)
    outputs = deployed.outputs("dev")
    assert secret["spec"]["dataFrom"] == [{"extract": {"key": outputs["DatabaseSecretArn"]}}]
    pod = job["spec"]["template"]["spec"]
    variables = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    assert variables["PGHOST"] == outputs["DatabaseHost"]
    assert variables["PGSSLMODE"] == "verify-full"
    guide = (ROOT / "infra" / "README.md").read_text()
    for one in pod["volumes"]:
        name = one.get("configMap", {}).get("name") or one["secret"]["secretName"]
        assert f"kubectl create configmap {name}" in guide or f"generic {name}" in guide


def test_the_chart_gives_each_program_its_role(rendered: Render) -> None:
    values = yaml.safe_load((rendered("dev") / "f1-aggregator.yaml").read_text())
    guide = (ROOT / "infra" / "README.md").read_text()
    [written] = [one for one in guide.splitlines() if one.startswith("database_programs:")]
    values["database"]["programs"] = yaml.safe_load(yaml.safe_load(written)["database_programs"])
    manifests = json.dumps(list(charts.template(values, release="f1", namespace="f1")))
    for program in ("migration", "api", "worker", "ingest"):
        assert f'"f1-database-{program}"' in manifests
    assert '"f1-database"' not in manifests, "no program is left with the administrator's role"
