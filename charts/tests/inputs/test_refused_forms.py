"""Values of the right type that a pod, an operator or Kubernetes would refuse later."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

REFUSED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "a mount on the programs' own folder": (
        {"extraVolumeMounts": [{"name": "cache", "mountPath": "/tmp/"}]},
        "extraVolumeMounts: /tmp/ already has a mount: use another mountPath",
    ),
    "two mounts on one path": (
        {
            "extraVolumeMounts": [{"name": "cache", "mountPath": "/cache"}],
            "ingest": {"extraVolumeMounts": [{"name": "cache", "mountPath": "/cache"}]},
        },
        "ingest.extraVolumeMounts: /cache already has a mount",
    ),
    "a Gateway without a name": (
        {"api": {"httpRoute": {"parentRefs": [{"gateway": "public"}]}}},
        "additional properties 'gateway' not allowed",
    ),
    "a proxy that is no address": (
        {"api": {"trustedProxies": ["nginx.ingress"]}},
        "at '/api/trustedProxies/0': 'nginx.ingress' does not match pattern",
    ),
    "the chart's port in extraEnv": (
        {"api": {"extraEnv": [{"name": "F1_API_PORT", "value": "9"}]}},
        "api.extraEnv: F1_API_PORT is fixed by the chart",
    ),
    "the chart's port from a Secret": (
        {"api": {"extraEnv": [{"name": "F1_API_PORT", "valueFrom": {"secretKeyRef": {}}}]}},
        "api.extraEnv: F1_API_PORT is fixed by the chart",
    ),
    "keys in extraEnv": (
        {"api": {"extraEnv": [{"name": "F1_API_KEYS", "value": "off"}]}},
        "api.extraEnv: F1_API_KEYS has its own value: set api.keys",
    ),
    "a bucket in extraEnv": (
        {"worker": {"extraEnv": [{"name": "F1_S3_BUCKET", "value": "x"}]}},
        "worker.extraEnv: F1_S3_BUCKET has its own value: set s3.bucket",
    ),
    "a token that anyone can read": (
        {"ingest": {"extraEnv": [{"name": "F1_JOLPICA_TOKEN", "value": "x"}]}},
        "ingest.extraEnv: F1_JOLPICA_TOKEN has its own value: set ingest.extraEnv with",
    ),
    "memory that is no quantity": (
        {"worker": {"resources": {"limits": {"memory": "abc"}}}},
        "at '/worker/resources/limits/memory': 'abc' does not match pattern",
    ),
    "memory in a unit that Kubernetes does not know": (
        {"worker": {"resources": {"requests": {"memory": "288MB"}}}},
        "at '/worker/resources/requests/memory': '288MB' does not match pattern",
    ),
    "an interval without a unit": (
        {"monitoring": {"interval": "30"}},
        "at '/monitoring/interval': '30' does not match pattern",
    ),
    "a refresh interval in words": (
        {"externalSecrets": {"refreshInterval": "1 hour"}},
        "at '/externalSecrets/refreshInterval': '1 hour' does not match pattern",
    ),
    "an authority that the URL does not verify": (
        {
            "database": {
                "existingSecret": "",
                "url": "postgresql://f1:f1@db/f1?sslmode=require",
                "caBundle": {"configMap": "ca"},
            }
        },
        "database.url has sslmode=require, but database.caBundle needs sslmode=verify-full",
    ),
}


@pytest.mark.parametrize(("values", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_the_correct_form(
    refusal: Callable[[Mapping[str, Any]], str], values: Mapping[str, Any], message: str
) -> None:
    volumes = {"extraVolumes": [{"name": "cache", "emptyDir": {}}]}
    assert message in refusal({**volumes, **values})
