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
def test_it_is_refused_with_what_to_write(
    refusal: Callable[[Mapping[str, Any]], str], values: Mapping[str, Any], message: str
) -> None:
    volumes = {"extraVolumes": [{"name": "cache", "emptyDir": {}}]}
    assert message in refusal({**volumes, **values})
