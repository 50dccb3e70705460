"""The time of each of the thirteen resources under /ergast, warm and cold."""

from collections.abc import Iterator

from measured.latency import served
from measured.report import Figure
from measured.stored import CACHES, YEARS, two_seasons

AIM_MS = 20.0
_OF_A_RACE = ("results", "sprint", "qualifying", "pitstops", "laps")
_RACES = range(1, 11)
PATHS = {
    "seasons": ["/seasons"],
    "circuits": ["/circuits", *(f"/{year}/circuits" for year in YEARS)],
    "races": [f"/{year}/races" for year in YEARS],
    "constructors": [f"/{year}/constructors" for year in YEARS],
    "drivers": ["/drivers?limit=100", *(f"/{year}/drivers" for year in YEARS)],
    **{
        name: [f"/{year}/{race}/{name}?limit=100" for year in YEARS for race in _RACES]
        for name in _OF_A_RACE
    },
    "status": ["/status", *(f"/{year}/status" for year in YEARS)],
    "driverstandings": [f"/{year}/driverstandings" for year in YEARS],
    "constructorstandings": [f"/{year}/constructorstandings" for year in YEARS],
}


def ergast() -> Iterator[Figure]:
    """All resources, with one caller."""
    with two_seasons() as stored:
        for state, cache_mb in CACHES.items():
            with served(stored, cache_mb) as both:
                for name, paths in PATHS.items():
                    urls = [f"/ergast/f1{path}" for path in paths]
                    yield both.waited(f"/ergast {name}, {state}", urls, AIM_MS)
