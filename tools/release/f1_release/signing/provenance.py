"""SLSA provenance v1 of an image: its materials, builder and time."""

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from f1_release.commands import ROOT
from f1_release.digests import sha256
from f1_release.folder import Record

REPOSITORY = "https://github.com/f1-telemetry-aggregator/f1-telemetry-aggregator"
BUILD_TYPE = f"{REPOSITORY}/blob/main/docs/releases.md#build-type-v1"
BY_HAND = f"{REPOSITORY}/blob/main/docs/releases.md#by-hand"


def predicate(record: Record, name: str, started: dt.datetime) -> Mapping[str, Any]:
    """The predicate about the image `name`; F1_BUILDER_ID and BUILD_URL name the pipeline."""
    image = record.images[name]
    base = [
        {"uri": f"oci:{record.base}?platform={platform}", "digest": {"sha256": _hex(digest)}}
        for platform, digest in sorted(record.bases.items())
    ]
    lock = {"uri": "requirements.lock", "digest": {"sha256": sha256(ROOT / "requirements.lock")}}
    source = {"uri": f"git+{REPOSITORY}", "digest": {"gitCommit": record.revision}}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "image": name,
                "version": record.version,
                "base": record.base,
                "platforms": sorted(image.platforms),
            },
            "resolvedDependencies": [source, lock, *base],
        },
        "runDetails": {
            "builder": {"id": os.environ.get("F1_BUILDER_ID", BY_HAND)},
            "metadata": {
                "invocationId": os.environ.get("BUILD_URL", ""),
                "startedOn": _time(started),
                "finishedOn": _time(dt.datetime.now(dt.UTC)),
            },
        },
    }


def write(record: Record, name: str, started: dt.datetime, into: Path) -> Path:
    """Write the predicate as NAME.json."""
    path = into / f"{name}.json"
    path.write_text(json.dumps(predicate(record, name, started), indent=2) + "\n")
    return path


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
