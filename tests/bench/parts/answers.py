"""The API's answers a second, relative to the same server with a constant body of the same size.

Warm: answers from the cache. Cold: the cache is off, so that every answer is made from the tables.
"""

from collections.abc import Iterator
from dataclasses import replace

from measured.captures import write_seasons
from measured.installation import BUCKET, installation, servers
from measured.load import load
from measured.report import Figure
from measured.serving import api, constant, get
from measured.work import ApiWork

from f1_ingest.synthetic import season

YEAR = 2024
AIMS = {"warm": 0.6, "cold": 0.1}
ROUNDS = 5


def answers() -> Iterator[Figure]:
    """Laps of a race and statistics of a driver, warm and cold."""
    drivers = list(season(YEAR).drivers)[:10]
    paths = {
        "/races/{id}/lap-times": [f"/races/{YEAR}-{n}/lap-times" for n in range(1, 11)],
        "/drivers/{id}/stats": [f"/drivers/{driver}/stats" for driver in drivers],
    }
    with servers() as (folder, postgres, s3):
        place = installation(postgres, s3, "f1")
        with s3.store(BUCKET) as store:
            write_seasons(store, [YEAR], ["results", "laps", "pitstops"])
        place.run("f1-worker", "run", "--drain")
        for state, cache_mb in (("warm", "64"), ("cold", "0")):
            settings = place.environment | {"F1_API_CACHE_MB": cache_mb}
            with api(folder, settings) as port, constant(folder) as fixed:
                for name, path in paths.items():
                    before = ApiWork.of(port, postgres, "f1")
                    figure = _against_constant(f"{name}, {state}", port, path, fixed, AIMS[state])
                    yield replace(figure, limit=ApiWork.of(port, postgres, "f1").since(before))


def _against_constant(name: str, port: int, paths: list[str], fixed: int, aim: float) -> Figure:
    """Measure both servers alternately, since other load of the machine affects both."""
    size = sum(len(get(port, path).body) for path in paths) // len(paths)
    loads = [(load(port, paths), load(fixed, [f"/{size}"])) for _ in range(ROUNDS)]
    ratios = [measured.answers_per_s / reference.answers_per_s for measured, reference in loads]
    middle = ratios.index(sorted(ratios)[ROUNDS // 2])
    measured, reference = loads[middle]
    return Figure(
        f"{name} ({size / 1000:.0f} kB, p99 {measured.p99_ms:.1f} ms)",
        f"{measured.answers_per_s:,.0f}/s",
        "a constant body",
        f"{reference.answers_per_s:,.0f}/s",
        ratios[middle],
        aim,
    )
