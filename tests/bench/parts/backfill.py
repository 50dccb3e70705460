"""The number of requests of a backfill, with and without faults, and the use of a budget.

The minimum is one request for every hundred rows of every capture, counted at the server.
"""

import math
from collections.abc import Iterator
from typing import Any

from measured.installation import installation, servers
from measured.report import Figure
from sqlalchemy import text

from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.faults import Faults
from f1_devkit.servers.jolpica.limits import Limits
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_ingest.synthetic import season

YEAR = 2024
HURRY = {
    "F1_BUDGET_PER_SECOND": "500",
    "F1_BUDGET_PER_HOUR": "100000",
    "F1_HTTP_BACKOFF_S": "0.02",
    "F1_HTTP_BACKOFF_MAX_S": "0.1",
}
CASES: dict[str, dict[str, Any]] = {
    "without faults": {},
    "with holes at 5% of page edges": {"edges": PageEdges(rate=0.05)},
    "with 5% of answers 429, 504, HTML or cut": {
        "faults": Faults(rates={"429": 0.02, "504": 0.01, "html": 0.01, "truncated": 0.01})
    },
}
WINDOW_S, PER_WINDOW = 6.0, 60


def backfill() -> Iterator[Figure]:
    """A season page by page, and a small budget."""
    with servers() as (_, postgres, s3):
        for number, (case, options) in enumerate(CASES.items()):
            place = installation(postgres, s3, f"requests_{number}")
            place.environment |= {**HURRY, "F1_S3_BUCKET": f"requests-{number}"}
            s3.store(f"requests-{number}").close()
            with JolpicaServer(season(YEAR), **options) as server:
                place.environment["F1_SYNTHETIC_URL"] = server.url
                place.run("f1-ingest", "backfill", "--source", "synthetic", "--season", str(YEAR))
                sent = len(server.log)
            with place.engine().connect() as connection:
                totals = connection.execute(text("SELECT expected FROM captures")).scalars()
                fewest = sum(max(1, math.ceil((total or 0) / 100)) for total in totals)
            yield Figure(
                f"requests of a season, {case}",
                f"{sent}",
                "the fewest possible",
                f"{fewest}",
                sent / fewest,
                1.02 if not options else None,
                at_most=True,
            )
        yield _budget(postgres, s3)


def _budget(postgres: Any, s3: Any) -> Figure:
    place = installation(postgres, s3, "budget")
    s3.store("budget").close()
    place.environment |= {
        "F1_S3_BUCKET": "budget",
        "F1_BUDGET_PER_SECOND": "50",
        "F1_BUDGET_PER_HOUR": str(PER_WINDOW),
        "F1_BUDGET_WINDOW_S": str(WINDOW_S),
    }
    limits = Limits(per_second=50, per_hour=PER_WINDOW, hour_s=WINDOW_S)
    with JolpicaServer(season(YEAR), limits=limits) as server:
        place.environment["F1_SYNTHETIC_URL"] = server.url
        backfills = [
            place.start(
                "f1-ingest", "backfill", "--source", "synthetic", "--season", str(YEAR),
                "--rounds", rounds,
            )
            for rounds in ("1-6", "7-12")
        ]  # fmt: skip
        assert [process.wait(timeout=300) for process in backfills] == [0, 0]
        times = sorted(request.at for request in server.log)
        throttled = server.log.statuses().get(429, 0)
    windows = int((times[-1] - times[0]) // WINDOW_S)
    used = sum(1 for at in times if at - times[0] < windows * WINDOW_S)
    return Figure(
        f"budget used by two backfills side by side, {throttled} answers 429",
        f"{used} requests",
        f"allowed in {windows} windows",
        f"{windows * PER_WINDOW}",
        used / (windows * PER_WINDOW),
        0.95,
    )
