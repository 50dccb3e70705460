"""`make infra-plan`, `infra-up` and `infra-down`: their output and refusals."""

from typing import Any

import pytest
import yaml
from aws_cloud import Cloud
from botocore.exceptions import WaiterError

from f1_infra import changesets, cli, diff, environment
from f1_infra.changesets import ChangeSet, MissingExport
from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS


def stacks_of(cloud: Cloud) -> set[str]:
    found = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {one["StackName"] for one in found}


def test_a_plan_shows_changes_and_creates_nothing(empty: Cloud) -> None:
    done = empty.make("infra-plan", IMAGE_TAG="v0.2.0")
    assert done.returncode == 0, done.stderr
    assert "f1-registry (new)" in done.stdout
    assert "  + Database                 AWS::RDS::DBInstance" in done.stdout
    assert "    DatabaseClass = db.t4g.micro" in done.stdout
    assert stacks_of(empty) == set()


def test_missing_credentials_are_reported(empty: Cloud) -> None:
    bare = Cloud(empty.url, empty.record, empty.environments, {"HOME": "/nonexistent"})
    bare.variables["AWS_EC2_METADATA_DISABLED"] = "true"
    done = bare.make("infra-plan")
    assert done.returncode != 0
    assert "No AWS credentials found. Log in" in done.stderr


def test_another_account_is_refused(empty: Cloud) -> None:
    path = empty.environments / "dev.yaml"
    path.write_text(path.read_text().replace("123456789012", "210987654321"))
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev")
    assert done.returncode != 0
    assert (
        "Wrong account: the credentials are of 123456789012, and dev is 210987654321" in done.stderr
    )
    assert stacks_of(empty) == set()


def test_committed_environments_report_missing_values(empty: Cloud) -> None:
    for name in ("dev", "prod"):
        with pytest.raises(InfraError, match="account: write the 12 digits"):
            environment.load(name)
    done = empty.make("infra-plan", "stage")
    assert "ENV=stage: there is no stage.yaml" in done.stderr


def test_an_unknown_parameter_is_named(empty: Cloud) -> None:
    empty.change("dev", data_MultiAZ="true")
    done = empty.make("infra-plan", IMAGE_TAG="v0.2.0")
    assert "parameters.data.MultiAZ: data.yaml has no such parameter" in done.stderr


def test_a_missing_image_tag_is_reported(empty: Cloud) -> None:
    done = empty.make("infra-plan")
    assert "run it with IMAGE_TAG=v0.2.0" in done.stderr


def test_nothing_is_created_without_a_confirmation(empty: Cloud) -> None:
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0")
    assert done.returncode != 0
    assert "No terminal to confirm at. Run it again with CONFIRM=dev." in done.stderr
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="prod")
    assert done.returncode != 0
    assert "Not confirmed: 'prod' is not 'dev'. Nothing was changed." in done.stderr
    assert stacks_of(empty) == set()


def test_an_unfinished_change_set_is_named(empty: Cloud) -> None:
    empty.client("cloudformation").create_change_set(
        StackName="f1-registry",
        ChangeSetName="of-somebody",
        ChangeSetType="CREATE",
        TemplateBody=STACKS[0].body,
    )
    done = empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev")
    assert done.returncode != 0
    assert "Stack f1-registry has an unfinished change set, of-somebody" in done.stderr
    assert "delete-change-set" in done.stderr


def test_a_second_up_changes_nothing_and_a_new_tag_only_the_tag(empty: Cloud) -> None:
    assert empty.make("infra-up", IMAGE_TAG="v0.2.0", CONFIRM="dev").returncode == 0
    again = empty.make("infra-up", CONFIRM="dev")
    assert again.stdout.count("no changes") == len(STACKS), again.stdout + again.stderr
    tag = empty.make("infra-up", IMAGE_TAG="v0.3.0", CONFIRM="dev")
    assert "    ImageTag: v0.2.0 -> v0.3.0" in tag.stdout
    assert tag.stdout.count("no changes") == len(STACKS) - 1
    found = empty.client("ssm").get_parameter(Name="/f1/dev/image-tag")["Parameter"]
    assert found["Value"] == "v0.3.0"

    eks = empty.client("eks")
    role = "arn:aws:iam::123456789012:role/cluster"
    eks.create_cluster(name="f1-dev", roleArn=role, resourcesVpcConfig={})
    down = empty.make("infra-down", CONFIRM="dev")
    assert "The cluster f1-dev still uses these stacks." in down.stderr
    eks.delete_cluster(name="f1-dev")
    everything = stacks_of(empty)
    down = empty.make("infra-down", DATA="delete")
    assert "No terminal to confirm at. Run it again with CONFIRM=dev." in down.stderr
    down = empty.make("infra-down", CONFIRM="yes", DATA="delete")
    assert "Not confirmed: 'yes' is not 'dev'. Nothing was changed." in down.stderr
    assert stacks_of(empty) == everything
    down = empty.make("infra-down", CONFIRM="dev")
    assert down.returncode == 0, down.stderr
    assert "the stack f1-dev-data: the database, running" in down.stdout
    assert stacks_of(empty) == {"f1-registry", "f1-dev-network", "f1-dev-data"}
    empty.client("rds").modify_db_instance(DBInstanceIdentifier="f1-dev", DeletionProtection=True)
    down = empty.make("infra-down", CONFIRM="dev", DATA="delete")
    assert "has deletion protection. Set parameters.data.DeletionProtection" in down.stderr


class Refusing:
    """CloudFormation with states that moto does not have."""

    def __init__(self, status: str = "", reason: str = "") -> None:
        self.status = status
        self.reason = reason
        self.deleted: list[str] = []

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": self.status, "Parameters": []}]}

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        event = {
            "LogicalResourceId": "Database",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "DB instance class not supported",
        }
        return {"StackEvents": [event]}

    def list_change_sets(self, **_: str) -> dict[str, Any]:
        return {"Summaries": []}

    def create_change_set(self, **_: Any) -> dict[str, str]:
        return {"Id": "one"}

    def execute_change_set(self, **_: str) -> None:
        pass

    def get_waiter(self, waited_for: str) -> Any:
        self.waited_for = waited_for
        return self

    def wait(self, **_: Any) -> None:
        if self.waited_for.startswith("stack"):
            raise WaiterError(self.waited_for, "rolled back", {})

    def describe_change_set(self, **_: Any) -> dict[str, str]:
        return {"Status": "FAILED", "StatusReason": self.reason}

    def delete_change_set(self, **given: str) -> None:
        self.deleted.append(given["ChangeSetName"])


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name f1-dev-network"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", "another deployment is changing it"),
    ],
)
def test_a_stack_that_cannot_be_changed_has_a_hint(status: str, advice: str) -> None:
    with pytest.raises(InfraError) as refused:
        changesets.create(Refusing(status), STACKS[1], "dev", {}, {})
    assert f"Stack f1-dev-network is {status}" in str(refused.value)
    assert advice in str(refused.value)
    if not status.endswith("IN_PROGRESS"):
        assert "Database: DB instance class not supported" in str(refused.value)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "The stack is as it was before. Repair the reason and run"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback"),
    ],
)
def test_a_failed_change_set_names_the_resource_and_has_a_hint(status: str, advice: str) -> None:
    change_set = ChangeSet("f1-dev-data", "one", new=False, changes=[], parameters={})
    with pytest.raises(InfraError) as failed:
        changesets.execute(Refusing(status), change_set)
    assert f"f1-dev-data failed and is now {status}" in str(failed.value)
    assert advice in str(failed.value)
    assert "Database: DB instance class not supported" in str(failed.value)


def test_a_refused_change_set_is_removed_with_its_reason() -> None:
    refusing = Refusing("CREATE_COMPLETE", "Parameter VpcPrefix failed to satisfy constraint")
    with pytest.raises(InfraError, match="VpcPrefix failed to satisfy"):
        changesets.create(refusing, STACKS[1], "dev", {}, {})
    assert refusing.deleted == ["one"]
    missing = Refusing("CREATE_COMPLETE", "No export named f1-dev-vpc found.")
    with pytest.raises(MissingExport):
        changesets.create(missing, STACKS[1], "dev", {}, {})
    same = Refusing("CREATE_COMPLETE", "The submitted information didn't contain changes.")
    assert changesets.create(same, STACKS[1], "dev", {}, {}) is None


def test_differences_are_readable_and_a_loss_of_data_is_detected() -> None:
    """The format of DescribeChangeSet with IncludePropertyValues, which moto does not have."""
    size = {"Name": "MultiAZ", "BeforeValue": "false", "AfterValue": "true"}
    changes: list[dict[str, Any]] = [
        {
            "Action": "Modify",
            "LogicalResourceId": "Database",
            "ResourceType": "AWS::RDS::DBInstance",
            "Replacement": "True",
            "Details": [{"Target": size}],
        },
        {"Action": "Remove", "LogicalResourceId": "Cache", "ResourceType": "AWS::Elasti::Cache"},
        {"Action": "Remove", "LogicalResourceId": "RawBucket", "ResourceType": "AWS::S3::Bucket"},
        {
            "Action": "Modify",
            "LogicalResourceId": "DataKey",
            "ResourceType": "AWS::KMS::Key",
            "Replacement": "Conditional",
        },
        {
            "Action": "Modify",
            "LogicalResourceId": "ProcessedBucket",
            "ResourceType": "AWS::S3::Bucket",
            "Replacement": "False",
        },
    ]
    change_set = ChangeSet(
        stack="f1-dev-data",
        identifier="one",
        new=False,
        changes=changes,
        parameters={"MultiAz": ("false", "true")},
    )
    assert list(diff.lines(change_set)) == [
        "f1-dev-data (update)",
        "    MultiAz: false -> true",
        "  ~ Database                 AWS::RDS::DBInstance                     REPLACED",
        "      MultiAZ: false -> true",
        "  - Cache                    AWS::Elasti::Cache",
        "  - RawBucket                AWS::S3::Bucket",
        "  ~ DataKey                  AWS::KMS::Key                            perhaps replaced",
        "  ~ ProcessedBucket          AWS::S3::Bucket                          in place",
    ]
    assert diff.data_at_risk(change_set) == ["Database", "RawBucket", "DataKey"]


def test_a_loss_of_data_is_refused_until_it_is_named(
    empty: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change set that replaces the database; moto reports no replacements."""
    replaces = {
        "Action": "Modify",
        "LogicalResourceId": "Database",
        "ResourceType": "AWS::RDS::DBInstance",
        "Replacement": "True",
    }
    discarded: list[str] = []

    def change_set(*_: Any) -> ChangeSet:
        return ChangeSet("f1-registry", "one", new=False, changes=[replaces], parameters={})

    def discard(_: Any, stack: str, identifier: str) -> None:
        discarded.append(f"{stack} {identifier}")

    monkeypatch.setattr(changesets, "create", change_set)
    monkeypatch.setattr(changesets, "discard", discard)
    for name, value in {**empty.variables, "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    up = ["up", "dev", "--environments", str(empty.environments)]
    assert cli.main([*up, "--confirm", "dev"]) == 1
    printed = capsys.readouterr().err
    assert "This change set removes or replaces resources with data: Database." in printed
    assert "REPLACE=Database" in printed
    assert cli.main([*up, "--confirm", "no", "--replace", "Database"]) == 1
    assert "Not confirmed: 'no' is not 'dev'" in capsys.readouterr().err
    assert discarded == ["f1-registry one"] * 2


def test_the_environments_differ_only_in_values() -> None:
    """dev and prod have the same fields, so no field is missing in one of them."""
    dev, prod = (
        yaml.safe_load((environment.FOLDER / f"{name}.yaml").read_text())
        for name in ("dev", "prod")
    )
    assert dev.keys() == prod.keys()
    assert dev["cluster"].keys() == prod["cluster"].keys()
    assert dev["helm"].keys() == prod["helm"].keys()
