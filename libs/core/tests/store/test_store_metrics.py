"""Calls of S3 are counted by operation and outcome."""

import itertools

import pytest
from botocore.exceptions import NoCredentialsError
from prometheus_client import REGISTRY

from f1_core.errors import StoreUnavailable
from f1_core.store import metrics
from f1_core.store.rawstore import RawStore


def counted(operation: str, outcome: str) -> float | None:
    return REGISTRY.get_sample_value(
        "f1_s3_requests_total", {"operation": operation, "outcome": outcome}
    )


def test_every_series_exists_before_the_first_call(store: RawStore) -> None:
    for operation, outcome in itertools.product(metrics.OPERATIONS, metrics.OUTCOMES):
        assert counted(operation, outcome) is not None


def test_missing_credentials_are_counted_as_denied(
    store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(*_: object, **__: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr("botocore.signers.RequestSigner.sign", sign)
    before = counted("GetObject", "denied")
    with pytest.raises(StoreUnavailable):
        store.get("raw/nothing.json")
    after = counted("GetObject", "denied")
    assert after is not None
    assert before is not None
    assert after > before
