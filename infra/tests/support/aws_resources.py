"""Types of resources that moto's CloudFormation lacks, for aws_server.py.

Moto ignores some types without an error, and most properties of others. These are created here with
the APIs of the services on the same server: botocore refuses a property with a wrong name or type,
moto an invalid value.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import boto3
from botocore.model import Shape
from moto.core.common_models import CloudFormationModel

PORT = int(sys.argv[1])
Properties = Mapping[str, Any]


def client(service: str, region: str) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{PORT}",
        aws_access_key_id="stand-in",
        aws_secret_access_key="stand-in",
    )


def cast(value: Any, shape: Shape) -> Any:
    """CloudFormation writes numbers and booleans as text; the APIs do not."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = getattr(shape, "members")  # noqa: B009 - made at run time
        return {k: cast(v, members[k]) if k in members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [cast(one, getattr(shape, "member")) for one in value]  # noqa: B009
    if shape.type_name == "boolean":
        return str(value).lower() == "true"
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value if isinstance(value, str | list | dict) else getattr(value, "name", str(value))


def call(service: str, region: str, operation: str, **given: Any) -> Any:
    api = client(service, region)
    shape = api.meta.service_model.operation_model(
        api.meta.method_to_api_mapping[operation]
    ).input_shape
    return getattr(api, operation)(**cast(given, shape))


class Made:
    """An existing resource, with its values for Ref and GetAtt."""

    def __init__(self, reference: str, **attributes: str) -> None:
        self.physical_resource_id = reference
        self.name = reference
        self.attributes = attributes

    def get_cfn_attribute(self, name: str) -> str:
        # moto's YAML parser gives Endpoint of !GetAtt Database.Endpoint.Address
        return next(v for k, v in self.attributes.items() if k == name or k.startswith(f"{name}."))

    def is_created(self) -> bool:
        return True


Create = Callable[[str, Properties, str], Made]
Delete = Callable[[str, str], Any]


def over_its_api(kind: str, create: Create, delete: Delete) -> None:
    """Register a type; its update is a creation with the same name, which these APIs allow."""

    def new(cls: type, name: str, written: Any, account: str, region: str, **_: Any) -> Made:
        return create(name, written["Properties"], region)

    def update(  # noqa: PLR0917 - moto's interface
        cls: type,
        original_resource: Made,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Made:
        return create(original_resource.name, cloudformation_json["Properties"], region_name)

    def remove(cls: type, name: str, written: Any, account: str, region: str) -> None:
        delete(name, region)

    members: dict[str, Any] = {
        "create_from_cloudformation_json": new,
        "update_from_cloudformation_json": update,
        "delete_from_cloudformation_json": remove,
        "has_cfn_attr": lambda cls, name: True,
    }
    answers = {"cloudformation_name_type": NAMES.get(kind, ""), "cloudformation_type": kind}
    type(
        kind.replace("::", ""),
        (CloudFormationModel,),
        {
            "__module__": "moto.aws_server",
            **{name: classmethod(one) for name, one in members.items()},
            **{name: staticmethod(partial(str, one)) for name, one in answers.items()},
        },
    )


NAMES = {
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::CloudWatch::Alarm": "AlarmName",
}


def database(name: str, written: Properties, region: str) -> Made:
    given = {**written, "VpcSecurityGroupIds": written["VPCSecurityGroups"]}
    del given["VPCSecurityGroups"]
    if "MasterUserSecret" in given:
        given["MasterUserSecretKmsKeyId"] = given.pop("MasterUserSecret")["KmsKeyId"]
    api = client("rds", region)
    known = api.meta.service_model.operation_model("CreateDBInstance").input_shape.members
    assert set(given) <= set(known), set(given) - set(known)
    # moto stores these properties of the standby and the secret only through its API
    try:
        found = call("rds", region, "create_db_instance", **given)["DBInstance"]
    except api.exceptions.DBInstanceAlreadyExistsFault:
        changed = {k: v for k, v in given.items() if k in CHANGEABLE}
        found = call("rds", region, "modify_db_instance", **changed)["DBInstance"]
    secret = found.get("MasterUserSecret", {}).get("SecretArn", "")
    return Made(
        found["DBInstanceIdentifier"],
        **{
            "Endpoint.Address": found["Endpoint"]["Address"],
            "MasterUserSecret.SecretArn": secret,
        },
    )


def delete_database(name: str, region: str) -> None:
    """DeletionPolicy: Snapshot. moto repeats a deletion after another one failed."""
    rds = client("rds", region)
    with contextlib.suppress(rds.exceptions.DBInstanceNotFoundFault):
        rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=f"{name}-last")


CHANGEABLE = ("DBInstanceIdentifier", "DBInstanceClass", "MultiAZ", "DeletionProtection")


def bucket(name: str, written: Properties, region: str) -> Made:
    lock = "ObjectLockConfiguration" in written
    s3 = client("s3", region)
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    given: dict[str, Any] = {"CreateBucketConfiguration": place} if place else {}
    if lock:
        given["ObjectLockEnabledForBucket"] = True
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=name, **given)
    for operation, argument, key in (
        ("put_bucket_versioning", "VersioningConfiguration", "VersioningConfiguration"),
        ("put_public_access_block", *["PublicAccessBlockConfiguration"] * 2),
        ("put_bucket_ownership_controls", *["OwnershipControls"] * 2),
        ("put_object_lock_configuration", *["ObjectLockConfiguration"] * 2),
    ):
        if key in written:
            call("s3", region, operation, Bucket=name, **{argument: written[key]})
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
        }
        for rule in written["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    call(
        "s3",
        region,
        "put_bucket_lifecycle_configuration",
        Bucket=name,
        LifecycleConfiguration={
            "Rules": [lifecycle(one) for one in written["LifecycleConfiguration"]["Rules"]]
        },
    )
    return Made(name, Arn=f"arn:aws:s3:::{name}")


def lifecycle(rule: Properties) -> dict[str, Any]:
    changed = dict(rule)
    changed["ID"] = changed.pop("Id")
    changed["Filter"] = {"Prefix": changed.pop("Prefix", "")}
    if "Transitions" in changed:
        changed["Transitions"] = [
            {"StorageClass": one["StorageClass"], "Days": one["TransitionInDays"]}
            for one in changed["Transitions"]
        ]
    return changed


def bucket_policy(name: str, written: Properties, region: str) -> Made:
    policy = json.dumps(written["PolicyDocument"])
    client("s3", region).put_bucket_policy(Bucket=written["Bucket"], Policy=policy)
    return Made(f"policy-of-{written['Bucket']}")


def alarm(name: str, written: Properties, region: str) -> Made:
    call("cloudwatch", region, "put_metric_alarm", **written)
    return Made(written["AlarmName"])


def events(name: str, written: Properties, region: str) -> Made:
    given = dict(written)
    given["SourceIds"] = given.pop("SourceIds")
    call("rds", region, "create_event_subscription", SubscriptionName=name, **given)
    return Made(name)


def topic_policy(name: str, written: Properties, region: str) -> Made:
    for topic in written["Topics"]:
        client("sns", region).set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps(written["PolicyDocument"]),
        )
    return Made(name)


def budget(name: str, written: Properties, region: str) -> Made:
    call("budgets", "us-east-1", "create_budget", AccountId="123456789012", **written)
    return Made(written["Budget"]["BudgetName"])


def key(name: str, written: Properties, region: str) -> Made:
    """moto's type makes every key symmetric."""
    kms = client("kms", region)
    policy = json.dumps(written["KeyPolicy"])
    try:
        found = kms.describe_key(KeyId=name)["KeyMetadata"]
        kms.put_key_policy(KeyId=name, PolicyName="default", Policy=policy)
    except kms.exceptions.NotFoundException:
        optional = ("Description", "KeyUsage", "KeySpec")
        given = {one: written[one] for one in optional if one in written}
        found = call("kms", region, "create_key", Policy=policy, **given)["KeyMetadata"]
        if str(written.get("EnableKeyRotation", "")).lower() == "true":
            kms.enable_key_rotation(KeyId=found["KeyId"])
    return Made(found["KeyId"], Arn=found["Arn"])


def log_group(name: str, written: Properties, region: str) -> Made:
    """moto's type ignores the key."""
    logs, group = client("logs", region), written["LogGroupName"]
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group, kmsKeyId=written["KmsKeyId"])
    call(
        "logs",
        region,
        "put_retention_policy",
        logGroupName=group,
        retentionInDays=written["RetentionInDays"],
    )
    return Made(group)


def cache_subnets(name: str, written: Properties, region: str) -> Made:
    given = {
        "CacheSubnetGroupName": name.lower(),
        "CacheSubnetGroupDescription": written["Description"],
        "SubnetIds": written["SubnetIds"],
    }
    call("elasticache", region, "create_cache_subnet_group", **given)
    return Made(name.lower())


def cache(name: str, written: Properties, region: str) -> Made:
    given = {**written, "ReplicationGroupId": name.lower()}
    call("elasticache", region, "create_replication_group", **given)
    return Made(name.lower(), **{"PrimaryEndPoint.Address": f"{name.lower()}.cache.example"})


def certificate(name: str, written: Properties, region: str) -> Made:
    given = {
        **written,
        "DomainValidationOptions": [
            {"DomainName": one["DomainName"], "ValidationDomain": one["DomainName"]}
            for one in written["DomainValidationOptions"]
        ],
    }
    return Made(call("acm", region, "request_certificate", **given)["CertificateArn"])


def repository(name: str, written: Properties, region: str) -> Made:
    ecr = client("ecr", region)
    where = written["RepositoryName"]
    scan = str(written["ImageScanningConfiguration"]["ScanOnPush"]).lower() == "true"
    ecr.create_repository(
        repositoryName=where,
        imageTagMutability=written["ImageTagMutability"],
        imageScanningConfiguration={"scanOnPush": scan},
    )
    ecr.put_lifecycle_policy(
        repositoryName=where, lifecyclePolicyText=written["LifecyclePolicy"]["LifecyclePolicyText"]
    )
    return Made(where)


def association(name: str, written: Properties, region: str) -> Made:
    """moto's type makes one that is in no route table."""
    found = call("ec2", region, "associate_route_table", **written)
    return Made(found["AssociationId"])


def nothing(name: str, region: str) -> None:
    """The resource is deleted with its parent."""


RESOURCES: Sequence[tuple[str, Create, Delete]] = (
    (
        "AWS::RDS::DBInstance",
        database,
        delete_database,
    ),
    ("AWS::S3::Bucket", bucket, nothing),  # DeletionPolicy: Retain
    ("AWS::KMS::Key", key, nothing),  # DeletionPolicy: Retain
    (
        "AWS::Logs::LogGroup",
        log_group,
        lambda name, region: client("logs", region).delete_log_group(logGroupName=name),
    ),
    ("AWS::ElastiCache::SubnetGroup", cache_subnets, nothing),
    (
        "AWS::ElastiCache::ReplicationGroup",
        cache,
        lambda name, region: client("elasticache", region).delete_replication_group(
            ReplicationGroupId=name
        ),
    ),
    ("AWS::S3::BucketPolicy", bucket_policy, nothing),
    ("AWS::ECR::Repository", repository, nothing),  # DeletionPolicy: Retain
    (
        "AWS::CloudWatch::Alarm",
        alarm,
        lambda name, region: client("cloudwatch", region).delete_alarms(AlarmNames=[name]),
    ),
    (
        "AWS::RDS::EventSubscription",
        events,
        lambda name, region: client("rds", region).delete_event_subscription(SubscriptionName=name),
    ),
    (
        "AWS::EC2::SubnetRouteTableAssociation",
        association,
        lambda name, region: client("ec2", region).disassociate_route_table(AssociationId=name),
    ),
    ("AWS::SNS::TopicPolicy", topic_policy, nothing),
    (
        "AWS::Budgets::Budget",
        budget,
        lambda name, region: client("budgets", "us-east-1").delete_budget(
            AccountId="123456789012", BudgetName=name
        ),
    ),
    (
        "AWS::CertificateManager::Certificate",
        certificate,
        lambda name, region: client("acm", region).delete_certificate(CertificateArn=name),
    ),
)


def register() -> None:
    """Replace moto's types, which must be imported before."""
    for kind, create, delete in RESOURCES:
        over_its_api(kind, create, delete)
