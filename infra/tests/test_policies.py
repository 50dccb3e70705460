"""Every statement of every policy: one allowed request and one refused request.

A Deny statement refuses one of two requests that the role may otherwise make.
"""

from collections.abc import Mapping

import pytest
from aws_cloud import ACCOUNT, REGION, Cloud
from iam import Policies, Request, decide, policies

RAW, PROCESSED = "arn:aws:s3:::f1-telemetry-raw-prod", "arn:aws:s3:::f1-telemetry-processed-prod"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789ABC"
IMAGES = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/f1"
EXECUTE = "cloudformation:ExecuteChangeSet"
POD_OF = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/f1-prod",
}
NEW = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}
OVER = {"s3:ObjectCreationOperation": "true"}
TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
POD_ROLES = (
    *("worker", "ingest", "external-secrets", "external-dns", "metrics"),
    *("image-push", "release", "deploy"),
)
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/f1/prod/flow-logs"

Case = tuple[Request, Request]


@pytest.fixture(scope="module")
def known(deployed: Cloud) -> Policies:
    return policies(deployed, "prod")


def record(name: str) -> Mapping[str, str]:
    return {"route53:ChangeResourceRecordSetsNormalizedRecordNames": [name]}  # type: ignore[dict-item]


def cases(known: Policies) -> dict[tuple[str, str], Case]:
    """The allowed and the refused request, by policy and Sid."""
    secret = known.roles["external-secrets"]["Statement"][0]["Resource"]
    data_key, cluster_key, signing_key, logs_key, topic = (
        known.arns[key]
        for key in ("DataKeyArn", "ClusterKeyArn", "SigningKeyArn", "FlowLogKey", "TopicArn")
    )

    def of(role: str, action: str, allowed: str, refused: str, **context: str) -> Case:
        return (
            Request(action, allowed, role, context={**TLS, **context}),
            Request(action, refused, role, context={**TLS, **context}),
        )

    def trusted(
        role: str, service: str, allowed: Mapping[str, str], refused: Mapping[str, str]
    ) -> Case:
        arn = f"arn:aws:iam::{ACCOUNT}:role/f1-prod-{role}"
        return (
            Request("sts:AssumeRole", arn, principal=service, context=allowed),
            Request("sts:AssumeRole", arn, principal=service, context=refused),
        )

    other_cluster = {**POD_OF, "aws:SourceArn": POD_OF["aws:SourceArn"].replace("prod", "dev")}
    stranger = "arn:aws:iam::999999999999:role/administrator"
    published = {"aws:SourceAccount": ACCOUNT}
    put = "s3:PutObject"
    return {
        ("role worker", "ListBuckets"): of("worker", "s3:ListBucket", RAW, "arn:aws:s3:::other"),
        ("role worker", "ReadCapturesAndDecisions"): of(
            "worker", "s3:GetObject", f"{RAW}/raw/a", f"{RAW}/elsewhere/a"
        ),
        ("role worker", "WriteDecisions"): (
            Request(put, f"{RAW}/decisions/a", "worker", context={**TLS, **NEW}),
            Request(put, f"{RAW}/raw/a", "worker", context={**TLS, **NEW}),
        ),
        ("role worker", "ReplaceSnapshots"): of(
            "worker", "s3:DeleteObject", f"{PROCESSED}/processed/2024/a", f"{PROCESSED}/a"
        ),
        ("role ingest", "ListRawBucket"): of("ingest", "s3:ListBucket", RAW, PROCESSED),
        ("role ingest", "ReadAndWriteCaptures"): (
            Request(put, f"{RAW}/raw/a", "ingest", context={**TLS, **NEW}),
            Request(put, f"{RAW}/decisions/a", "ingest", context={**TLS, **NEW}),
        ),
        ("role ingest", "ReadDecisions"): of(
            "ingest", "s3:GetObject", f"{RAW}/decisions/a", f"{PROCESSED}/processed/a"
        ),
        ("role external-secrets", "ReadDatabaseSecret"): of(
            "external-secrets", "secretsmanager:GetSecretValue", secret, f"{secret}-other"
        ),
        ("role external-secrets", "DecryptIt"): (
            Request("kms:Decrypt", data_key, "external-secrets", context=through("secretsmanager")),
            Request("kms:Decrypt", data_key, "external-secrets", context=through("rds")),
        ),
        ("role external-dns", "ChangeRecordsOfTheApi"): (
            Request(CHANGE, ZONE, "external-dns", context=record("f1.example.com")),
            Request(CHANGE, ZONE, "external-dns", context=record("mail.example.com")),
        ),
        ("role external-dns", "ReadRecords"): of(
            "external-dns", "route53:ListResourceRecordSets", ZONE, ZONE.replace("Z0", "Z9")
        ),
        ("role external-dns", "FindTheZone"): (
            Request("route53:ListHostedZones", "*", "external-dns"),
            Request("route53:CreateHostedZone", "*", "external-dns"),
        ),
        ("role metrics", "ReadMetrics"): (
            Request("cloudwatch:GetMetricStatistics", "*", "metrics"),
            Request("cloudwatch:PutMetricData", "*", "metrics"),
        ),
        ("role flow-logs", "WriteToTheGroup"): of(
            "flow-logs",
            "logs:PutLogEvents",
            f"{LOGS}:log-stream:eni-1",
            f"{LOGS.replace('prod', 'dev')}:log-stream:eni-1",
        ),
        ("role flow-logs", "FindTheGroup"): (
            Request("logs:DescribeLogGroups", "*", "flow-logs"),
            Request("logs:DeleteLogGroup", LOGS, "flow-logs"),
        ),
        **{
            (f"role {role}", "LogIn"): (
                Request("ecr:GetAuthorizationToken", "*", role),
                Request("ecr:CreateRepository", f"{IMAGES}/f1/f1-api", role),
            )
            for role in ("image-push", "release")
        },
        **{
            (f"role {role}", "PushAndPull"): of(
                role, "ecr:PutImage", f"{IMAGES}/f1/f1-api", f"{IMAGES}/other"
            )
            for role in ("image-push", "release")
        },
        ("role release", "SignReleases"): (
            Request("kms:Sign", signing_key, "release", principal=RELEASE),
            Request("kms:Sign", cluster_key, "release", principal=RELEASE),
        ),
        ("role deploy", "SeeWhatWouldChange"): of(
            "deploy",
            "cloudformation:CreateChangeSet",
            f"{STACK}/f1-prod-data/a",
            f"{STACK}/f1-dev-data/a",
        ),
        ("role deploy", "ExecuteThePlatformsChange"): of(
            "deploy", EXECUTE, f"{STACK}/f1-prod-platform/a", f"{STACK}/f1-prod-data/a"
        ),
        ("role deploy", "RecordTheTag"): of(
            "deploy", "ssm:PutParameter", f"{PARAMETER}/prod/image-tag", f"{PARAMETER}/prod/other"
        ),
        ("role deploy", "FindImages"): of(
            "deploy", "ecr:DescribeImages", f"{IMAGES}/f1/f1-api", f"{IMAGES}/other"
        ),
        **{
            (f"trust of {role}", "PodsOfThisCluster"): trusted(
                role, "pods.eks.amazonaws.com", POD_OF, other_cluster
            )
            for role in POD_ROLES
        },
        ("trust of monitoring", "EnhancedMonitoring"): trusted(
            "data-DatabaseMonitoringRole-1",
            "monitoring.rds.amazonaws.com",
            {"aws:SourceAccount": ACCOUNT},
            {"aws:SourceAccount": "999999999999"},
        ),
        ("trust of flow-logs", "FlowLogsOfThisAccount"): trusted(
            "flow-logs",
            "vpc-flow-logs.amazonaws.com",
            {**published, "aws:SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/fl-1"},
            {**ELSEWHERE, "aws:SourceArn": f"arn:aws:ec2:{REGION}:999999999999:vpc-flow-log/fl-1"},
        ),
        ("policy of RawBucket", "TlsOnly"): encrypted("ingest", "s3:GetObject", f"{RAW}/raw/a"),
        ("policy of RawBucket", "Tls12OrNewer"): tls("ingest", "s3:GetObject", f"{RAW}/raw/a"),
        ("policy of RawBucket", "NewObjectsOnly"): (
            Request(put, f"{RAW}/raw/a", "ingest", context={**TLS, **NEW}),
            Request(put, f"{RAW}/raw/a", "ingest", context={**TLS, **OVER}),
        ),
        ("policy of RawBucket", "NoDeletion"): (
            Request("s3:GetObject", f"{RAW}/raw/a", "administrator", context=TLS),
            Request("s3:DeleteObjectVersion", f"{RAW}/raw/a", "administrator", context=TLS),
        ),
        ("policy of ProcessedBucket", "TlsOnly"): encrypted(
            "worker", "s3:GetObject", f"{PROCESSED}/processed/a"
        ),
        ("policy of ProcessedBucket", "Tls12OrNewer"): tls(
            "worker", "s3:GetObject", f"{PROCESSED}/processed/a"
        ),
        **{
            (f"policy of {key}", IDENTITIES): (
                Request("kms:DescribeKey", known.arns[key], "administrator"),
                Request("kms:DescribeKey", known.arns[key], principal=stranger),
            )
            for key in ("DataKeyArn", "ClusterKeyArn", "SigningKeyArn", "FlowLogKey")
        },
        ("policy of SigningKeyArn", "OnlyTheReleaseSigns"): (
            Request("kms:Sign", signing_key, "release", principal=RELEASE),
            Request("kms:Sign", signing_key, "administrator"),
        ),
        ("policy of FlowLogKey", "CloudWatchLogsForThisGroup"): (
            Request("kms:GenerateDataKey", logs_key, principal=LOGS_SERVICE, context=of_log(LOGS)),
            Request(
                "kms:GenerateDataKey", logs_key, principal=LOGS_SERVICE, context=of_log(f"{LOGS}-x")
            ),
        ),
        ("policy of TopicArn", "AlarmsEventsAndBudgetOfThisAccount"): (
            Request("sns:Publish", topic, principal="cloudwatch.amazonaws.com", context=published),
            Request("sns:Publish", topic, principal="cloudwatch.amazonaws.com", context=ELSEWHERE),
        ),
    }


CHANGE = "route53:ChangeResourceRecordSets"
IDENTITIES = "IdentitiesOfThisAccountByTheirPolicies"
ELSEWHERE = {"aws:SourceAccount": "999999999999"}
LOGS_SERVICE = f"logs.{REGION}.amazonaws.com"
RELEASE = f"arn:aws:iam::{ACCOUNT}:role/f1-dev-release"


def through(service: str) -> Mapping[str, str]:
    return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}


def of_log(group: str) -> Mapping[str, str]:
    return {"kms:EncryptionContext:aws:logs:arn": group}


def encrypted(role: str, action: str, resource: str) -> Case:
    return (
        Request(action, resource, role, context=TLS),
        Request(action, resource, role, context={**TLS, "aws:SecureTransport": "false"}),
    )


def tls(role: str, action: str, resource: str) -> Case:
    return (
        Request(action, resource, role, context={**TLS, "s3:TlsVersion": "1.2"}),
        Request(action, resource, role, context={**TLS, "s3:TlsVersion": "1.1"}),
    )


ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def with_administrator(known: Policies) -> Policies:
    roles = {**known.roles, "administrator": ADMINISTRATOR}
    return Policies(roles, known.trust, known.resources, known.arns)


def test_every_statement_allows_and_refuses(with_administrator: Policies) -> None:
    """Every statement has such a pair."""
    known = with_administrator
    effects = {
        (name, one["Sid"]): one["Effect"]
        for name, document in known.documents().items()
        for one in document["Statement"]
        if name != "role administrator"
    }
    pairs = cases(known)
    assert set(pairs) == set(effects)
    decisions = decide(known, [request for pair in pairs.values() for request in pair])
    for number, (place, effect) in enumerate((one, effects[one]) for one in pairs):
        allowed, refused = decisions[2 * number : 2 * number + 2]
        assert allowed.result == "Allowed", place
        if effect == "Allow":
            assert place[1] in allowed.statements, place
            assert refused.result == "ImplicitlyDenied", place
            assert place[1] not in refused.statements, place
        else:
            assert place[1] not in allowed.statements, place
            assert refused.result == "ExplicitlyDenied", place
            assert place[1] in refused.statements, place


def test_the_api_the_operator_and_the_migration_have_no_role(known: Policies) -> None:
    assert set(known.roles) == {*POD_ROLES, "flow-logs"}
    assert set(known.trust) == {*POD_ROLES, "flow-logs", "monitoring"}


def test_no_program_deletes_or_changes_a_raw_object(known: Policies) -> None:
    actions = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy")
    requests = [
        Request(action, f"{RAW}/raw/a" if "Object" in action else RAW, role, context=TLS)
        for role in POD_ROLES
        for action in actions
    ]
    assert {one.result for one in decide(known, requests)} <= {
        "ImplicitlyDenied",
        "ExplicitlyDenied",
    }


def test_no_administrator_overwrites_or_deletes_a_raw_object(with_administrator: Policies) -> None:
    raw = f"{RAW}/raw/a"
    requests = [
        Request("s3:PutObject", raw, "administrator", context={**TLS, **OVER}),
        Request("s3:DeleteObject", raw, "administrator", context=TLS),
        Request("s3:DeleteObjectVersion", raw, "administrator", context=TLS),
        Request("s3:PutObject", raw, "administrator", context={**TLS, **NEW}),
    ]
    results = [one.result for one in decide(with_administrator, requests)]
    assert results == [*["ExplicitlyDenied"] * 3, "Allowed"]


def test_only_the_release_of_one_environment_signs(with_administrator: Policies) -> None:
    key = with_administrator.arns["SigningKeyArn"]
    others = [
        Request("kms:Sign", key, "release", principal=RELEASE.replace("dev", "prod")),
        *(Request("kms:Sign", key, role) for role in ("administrator", "image-push", "deploy")),
    ]
    assert {one.result for one in decide(with_administrator, others)} == {"ExplicitlyDenied"}
    reads = Request("kms:GetPublicKey", key, "administrator")
    assert [one.result for one in decide(with_administrator, [reads])] == ["Allowed"]


def test_an_environment_has_no_rights_in_the_other(known: Policies) -> None:
    requests = [
        Request("s3:GetObject", f"{bucket}-dev/{key}", role, context=TLS)
        for role in ("worker", "ingest")
        for bucket, key in (
            ("arn:aws:s3:::f1-telemetry-raw", "raw/a"),
            ("arn:aws:s3:::f1-telemetry-processed", "processed/a"),
        )
    ]
    assert {one.result for one in decide(known, requests)} == {"ImplicitlyDenied"}


def test_a_request_that_aws_does_not_have_is_an_error(known: Policies) -> None:
    """So the pairs above are valid requests."""
    with pytest.raises(AssertionError, match=r"invalid\.action"):
        decide(known, [Request("s3:FetchObject", f"{RAW}/raw/a", "ingest")])
