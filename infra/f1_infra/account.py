"""Access to the account, checked before anything is changed."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from f1_infra.environment import Environment
from f1_infra.errors import InfraError


@dataclass(frozen=True)
class Account:
    """Clients for the environment's account and region."""

    cloudformation: Any
    eks: Any
    rds: Any
    ecr: Any


def connect(environment: Environment) -> Account:
    """Clients, after a check that the credentials are those of the environment's account.

    AWS_ENDPOINT_URL directs them to another server, as the tests do.

    Raises:
        InfraError: there are no credentials, they are refused, or they are another account's.
    """
    session = boto3.session.Session(region_name=environment.region)
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
    if session.get_credentials() is None:
        raise InfraError(
            "No AWS credentials found. Log in (`aws sso login`, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE), check with `aws sts get-caller-identity`, "
            "and run this again."
        )
    try:
        found = session.client("sts", config=config).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"AWS does not accept the credentials: {error}\n"
            "Log in again and check with `aws sts get-caller-identity`."
        ) from error
    if found != environment.account:
        raise InfraError(
            f"Wrong account: the credentials are of {found}, and {environment.name} is "
            f"{environment.account} (infra/environments/{environment.name}.yaml). Set AWS_PROFILE "
            "to the right one. Nothing was changed."
        )
    return Account(
        cloudformation=session.client("cloudformation", config=config),
        eks=session.client("eks", config=config),
        rds=session.client("rds", config=config),
        ecr=session.client("ecr", config=config),
    )
