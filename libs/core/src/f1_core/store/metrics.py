"""Counts the outcomes of a boto3 client's calls to S3."""

from typing import Any

from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.exceptions import (
    HTTPClientError,
    NoCredentialsError,
)
from prometheus_client import Counter

REQUESTS = Counter(
    "f1_s3_requests_total",
    "Calls to S3 by this process, after retries, by outcome.",
    ["operation", "outcome"],
)
OUTCOMES = ("ok", "not_found", "denied", "full", "unavailable", "error")
OPERATIONS = ("GetObject", "HeadObject", "PutObject", "DeleteObject", "ListObjectsV2", "HeadBucket")

_DENIED = frozenset(
    ("AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken",
     "SignatureDoesNotMatch", "401", "403")
)  # fmt: skip
# AWS has no limit on a bucket; other servers do: these are the codes of MinIO, Ceph and versitygw.
_FULL = frozenset(
    ("InsufficientStorage", "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded",
     "507")
)  # fmt: skip


def count_calls(client: Any) -> None:
    """Count all calls of a client from now on."""
    for operation in OPERATIONS:
        for outcome in OUTCOMES:
            REQUESTS.labels(operation, outcome)  # with 0, so that the first call is an increase
    client.meta.events.register("after-call.s3", _responded)
    client.meta.events.register("after-call-error.s3", _failed)


def outcome_of(status: int, code: str) -> str:
    """One of `OUTCOMES`, from a response's HTTP status and S3's error code.

    >>> outcome_of(403, "AccessDenied"), outcome_of(412, "PreconditionFailed")
    ('denied', 'ok')
    """
    if status < 400 or status == 412:  # it exists already
        return "ok"
    if code in _DENIED or status in (401, 403):
        return "denied"
    if code in _FULL or status == 507:
        return "full"
    if status == 404:
        return "error" if code == "NoSuchBucket" else "not_found"
    return "unavailable" if status >= 500 or status in (408, 429) else "error"


def _responded(http_response: Any, parsed: dict[str, Any], model: Any, **_: object) -> None:
    code = str(parsed.get("Error", {}).get("Code", ""))
    REQUESTS.labels(model.name, outcome_of(http_response.status_code, code)).inc()


def _failed(exception: Exception, event_name: str, **_: object) -> None:
    operation = event_name.rpartition(".")[2]
    if isinstance(exception, NoCredentialsError):
        outcome = "denied"
    elif isinstance(exception, HTTPClientError | BotoConnectionError):
        outcome = "unavailable"
    else:
        outcome = "error"
    REQUESTS.labels(operation, outcome).inc()
