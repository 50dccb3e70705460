"""Values that are written without content, such as `s3:`. helm then removes their defaults."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from f1_devkit.cluster.charts import Manifests, merged


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"s3": None}, "missing property 's3'"),
        ({"worker": {"autoscaling": None}}, "at '/worker': missing property 'autoscaling'"),
        ({"worker": {"graceSeconds": None}}, "at '/worker': missing property 'graceSeconds'"),
        ({"networkPolicies": {"dns": None}}, "at '/networkPolicies': missing property 'dns'"),
    ],
    ids=str,
)
def test_a_section_without_content_is_refused_by_its_name(
    refusal: Callable[[Mapping[str, Any]], str], values: Mapping[str, Any], message: str
) -> None:
    assert message in refusal(values)


@pytest.mark.parametrize(
    "values",
    [
        {"settings": None, "migration": {"settings": None}},
        {"database": {"programs": None}},
        {"api": {"ingress": None}},
        {"extraVolumes": None, "ingest": {"extraEnv": None, "podLabels": None}},
    ],
    ids=str,
)
def test_empty_lists_and_maps_are_ignored(
    render: Callable[..., Manifests], values: Mapping[str, Any]
) -> None:
    key = {"api": {"operatorKey": {"existingSecret": "f1-operator-key"}}}
    assert list(render(merged(key, values))) == list(render(key))
