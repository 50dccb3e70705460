"""Invalid values are refused before anything is sent, with the correct form."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml

from f1_devkit.cluster import charts
from f1_devkit.cluster.charts import Manifests, Refused
from f1_devkit.kubernetes.kubectl import Kubectl

Refusal = Callable[[Mapping[str, Any]], str]

NO_DATABASE = {"database": {"existingSecret": ""}}
JOB = {
    "enabled": True,
    "schedule": "0 * * * *",
    "args": ["poll"],
    "startingDeadlineSeconds": 60,
    "activeDeadlineSeconds": 60,
    "backoffLimit": 0,
    "suspend": False,
}

MESSAGES = {
    "no database": (
        NO_DATABASE,
        "database has no connection: set one of database.existingSecret",
    ),
    "two ways to the database": (
        {"database": {"url": "postgresql://f1@db/f1"}},
        "database: existingSecret and url are mutually exclusive: set one of them",
    ),
    "a program's role without a way": (
        {"database": {"programs": {"api": {"remoteProperty": "url"}}}},
        "database.programs.api has no connection",
    ),
    "a template and a property": (
        {
            "externalSecrets": {"storeName": "aws"},
            "database": {
                "existingSecret": "",
                "remoteKey": "f1",
                "remoteProperty": "url",
                "urlTemplate": "x",
            },
        },
        "database.urlTemplate and database.remoteProperty are mutually exclusive",
    ),
    "a template without a secret": (
        {"database": {"urlTemplate": "x"}},
        "set database.remoteKey too",
    ),
    "a remote secret without a store": (
        {"database": {"existingSecret": "", "remoteKey": "f1"}},
        "database.remoteKey needs a store: set externalSecrets.storeName",
    ),
    "remote S3 keys without a store": (
        {"s3": {"remoteKey": "f1"}},
        "s3.remoteKey needs a store: set externalSecrets.storeName",
    ),
    "an address that is no Postgres": (
        {"database": {"existingSecret": "", "url": "mysql://db/f1"}},
        "database.url is not a Postgres URL: write postgresql://user:password@host:5432/name",
    ),
    "a program's address that is no Postgres": (
        {"database": {"programs": {"worker": {"url": "db"}}}},
        "database.programs.worker.url is not a Postgres URL",
    ),
    "no bucket": ({"s3": {"bucket": ""}}, "s3.bucket is not set: write the name of the bucket"),
    "alerts of an RDS instance without a name": (
        {"monitoring": {"rules": {"cloudwatch": {"enabled": True}}}},
        "needs the name of the RDS instance: write monitoring.rules.cloudwatch.instance",
    ),
    "an alert that does not exist": (
        {"monitoring": {"rules": {"disabled": ["F1CapturesHold"]}}},
        "monitoring.rules.disabled: no alert is named F1CapturesHold",
    ),
    "a bucket's address": (
        {"s3": {"bucket": "s3://raw"}},
        's3.bucket "s3://raw" is not a bucket name: write the name only',
    ),
    "a prefix with a scheme": (
        {"s3": {"prefix": "s3://raw/f1"}},
        's3.prefix "s3://raw/f1" is not a prefix: write names of letters',
    ),
    "a prefix that leaves its folder": ({"s3": {"prefix": "f1/../other"}}, "is not a prefix"),
    "the prefix of an installation without one": (
        {"s3": {"prefix": "/raw/f1"}},
        's3.prefix "/raw/f1": raw, decisions and processed are prefixes of an installation',
    ),
    "an endpoint without scheme": (
        {"s3": {"endpoint": "minio:9000"}},
        's3.endpoint "minio:9000" is not a URL: write it with http:// or https://',
    ),
    "an endpoint of two lines": ({"s3": {"endpoint": "http://minio\n:9000"}}, "is not a URL"),
    "a Secret's name with a space": (
        {"database": {"existingSecret": "My Secret"}},
        "at '/database/existingSecret': 'My Secret' does not match pattern",
    ),
    "a label that Kubernetes refuses": (
        {"ingest": {"podLabels": {"team": "a,b=c"}}},
        "at '/ingest/podLabels/team': 'a,b=c' does not match pattern",
    ),
    "a contact that Prometheus would take for a template": (
        {"monitoring": {"contacts": {"team": "{{ team }}"}}},
        "at '/monitoring/contacts/team': '{{ team }}' does not match pattern",
    ),
    "a misspelt setting in extraEnv": (
        {"api": {"extraEnv": [{"name": "F1_API_POOL_SIZ", "value": "5"}]}},
        "api.extraEnv: F1_API_POOL_SIZ is not a setting of any program: did you mean F1_API_POOL_S",
    ),
    "an older name against the newer one": (
        {"worker": {"autoscaling": {"enabled": False, "by": "keda"}}},
        "worker.autoscaling.by (keda) contradicts worker.autoscaling.enabled (false)",
    ),
    "e-mail without a server": (
        {"monitoring": {"email": {"to": "f1@example.com"}}},
        "set monitoring.email.from and monitoring.email.smarthost",
    ),
    "half an access key": (
        {"s3": {"accessKeyId": "id"}},
        "s3.accessKeyId and s3.secretAccessKey belong together",
    ),
    "two ways to the S3 keys": (
        {"s3": {"existingSecret": "s3", "accessKeyId": "id", "secretAccessKey": "secret"}},
        "s3 has its keys in two ways: write one of",
    ),
    "a registry with scheme": (
        {"image": {"registry": "https://registry.example.com"}},
        "is not a registry: write host and path only",
    ),
    "a tag in an image's name": (
        {"api": {"image": {"repository": "f1-api:v1"}}},
        'api.image.repository "f1-api:v1" is not an image name: write it without a tag',
    ),
    "a digest as tag": (
        {"image": {"tag": "v1@sha256:00"}},
        'image.tag "v1@sha256:00" is not a tag: write the tag only',
    ),
    "a name in capitals": (
        {"fullnameOverride": "My_App"},
        '"My_App" is not a valid resource name: set fullnameOverride or nameOverride',
    ),
    "no region": ({"s3": {"region": ""}}, 's3.region "" is not a region: write one such as'),
    "an address as host": (
        {"ingress": {"hosts": ["https://f1.example.com/"]}},
        'ingress.hosts: "https://f1.example.com/" is not a host name: write lowercase letters',
    ),
    "a tag as digest": (
        {"worker": {"image": {"digest": "v1"}}},
        'worker.image.digest "v1" is not a digest: write sha256: and 64 hexadecimal digits',
    ),
    "fewer at most than at least": (
        {"api": {"autoscaling": {"minReplicas": 7}}},
        "api.autoscaling.minReplicas (7) is greater than maxReplicas (6)",
    ),
    "a disruption budget in words": (
        {"api": {"podDisruptionBudget": {"maxUnavailable": "some"}}},
        "write a number of pods, or a percentage such as 25%",
    ),
    "a node port without NodePort": (
        {"api": {"service": {"nodePort": 30080}}},
        "api.service.nodePort is for api.service.type NodePort or LoadBalancer",
    ),
    "https without certificate": (
        {"ingress": {"enabled": True}, "networkPolicies": {"enabled": False}},
        "ingress.alb.https needs a certificate: write api.ingress.alb.certificateArn, or api.",
    ),
    "a certificate that is none": (
        {"ingress": {"alb": {"certificateArn": "f1.example.com"}}},
        'certificateArn "f1.example.com" is not a certificate',
    ),
    "keys in the clear": (
        {
            "ingress": {"enabled": True, "alb": {"scheme": "internet-facing", "https": False}},
            "networkPolicies": {"enabled": False},
        },
        "would carry API keys in the clear",
    ),
    "tls for an ALB": (
        {"ingress": {"enabled": True, "hosts": ["a.example.com"], "tls": [{"secretName": "tls"}]}},
        "ingress.tls is not for class alb, whose certificates are ACM's",
    ),
    "an ingress without an allowed client": (
        {"ingress": {"enabled": True, "className": "nginx"}},
        "no client is allowed to reach the API: write networkPolicies.api.from",
    ),
    "a schedule that is none": (
        {"ingest": {"cronJobs": {"poll": {"schedule": "every 5 minutes"}}}},
        "is not a schedule: write minute, hour, day, month and weekday",
    ),
    "a CronJob's name in capitals": (
        {"ingest": {"cronJobs": {"OpenF1": JOB}}},
        "ingest.cronJobs.OpenF1 is not a valid name: use lowercase letters",
    ),
    "a CronJob's name too long": (
        {"ingest": {"cronJobs": {"a" * 50: JOB}}},
        "results in a name of more than 52 characters",
    ),
    "a setting of others": (
        {"settings": {"TZ": "UTC"}},
        "settings.TZ is not a setting: settings begin with F1_",
    ),
    "a setting that has a value": (
        {"worker": {"settings": {"F1_S3_BUCKET": "other"}}},
        "worker.settings.F1_S3_BUCKET has its own value: set s3.bucket",
    ),
    "a limit that is none": (
        {"api": {"anonymousLimit": "many"}},
        'api.anonymousLimit "many" is not a rate limit: write one such as 1000/hour',
    ),
    "a page's address": (
        {"api": {"origins": ["https://a.example/"]}},
        'api.origins: "https://a.example/" is not an origin: write scheme and host only',
    ),
    "a secret among the settings": (
        {"settings": {"F1_DATABASE_URL": "postgresql://f1@db/f1"}},
        "settings.F1_DATABASE_URL has its own value: set database",
    ),
    "a setting that the chart depends on": (
        {"api": {"settings": {"F1_API_PORT": 80}}},
        "api.settings.F1_API_PORT is fixed by the chart",
    ),
    "a label of the chart's own": (
        {"commonLabels": {"app.kubernetes.io/name": "mine"}},
        "is a label by which the chart selects its pods: use another prefix",
    ),
    "a pod label of the chart's own": (
        {"api": {"podLabels": {"f1.telemetry.dev/season": "x"}}},
        "api.podLabels.f1.telemetry.dev/season is a label by which the chart selects its pods",
    ),
}


@pytest.mark.parametrize(("values", "sentence"), MESSAGES.values(), ids=MESSAGES)
def test_invalid_values_are_refused(
    refusal: Refusal, values: Mapping[str, Any], sentence: str
) -> None:
    assert sentence in refusal(values)


def test_all_problems_are_reported_at_once(refusal: Refusal) -> None:
    wrong = charts.merged(NO_DATABASE, {"s3": {"bucket": "s3://raw"}, "settings": {"TZ": "UTC"}})
    message = refusal(wrong)
    assert message.count("\n  * ") == 3
    assert "Invalid values:" in message


def test_a_second_operator_in_a_namespace(
    render: Callable[..., Manifests], kubectl: Kubectl
) -> None:
    """Two would reconcile the same Seasons, each with its own API."""
    here = {"namespace": kubectl.namespace}
    values = {"crd": {"install": False}}  # other tests of this apiserver may have installed it
    operator = render(values, release="first", **here).one("Deployment", "-operator")
    owner = {"release-name": "first", "release-namespace": kubectl.namespace}
    owned = {"annotations": {f"meta.helm.sh/{key}": value for key, value in owner.items()}}
    installed = operator | {"metadata": operator["metadata"] | owned}
    kubectl("apply", "--filename", "-", stdin=yaml.safe_dump(installed))

    flags = ("--dry-run=server", "--kubeconfig", str(kubectl.kubeconfig))
    with pytest.raises(Refused, match="has the operator of release first, and two operators would"):
        render(values, *flags, release="second", **here)
    without = values | {"operator": {"enabled": False}}
    assert render(without, *flags, release="second", **here)
    assert render(values, *flags, release="first", **here)


def test_without_values_the_required_ones_are_named() -> None:
    with pytest.raises(Refused) as refused:
        charts.template({})
    assert "database has no connection" in str(refused.value)
    assert "s3.bucket is not set" in str(refused.value)


SCHEMA = {
    "a misspelt key": ({"replcas": 2}, "additional properties 'replcas' not allowed"),
    "a misspelt key below": (
        {"api": {"autoscaling": {"min": 2}}},
        "at '/api/autoscaling': additional properties 'min' not allowed",
    ),
    "a word for a number": (
        {"api": {"replicas": "two"}},
        "at '/api/replicas': got string, want integer",
    ),
    "no replica": ({"api": {"replicas": 0}}, "at '/api/replicas': minimum: got 0, want 1"),
    "no such port": (
        {"api": {"service": {"port": 70000}}},
        "at '/api/service/port': maximum: got 70,000, want 65,535",
    ),
    "no such choice": (
        {"api": {"keys": "maybe"}},
        "at '/api/keys': value must be one of 'required', 'optional', 'none'",
    ),
    "YAML's off is no word": (
        {"worker": {"autoscaling": {"by": False}}},
        "at '/worker/autoscaling/by': got boolean, want string",
    ),
    "a CronJob without a schedule": (
        {"ingest": {"cronJobs": {"more": {"args": ["poll"]}}}},
        "at '/ingest/cronJobs/more': missing property 'schedule'",
    ),
    "a word for a switch": (
        {"networkPolicies": {"enabled": "yes"}},
        "at '/networkPolicies/enabled': got string, want boolean",
    ),
    "a peer that is none": (
        {"networkPolicies": {"api": {"from": [{"cidr": "10.0.0.0/8"}]}}},
        "additional properties 'cidr' not allowed",
    ),
    "an address for a range of them": (
        {"networkPolicies": {"database": {"to": [{"ipBlock": {"cidr": "10.0.0.5"}}]}}},
        "at '/networkPolicies/database/to/0/ipBlock/cidr': '10.0.0.5' does not match pattern",
    ),
    "an environment variable without name": (
        {"api": {"extraEnv": [{"value": "x"}]}},
        "missing property 'name'",
    ),
    "a resource that is none": (
        {"worker": {"resources": {"limits": {"mem": "1Gi"}}}},
        "additional properties 'mem' not allowed",
    ),
    "a toleration that is none": (
        {"worker": {"tolerations": [{"effect": "Never"}]}},
        "value must be one of 'NoSchedule'",
    ),
    "a database role of no program": (
        {"database": {"programs": {"operator": {}}}},
        "additional properties 'operator' not allowed",
    ),
}


@pytest.mark.parametrize(("values", "sentence"), SCHEMA.values(), ids=SCHEMA)
def test_values_of_a_wrong_type(refusal: Refusal, values: Mapping[str, Any], sentence: str) -> None:
    assert sentence in refusal(values)


def test_the_schema_has_every_value_and_no_other() -> None:
    """Every value is in the schema, and everything in the schema is a value."""
    folder = charts.chart()
    values = yaml.safe_load((folder / "values.yaml").read_text())
    schema = yaml.safe_load((folder / "values.schema.json").read_text())
    assert set(_paths_of_schema(schema, schema)) == set(_paths_of_values(values, schema, schema))


def test_the_schema_accepts_no_unknown_key() -> None:
    schema = yaml.safe_load((charts.chart() / "values.schema.json").read_text())
    assert list(_open_places(schema, "")) == []


def _resolved(schema: Any, root: Any) -> Any:
    name = schema.get("$ref", "").removeprefix("#/definitions/")
    return root["definitions"][name] if name else schema


def _is_whole(schema: Any) -> bool:
    """A type of Kubernetes, or of an older name: its keys need not be in values.yaml."""
    shapes = {"resources", "affinity", "podSecurityContext", "containerSecurityContext"}
    return schema.get("$ref", "").split("/")[-1] in shapes | {"oldIngress", "oldHttpCache"}


def _paths_of_schema(schema: Any, root: Any, path: str = "") -> Any:
    for name, below in _resolved(schema, root).get("properties", {}).items():
        whole = _is_whole(below)
        if path == "" and name == "global":
            continue  # helm's own
        if f"{path}.{name}" == ".database.programs" or whole:
            yield f"{path}.{name}"
        else:
            yield f"{path}.{name}"
            yield from _paths_of_schema(below, root, f"{path}.{name}")


def _paths_of_values(values: Any, schema: Any, root: Any, path: str = "") -> Any:
    known = _resolved(schema, root).get("properties", {})
    for name, value in values.items():
        yield f"{path}.{name}"
        below = known.get(name, {})
        if isinstance(value, dict) and _resolved(below, root).get("properties"):
            if _is_whole(below):
                continue
            yield from _paths_of_values(value, below, root, f"{path}.{name}")


def _open_places(schema: Any, path: str) -> Any:
    if not isinstance(schema, dict):
        return
    allowed = {"namespaceSelector", "podSelector", "nodeAffinity", "podAffinity"}
    allowed |= {"podAntiAffinity", "valueFrom", "volumeSource", "global"}  # of Kubernetes and helm
    allowed |= {"manifest", "spreadConstraint", "kubernetesObject"}
    is_open = schema.get("type") == "object" and "additionalProperties" not in schema
    if is_open and path.rpartition("/")[2] not in allowed:
        yield path
    for name, below in schema.items():
        yield from _open_places(below, f"{path}/{name}")
