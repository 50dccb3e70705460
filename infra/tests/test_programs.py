"""Requests of the programs to S3, recorded with the deployed buckets: their roles and the buckets'
policies allow exactly these.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest
from aws_cloud import Cloud
from forked.installation import ForkedInstallation
from iam import Policies, Request, decide, policies

from f1_devkit.servers.postgres import Postgres
from f1_ingest.synthetic import season

OPERATIONS = {
    ("GET", "list"): "s3:ListBucket",
    ("HEAD", "bucket"): "s3:ListBucket",
    ("GET", "object"): "s3:GetObject",
    ("HEAD", "object"): "s3:GetObject",
    ("PUT", "object"): "s3:PutObject",
    ("DELETE", "object"): "s3:DeleteObject",
}
SETTINGS = {
    "F1_BUDGET_PER_SECOND": "1000",
    "F1_BUDGET_PER_HOUR": "100000",
    "F1_WORKER_METRICS_PORT": "0",
    "F1_S3_REGION": "eu-west-1",
    "F1_S3_BUCKET": "f1-telemetry-raw-dev",
    "F1_S3_PROCESSED_BUCKET": "f1-telemetry-processed-dev",
    "F1_S3_SECRET_ACCESS_KEY": "test",
}
ROUND = ("--source", "synthetic", "--season", "2024", "--rounds", "1")


def request_of(line: dict[str, Any]) -> Request:
    """A recorded HTTP request as a request to IAM. The access key identifies the program."""
    bucket, _, key = line["path"].removeprefix("/").partition("/")
    kind = "object" if key else "list" if "list-type" in parse_qs(line["query"]) else "bucket"
    context = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
    if line["method"] == "PUT":
        context["s3:ObjectCreationOperation"] = "true"
        if line["if_none_match"]:
            context["s3:if-none-match"] = line["if_none_match"]
    return Request(
        OPERATIONS[line["method"], kind],
        f"arn:aws:s3:::{bucket}{'/' if key else ''}{unquote(key)}",
        role=line["signed"].partition("Credential=")[2].partition("/")[0],
        context=context,
    )


@pytest.fixture(scope="module")
def known(deployed: Cloud) -> Policies:
    return policies(deployed, "dev")


@pytest.fixture
def without_bucket_policies(deployed: Cloud, known: Policies) -> Iterator[None]:
    """moto ignores conditions of a Deny; iam-simulate evaluates them."""
    s3 = deployed.client("s3")
    buckets = [SETTINGS["F1_S3_BUCKET"], SETTINGS["F1_S3_PROCESSED_BUCKET"]]
    for bucket in buckets:
        s3.delete_bucket_policy(Bucket=bucket)
    yield
    for bucket in buckets:
        policy = json.dumps(known.resources[f"arn:aws:s3:::{bucket}"])
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


@pytest.fixture
def new_database(postgres: Postgres, template_database: str) -> Iterator[Callable[[], str]]:
    """Makes an empty schema, as after a loss of Postgres."""
    made: list[str] = []

    def make() -> str:
        made.append(f"f1_infra_{len(made)}")
        return postgres.create_database(made[-1], template_database)

    yield make
    for name in made:
        postgres.drop_database(name)


@pytest.fixture
def run(
    deployed: Cloud,
    database_url: str,
    new_database: Callable[[], str],
    jolpica_server: Callable[..., Any],
) -> Callable[..., None]:
    """Runs a program with the access key of its role; after a loss of Postgres, until it has read
    the decisions, since the request budget of a new database is used up.
    """
    source = jolpica_server(season(2024))
    settings = {"F1_DATABASE_URL": database_url, "F1_SYNTHETIC_URL": source.url, **SETTINGS}
    installation = ForkedInstallation({**os.environ, **settings, "F1_S3_ENDPOINT": deployed.url})

    def start(program: str, *arguments: str, lost: bool = False) -> None:
        role = installation.environment["F1_S3_ACCESS_KEY_ID"] = program.removeprefix("f1-")
        if not lost:
            installation.run(program, *arguments)
            return
        process = installation.on_database(new_database()).start(program, *arguments)
        deadline = time.monotonic() + 60
        while not any(read_decisions(one) for one in recorded(deployed.record, role)):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.terminate()
        process.wait(timeout=60)

    return start


def read_decisions(one: Request) -> bool:
    return one.action == "s3:GetObject" and "/decisions/" in one.resource


def recorded(file: Path, *programs: str) -> list[Request]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    keys = [f"Credential={one}/" for one in programs]
    return [request_of(line) for line in lines if any(key in line["signed"] for key in keys)]


@pytest.mark.usefixtures("without_bucket_policies")
def test_roles_allow_exactly_the_requests_of_the_programs(
    deployed: Cloud, known: Policies, run: Callable[..., None]
) -> None:
    run("f1-ingest", "backfill", *ROUND)
    run("f1-worker", "run", "--drain")
    run("f1-worker", "snapshot", "--all")
    run("f1-worker", "purge", "2024", "--yes")
    run("f1-worker", "snapshot", "--all")
    run("f1-worker", "run", lost=True)
    run("f1-ingest", "backfill", *ROUND, lost=True)

    requests = recorded(deployed.record, "ingest", "worker")
    decisions = decide(known, requests)
    assert [
        one
        for one, decision in zip(requests, decisions, strict=True)
        if decision.result != "Allowed"
    ] == []

    def used(role: str) -> set[tuple[str, str]]:
        return {(one.action, area(one.resource)) for one in requests if one.role == role}

    def area(resource: str) -> str:
        bucket, _, key = resource.removeprefix("arn:aws:s3:::f1-telemetry-").partition("/")
        return f"{bucket.removesuffix('-dev')}/{key.partition('/')[0]}"

    def granted(role: str) -> set[tuple[str, str]]:
        return {
            (action, area(resource))
            for statement in known.roles[role]["Statement"]
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }

    assert used("ingest") == granted("ingest")
    assert used("worker") == granted("worker")


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_a_capture_that_would_overwrite_is_refused_by_the_bucket(
    deployed: Cloud, known: Policies
) -> None:
    """The bucket's policy and RawStore.put agree on the header."""
    key = "arn:aws:s3:::f1-telemetry-raw-dev/raw/2024-03-02/a.json"
    put = Request(
        "s3:PutObject",
        key,
        "ingest",
        context={"aws:SecureTransport": "true", "s3:ObjectCreationOperation": "true"},
    )
    new = replace(put, context={**put.context, "s3:if-none-match": "*"})
    assert [one.result for one in decide(known, [new, put])] == ["Allowed", "ExplicitlyDenied"]
