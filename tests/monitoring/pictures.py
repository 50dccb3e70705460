"""`make dashboard-pictures`: the dashboards as SVG, from the programs under load for some minutes.

The data is real and its history short: Prometheus scrapes each second, and ingest runs every few
seconds instead of minutes. In the middle the source fails for a while.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from monitored.dashboards import FOLDER, load
from monitored.load import Monitored, install_seasons, monitored
from monitored.picture import Span, draw

from f1_core.postgres import database
from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.monitoring import programs
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3

MINUTES = 3.0
_ROUNDS = 9
_LIMIT = "500"
"""Settings with which the requests of an hour fit into three minutes."""


def main(pictures: Path) -> None:
    """Write `pictures`/{name}.svg."""
    folder = Path(tempfile.mkdtemp(prefix="f1-pictures-"))
    folder.chmod(0o711)  # Postgres runs as another user
    try:
        with (
            Postgres(folder / "postgres", durable=False) as postgres,
            S3(folder / "s3") as s3,
            ApiServer(folder) as apiserver,
        ):
            url = postgres.create_database("f1")
            database.migrate(url)
            s3.store("raw").close()
            kubectl = apiserver.kubectl("f1")
            install_seasons(kubectl)
            place = {"F1_DATABASE_URL": url, **s3.environment("raw")}
            prometheus = programs.find("prometheus")
            with monitored(place, kubectl.kubeconfig, "f1", prometheus, folder) as system:
                _work(system)
                _draw(system, pictures)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _work(system: Monitored) -> None:
    """Races are fetched and processed one after the other; in the middle the source fails."""
    ends = time.time() + MINUTES * 60
    system.cluster.apply("season-2023", year=2023)
    for number in range(3, 3 + _ROUNDS):
        left = (ends - time.time()) / (3 + _ROUNDS - number)
        begins = time.time()
        failing = 5 <= number - 3 < 7
        system.source.faults.outage = "504" if failing else None
        if failing:
            system.ingest(
                "poll",
                "--season",
                str(2000 + number),
                F1_HTTP_POLL_PATIENCE_S="0.2",
                F1_BUDGET_PER_HOUR=_LIMIT,
            )
        else:
            system.ingest(
                "backfill", "--season", "2024", "--rounds", str(number), F1_BUDGET_PER_HOUR=_LIMIT
            )
            system.ingest("poll", "--season", "2024", minutes_ago=number % 4)
        time.sleep(max(0.0, begins + left - time.time()))


def _draw(system: Monitored, pictures: Path) -> None:
    end = time.time()
    span = Span(end - MINUTES * 60, end)
    variables = {**system.variables(), "__range": f"{MINUTES * 60:.0f}s"}
    pictures.mkdir(parents=True, exist_ok=True)
    for file in sorted(FOLDER.glob("*.json")):
        dashboard, panels = load(file.stem, variables)
        text = draw(dashboard, panels, system.prometheus, span)
        (pictures / f"{file.stem}.svg").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
