"""The data sources, by name.

Each name of :data:`f1_core.sources.SOURCES` is a module here, with ``_`` for ``-``. Its function
``from_settings`` makes the :class:`Source` or :class:`Archive`.
"""

from importlib import import_module

from f1_core.sources import SOURCES
from f1_ingest.errors import WrongUsage
from f1_ingest.ratelimit.scheduler import Limits
from f1_ingest.settings import Settings
from f1_ingest.sources.protocol import Archive, Source


def source(name: str, settings: Settings) -> Source:
    """A source that is read by race.

    Raises:
        WrongUsage: there is none of that name.
    """
    found = _found(name, settings)
    if isinstance(found, Source):
        return found
    if found is not None:
        raise WrongUsage(f"{name} is read whole: use `f1-ingest import --source {name}`")
    names = [one for one in SOURCES if isinstance(_found(one, settings), Source)]
    raise WrongUsage(f"there is no source {name!r}: write one of {', '.join(names)}")


def archive(name: str, settings: Settings) -> Archive:
    """A source that is read as a whole.

    Raises:
        WrongUsage: there is none of that name.
    """
    found = _found(name, settings)
    if found is not None and not isinstance(found, Source):
        return found
    names = [one for one in SOURCES if not isinstance(_found(one, settings), Source)]
    raise WrongUsage(f"there is no archive {name!r}: write one of {', '.join(names)}")


def _found(name: str, settings: Settings) -> Source | Archive | None:
    if name not in SOURCES:
        return None
    module = import_module(f"f1_ingest.sources.{name.replace('-', '_')}")
    made: Source | Archive = module.from_settings(settings)
    return made


def limits(budget: str, settings: Settings) -> Limits:
    """The limits of a budget."""
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
