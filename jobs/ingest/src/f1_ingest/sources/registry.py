"""The data sources, by name. A new one is a file here and a line in one of these functions."""

from collections.abc import Callable

from f1_ingest.errors import WrongUsage
from f1_ingest.ratelimit.scheduler import Limits
from f1_ingest.settings import Settings
from f1_ingest.sources.ergast_csv import ErgastCsv
from f1_ingest.sources.jolpica import Jolpica
from f1_ingest.sources.jolpica_csv import JolpicaCsv
from f1_ingest.sources.openf1 import OpenF1
from f1_ingest.sources.protocol import Archive, Source
from f1_ingest.sources.synthetic import synthetic

_SOURCES: dict[str, Callable[[Settings], Source]] = {
    "jolpica": lambda s: Jolpica(s.jolpica.url),
    "openf1": lambda s: OpenF1(s.openf1.url),
    "synthetic": lambda s: synthetic(s.synthetic),
}
_ARCHIVES: dict[str, Callable[[Settings], Archive]] = {
    "ergast-csv": lambda s: ErgastCsv(s.archive.max_bytes, s.archive.caps),
    "jolpica-csv": lambda s: JolpicaCsv(
        s.jolpica.dumps_url,
        s.archive.max_bytes,
        s.archive.caps,
        s.jolpica.token.get_secret_value() if s.jolpica.token else None,
    ),
}


def source(name: str, settings: Settings) -> Source:
    """A source that is read race by race.

    Raises:
        WrongUsage: there is none of that name.
    """
    if name in _ARCHIVES:
        raise WrongUsage(f"{name} is read whole: use `f1-ingest import --source {name}`")
    if name not in _SOURCES:
        raise WrongUsage(f"there is no source {name!r}: write one of {', '.join(_SOURCES)}")
    return _SOURCES[name](settings)


def archive(name: str, settings: Settings) -> Archive:
    """A source that is read whole.

    Raises:
        WrongUsage: there is none of that name.
    """
    if name not in _ARCHIVES:
        raise WrongUsage(f"there is no archive {name!r}: write one of {', '.join(_ARCHIVES)}")
    return _ARCHIVES[name](settings)


def limits(budget: str, settings: Settings) -> Limits:
    """What a budget's source allows."""
    if budget == "openf1":
        return Limits(
            settings.openf1.per_second, settings.openf1.per_minute, 60.0, settings.poll.share
        )
    return Limits(
        settings.budget.per_second,
        settings.budget.per_hour,
        settings.budget.window_s,
        settings.poll.share,
    )
