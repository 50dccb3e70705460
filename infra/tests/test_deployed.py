"""The results of `make infra-up`, read with the services' APIs and compared with the templates.

moto's CloudFormation is incomplete: aws_resources.py adds missing types.
"""

import json
from typing import Any

import pytest
from aws_cloud import REGION, Cloud

from f1_infra.stacks import STACKS, Stack

NAMES = ("dev", "prod")
BOTH = pytest.mark.parametrize("name", NAMES)


def conditional(stack: Stack, name: str) -> set[str]:
    """Logical names of resources whose condition is false in this environment."""
    off = {"dev": {"NatEachZone", "HasCache"}, "prod": {"HasCache"}}[name]
    return {k for k, one in stack.document["Resources"].items() if one.get("Condition") in off}


def resources_of(cloud: Cloud, stack: str) -> set[str]:
    """The resources, without moto's empty rows for false conditions."""
    found = cloud.client("cloudformation").describe_stack_resources(StackName=stack)
    rows = found["StackResources"]
    return {one["LogicalResourceId"] for one in rows if "LogicalResourceId" in one}


@BOTH
def test_every_resource_of_every_template_exists(deployed: Cloud, name: str) -> None:
    for stack in STACKS:
        made = resources_of(deployed, stack.name(name))
        assert made == set(stack.document["Resources"]) - conditional(stack, name), stack.template


@BOTH
def test_stacks_have_the_tags_of_the_budget(deployed: Cloud, name: str) -> None:
    for stack in STACKS:
        [found] = deployed.client("cloudformation").describe_stacks(StackName=stack.name(name))[
            "Stacks"
        ]
        tags = {one["Key"]: one["Value"] for one in found["Tags"]}
        assert tags["project"] == "f1-telemetry-aggregator"
        assert tags["f1-environment"] == ("shared" if stack.shared else name)
        assert found["EnableTerminationProtection"] is stack.holds_data


def database(cloud: Cloud, name: str) -> dict[str, Any]:
    found = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=f"f1-{name}")
    [one] = found["DBInstances"]
    return dict(one)


def test_the_database_is_private_encrypted_and_backed_up(deployed: Cloud) -> None:
    for name, multi_az, days in (("dev", False, 3), ("prod", True, 14)):
        one = database(deployed, name)
        assert one["Engine"] == "postgres"
        assert one["DBName"] == "f1"
        assert (one["MultiAZ"], one["BackupRetentionPeriod"]) == (multi_az, days)
        assert (one["StorageEncrypted"], one["PubliclyAccessible"]) == (True, False)
        assert one["KmsKeyId"] == deployed.outputs(name)["DataKeyArn"]
        assert one["DeletionProtection"] is (name == "prod")
        assert one["MasterUserSecret"]["SecretArn"] == deployed.outputs(name)["DatabaseSecretArn"]


@BOTH
def test_the_database_has_enhanced_monitoring(deployed: Cloud, name: str) -> None:
    one = database(deployed, name)
    assert one["MonitoringInterval"] == 60
    assert set(one["EnabledCloudwatchLogsExports"]) == {"postgresql", "upgrade"}
    stack = next(stack for stack in STACKS if stack.template == "data")
    written = stack.document["Resources"]["Database"]["Properties"]  # moto does not store these
    assert written["EnablePerformanceInsights"] is True
    assert written["PerformanceInsightsKMSKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


@BOTH
def test_postgres_refuses_connections_without_tls(deployed: Cloud, name: str) -> None:
    [group] = database(deployed, name)["DBParameterGroups"]
    stack = next(one for one in STACKS if one.template == "data")
    properties = stack.document["Resources"]["DatabaseParameters"]["Properties"]
    assert properties["Parameters"]["rds.force_ssl"] == "1"
    pages = deployed.client("rds").get_paginator("describe_db_parameters")
    found = {
        one["ParameterName"]: one["ParameterValue"]
        for page in pages.paginate(DBParameterGroupName=group["DBParameterGroupName"])
        for one in page["Parameters"]
    }
    assert properties["Parameters"].items() <= found.items()


@BOTH
def test_only_nodes_reach_postgres(deployed: Cloud, name: str) -> None:
    [group] = database(deployed, name)["VpcSecurityGroups"]
    [found] = deployed.client("ec2").describe_security_groups(
        GroupIds=[group["VpcSecurityGroupId"]]
    )["SecurityGroups"]
    [rule] = found["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 5432, 5432)
    nodes = deployed.outputs(name)["NodeSecurityGroup"]
    assert [one["GroupId"] for one in rule["UserIdGroupPairs"]] == [nodes]
    assert rule["IpRanges"] == rule["Ipv6Ranges"] == rule["PrefixListIds"] == []


@BOTH
def test_the_database_has_no_route_to_the_internet(deployed: Cloud, name: str) -> None:
    ec2 = deployed.client("ec2")
    subnets = deployed.outputs(name)["DatabaseSubnets"].split(",")
    assert (
        len({one["AvailabilityZone"] for one in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]})
        == 2
    )
    routes = {one.get("DestinationCidrBlock") for one in routes_of(deployed, subnets)}
    assert routes == {f"{prefix(name)}.0.0/16"}


def routes_of(cloud: Cloud, subnets: list[str]) -> list[dict[str, Any]]:
    tables = [
        table
        for table in cloud.client("ec2").describe_route_tables()["RouteTables"]
        if any(one.get("SubnetId") in subnets for one in table["Associations"])
    ]
    assert tables
    return [route for table in tables for route in table["Routes"]]


def prefix(name: str) -> str:
    return {"dev": "10.64", "prod": "10.80"}[name]


@BOTH
def test_nodes_reach_the_internet_through_a_nat_of_their_zone_or_a_shared_one(
    deployed: Cloud, name: str
) -> None:
    ec2, outputs = deployed.client("ec2"), deployed.outputs(name)
    private = [outputs["PrivateSubnetA"], outputs["PrivateSubnetB"]]
    routes = routes_of(deployed, private)
    gateways = {one["NatGatewayId"] for one in routes if "NatGatewayId" in one}
    assert len(gateways) == (1 if name == "dev" else 2)
    for subnet in ec2.describe_subnets(SubnetIds=private)["Subnets"]:
        assert not subnet["MapPublicIpOnLaunch"]
        assert {"Key": "kubernetes.io/role/internal-elb", "Value": "1"} in subnet["Tags"]


@BOTH
def test_the_traffic_of_the_vpc_is_logged_encrypted_and_limited(deployed: Cloud, name: str) -> None:
    vpc = deployed.outputs(name)["VpcId"]
    [log] = deployed.client("ec2").describe_flow_logs(
        Filters=[{"Name": "resource-id", "Values": [vpc]}]
    )["FlowLogs"]
    assert (log["TrafficType"], log["LogDestinationType"]) == ("ALL", "cloud-watch-logs")
    assert log["DeliverLogsPermissionArn"].endswith(f":role/f1-{name}-flow-logs")
    [group] = deployed.client("logs").describe_log_groups(logGroupNamePrefix=log["LogGroupName"])[
        "logGroups"
    ]
    assert group["retentionInDays"] == 90
    key = deployed.client("kms").describe_key(KeyId=group["kmsKeyId"])["KeyMetadata"]
    assert key["Description"] == f"F1 Telemetry Aggregator {name}, flow logs of the VPC"


@pytest.mark.parametrize("kind", ["raw", "processed"])
@BOTH
def test_buckets_are_private_versioned_and_encrypted(deployed: Cloud, name: str, kind: str) -> None:
    s3 = deployed.client("s3")
    bucket = f"f1-telemetry-{kind}-{name}"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    [owner] = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert not any("Expiration" in one for one in rules), "a current version would be deleted"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert {"TlsOnly", "Tls12OrNewer"} <= {one["Sid"] for one in policy["Statement"]}


def test_repositories_are_shared_scanned_and_immutable(deployed: Cloud) -> None:
    ecr = deployed.client("ecr")
    found = ecr.describe_repositories()["repositories"]
    programs = {f"f1/f1-{one}" for one in ("api", "worker", "ingest", "operator", "jenkins-agent")}
    # ECR makes none at a push; f1_release.chart.push has this name below REGISTRY.
    assert {one["repositoryName"] for one in found} == {*programs, "f1/charts/f1-aggregator"}
    for one in found:
        assert one["imageTagMutability"] == "IMMUTABLE"
        assert one["imageScanningConfiguration"]["scanOnPush"]
        policy = ecr.get_lifecycle_policy(repositoryName=one["repositoryName"])
        rules = json.loads(policy["lifecyclePolicyText"])["rules"]
        assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]


@BOTH
def test_the_certificate_is_for_the_api_and_validated_in_its_zone(
    deployed: Cloud, name: str
) -> None:
    outputs = deployed.outputs(name)
    found = deployed.client("acm").describe_certificate(CertificateArn=outputs["CertificateArn"])
    expected = {"dev": "f1-dev.example.com", "prod": "f1.example.com"}[name]
    assert found["Certificate"]["DomainName"] == outputs["DomainName"] == expected
    template = next(one for one in STACKS if one.template == "platform").document
    properties = template["Resources"]["Certificate"]["Properties"]
    assert properties["ValidationMethod"] == "DNS"
    assert properties["DomainValidationOptions"][0]["HostedZoneId"] == {"Ref": "HostedZoneId"}


@BOTH
def test_alarms_watch_this_database_and_reach_a_person(deployed: Cloud, name: str) -> None:
    topic = deployed.outputs(name)["TopicArn"]
    alarms = deployed.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"f1-{name}-")
    assert {one["AlarmName"]: one["MetricName"] for one in alarms["MetricAlarms"]} == {
        f"f1-{name}-database-cpu": "CPUUtilization",
        f"f1-{name}-database-storage": "FreeStorageSpace",
        f"f1-{name}-database-memory": "FreeableMemory",
        f"f1-{name}-database-connections": "DatabaseConnections",
    }
    for one in alarms["MetricAlarms"]:
        assert one["AlarmActions"] == one["OKActions"] == [topic]
        assert one["Dimensions"] == [{"Name": "DBInstanceIdentifier", "Value": f"f1-{name}"}]
    [subscription] = deployed.client("sns").list_subscriptions_by_topic(TopicArn=topic)[
        "Subscriptions"
    ]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")
    events = deployed.client("rds").describe_event_subscriptions()["EventSubscriptionsList"]
    assert [one["SourceIdsList"] for one in events if one["SnsTopicArn"] == topic] == [
        [f"f1-{name}"]
    ]


@BOTH
def test_the_budget_counts_this_environment_and_reports_80_and_100_percent(
    deployed: Cloud, name: str
) -> None:
    budgets = deployed.client("budgets", "us-east-1")
    which = {"AccountId": "123456789012", "BudgetName": f"f1-{name}"}
    found = budgets.describe_budget(**which)["Budget"]
    assert float(found["BudgetLimit"]["Amount"]) == {"dev": 300, "prod": 700}[name]
    assert found["CostFilters"] == {"TagKeyValue": [f"user:f1-environment${name}"]}
    notices = budgets.describe_notifications_for_budget(**which)["Notifications"]
    assert [(one["NotificationType"], one["Threshold"]) for one in notices] == [
        ("ACTUAL", 80.0),
        ("FORECASTED", 100.0),
    ]


@BOTH
def test_keys_rotate(deployed: Cloud, name: str) -> None:
    outputs, kms = deployed.outputs(name), deployed.client("kms")
    for key in (outputs["DataKeyArn"], outputs["ClusterKeyArn"]):
        assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def test_releases_are_signed_by_a_key_that_cannot_leave_kms(deployed: Cloud) -> None:
    kms = deployed.client("kms")
    key = kms.describe_key(KeyId="alias/f1-releases")["KeyMetadata"]
    assert key["Arn"] == deployed.outputs("dev")["SigningKeyArn"]
    assert key["Arn"] == deployed.outputs("prod")["SigningKeyArn"]
    assert (key["KeyUsage"], key["KeySpec"]) == ("SIGN_VERIFY", "ECC_NIST_P256")
    assert key["Origin"] == "AWS_KMS"


@BOTH
def test_the_deployed_image_tag_is_recorded(deployed: Cloud, name: str) -> None:
    found = deployed.client("ssm").get_parameter(Name=f"/f1/{name}/image-tag")["Parameter"]
    assert found["Value"] == "v0.2.0"


def test_object_lock_and_an_existing_secret_are_parameters(empty: Cloud) -> None:
    secret = empty.client("secretsmanager").create_secret(
        Name="mine", SecretString=json.dumps({"username": "ada", "password": "correct-horse"})
    )["ARN"]
    empty.change(
        "dev", data_DBPasswordSecretArn=secret, data_ObjectLockDays=30, data_BucketSuffix="-me"
    )
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev")
    assert done.returncode == 0, done.stderr
    lock = empty.client("s3").get_object_lock_configuration(Bucket="f1-telemetry-raw-dev-me")
    retention = lock["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 30)
    one = database(empty, "dev")
    assert "MasterUserSecret" not in one
    assert empty.outputs("dev")["DatabaseSecretArn"] == secret


def test_a_cache_is_a_parameter(empty: Cloud) -> None:
    empty.change("dev", platform_CacheNodeType="cache.t4g.micro")
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev")
    assert done.returncode == 0, done.stderr
    assert {"Cache", "CacheSubnets", "CacheSecurityGroup"} <= resources_of(empty, "f1-dev-platform")
    [found] = empty.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    assert (found["CacheNodeType"], found["Engine"]) == ("cache.t4g.micro", "valkey")
    assert found["TransitEncryptionEnabled"]
    assert found["AtRestEncryptionEnabled"]
    assert "CacheEndpoint" in empty.outputs("dev")


def test_an_existing_vpc_is_used_unchanged(empty: Cloud) -> None:
    ec2 = empty.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ids = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{'ab'[n % 2]}"
        )["Subnet"]["SubnetId"]
        for n in range(4)
    ]
    values = {
        "VpcId": vpc,
        "PrivateSubnetA": ids[0],
        "PrivateSubnetB": ids[1],
        "DatabaseSubnetA": ids[2],
        "DatabaseSubnetB": ids[3],
        "ExistingZones": f"{REGION}a,{REGION}b",
        "VpcCidr": "10.9.0.0/16",
        "DatabaseCidr": "10.9.2.0/23",
    }
    empty.change("dev", **{f"network_{key}": value for key, value in values.items()})
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev")
    assert done.returncode == 0, done.stderr
    assert resources_of(empty, "f1-dev-network") == {"NodeSecurityGroup"}
    outputs = empty.outputs("dev")
    assert outputs["VpcId"] == vpc
    assert outputs["DatabaseSubnets"] == f"{ids[2]},{ids[3]}"
    assert (outputs["ZoneA"], outputs["DatabaseCidr"]) == (f"{REGION}a", "10.9.2.0/23")

    down = empty.make("infra-down", CONFIRM="dev", DATA="delete")
    assert down.returncode == 0, down.stderr
    assert "f1-dev-data: deleted" in down.stdout
    assert "f1-telemetry-raw-dev" in down.stdout.partition("What stays:")[2]
    assert {one["Name"] for one in empty.client("s3").list_buckets()["Buckets"]} == {
        "f1-telemetry-raw-dev",
        "f1-telemetry-processed-dev",
    }
    snapshots = empty.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert [one["DBInstanceIdentifier"] for one in snapshots] == ["f1-dev"]
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
