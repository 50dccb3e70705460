"""Descriptions of fields in models of answers, which the OpenAPI document shows."""

from msgspec import Meta


def doc(description: str) -> Meta:
    """What a field means, for `Annotated`."""
    return Meta(description=description)
