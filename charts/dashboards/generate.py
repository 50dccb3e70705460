"""`make dashboards`: writes the dashboards' JSON, as Grafana reads it, into a folder.

python charts/dashboards/generate.py charts/f1-aggregator/dashboards
"""

import json
import sys
from pathlib import Path

import api_dashboard
import ingest_dashboard
import overview_dashboard
import processing_dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder


def main(folder: Path) -> None:
    """Write `folder`/{name}.json."""
    folder.mkdir(parents=True, exist_ok=True)
    built = {
        "overview": overview_dashboard.dashboard(),
        "ingest": ingest_dashboard.dashboard(),
        "processing": processing_dashboard.dashboard(),
        "api": api_dashboard.dashboard(),
    }
    for name, dashboard in built.items():
        text = json.dumps(dashboard.build(), cls=JSONEncoder, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
