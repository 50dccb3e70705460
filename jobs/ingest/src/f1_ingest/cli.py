"""The command `f1-ingest`. Exit codes: 0 ok, 1 failure, 2 usage or settings, 3 source unavailable,
130 and 143 stopped by SIGINT and SIGTERM.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import structlog
import typer

from f1_core.program import logs
from f1_core.program.commands import command_line
from f1_core.rounds import parse_rounds
from f1_core.settings import LogSettings
from f1_ingest.commands import backfill as backfills
from f1_ingest.commands import indexed, plan_output
from f1_ingest.commands.backfill import Done
from f1_ingest.commands.import_archive import import_archive
from f1_ingest.commands.poll import poll as poll_once
from f1_ingest.commands.progress import Progress
from f1_ingest.errors import NoSuchSeason, WrongUsage
from f1_ingest.fetch import runs
from f1_ingest.planning.plan import Choice, record
from f1_ingest.settings import Settings
from f1_ingest.signals import Stop
from f1_ingest.sources import registry

CURRENT = "current"

log = structlog.get_logger()
Value = TypeVar("Value")
app = command_line(
    "f1-ingest", "Fetches Formula 1 data from its sources and stores it unchanged in S3."
)

Season = Annotated[str, typer.Option(help="The year, or current.")]
Rounds = Annotated[str, typer.Option(help="all, or numbers and ranges such as 1-5,7.")]
Resources = Annotated[str, typer.Option(help="all, or some: laps,pitstops,results,...")]
SourceName = Annotated[str, typer.Option(help="jolpica, openf1 or synthetic.")]
ArchiveName = Annotated[str, typer.Option(help="ergast-csv or jolpica-csv.")]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Fetch again what the source may have corrected.")
]
AsOf = Annotated[
    str | None,
    typer.Option(help="Date and time to plan for, such as 2024-05-26T18:00; default: now."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def poll(
    *,
    source: SourceName = "jolpica",
    season: Season = CURRENT,
    as_of: AsOf = None,
) -> None:
    """Fetch new data of the running season, if the calendar makes it likely."""
    context = _begin()
    year = _year(season, as_of)
    kind = registry.source(source, context.settings)
    with runs.begin("poll", kind, year, context.settings, context.stop) as run:
        run.as_of = _moment(as_of)
        done = poll_once(run, kind, year, Progress(bar=False))
    print(f"{year}: {_summary(done)}, {run.fetcher.requests} requests")


@app.command()
def backfill(
    *,
    season: Season,
    rounds: Rounds = "all",
    resources: Resources = "all",
    source: SourceName = "jolpica",
    refresh: Refresh = False,
    as_of: AsOf = None,
) -> None:
    """Fetch what is missing of a season's races. Run again, it continues where it was stopped."""
    context = _begin()
    one = indexed.round_of_this_pod(os.environ)
    chosen = _usage(lambda: parse_rounds(rounds)) if one is None else frozenset({one})
    choice = _choice_of_season(context.settings, chosen, resources, refresh=refresh)
    _fetch_season(context, "backfill", source, season, choice, as_of=as_of)


@app.command("round")
def one_round(
    *,
    season: Season,
    number: Annotated[int, typer.Option("--round", help="The round.", min=1, max=99)],
    resources: Resources = "all",
    source: SourceName = "jolpica",
    refresh: Refresh = False,
    as_of: AsOf = None,
) -> None:
    """Fetch what is missing of one race; with --refresh all of it, if an hour has passed."""
    context = _begin()
    # The source caches for an hour, so that an earlier response would be the same.
    days = 1_000_000 if refresh else 0
    choice = Choice(frozenset({number}), _read_resources(resources), days, timedelta(hours=1))
    _fetch_season(context, "round", source, season, choice, as_of=as_of)


@app.command("import")
def import_command(
    location: Annotated[
        str | None,
        typer.Argument(help="Folder, zip, or URL of a zip; jolpica-csv has a default."),
    ] = None,
    source: ArchiveName = "ergast-csv",
    again: Annotated[
        bool, typer.Option("--again", help="Import even if this archive is captured already.")
    ] = False,
) -> None:
    """Capture an archive of many seasons."""
    context = _begin()
    archive = registry.archive(source, context.settings)
    with runs.begin("import", archive, None, context.settings, context.stop) as run:
        key = import_archive(run, archive, location, again=again)
    print(f"captured {key}" if key else "unchanged: the archive is captured already")


@app.command()
def plan(
    *,
    season: Season,
    rounds: Rounds = "all",
    resources: Resources = "all",
    source: SourceName = "jolpica",
    refresh: Refresh = False,
    owner: Annotated[str, typer.Option(help="Owner of the plan: a Season's uid.")] = "cli",
    generation: Annotated[int, typer.Option(help="Generation of the Season.", min=0)] = 0,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Record what a season needs, and show it with what it will cost; fetches the schedule only."""
    context = _begin()
    settings = context.settings
    chosen = _usage(lambda: parse_rounds(rounds))
    choice = _choice_of_season(settings, chosen, resources, refresh=refresh)
    kind = registry.source(source, settings)
    year = _year(season, as_of)
    with runs.begin("plan", kind, year, settings, context.stop) as run:
        run.as_of = _moment(as_of)
        planned = backfills.prepare(run, kind, year, choice)
        with run.engine.begin() as connection:
            record(connection, planned, owner, generation)
            shown = plan_output.describe(connection, planned, kind, settings)
    print(json.dumps(shown) if as_json else plan_output.table(shown))


@dataclass(frozen=True)
class _Context:
    settings: Settings
    stop: Stop


_stop = Stop()


def _begin() -> _Context:
    settings = Settings.from_environment()
    logs.configure(settings.log, "f1-ingest")
    return _Context(settings, _stop)


def _fetch_season(
    context: _Context, kind: str, name: str, season: str, choice: Choice, *, as_of: str | None
) -> None:
    source = registry.source(name, context.settings)
    year = _year(season, as_of)
    with runs.begin(kind, source, year, context.settings, context.stop) as run:
        run.as_of = _moment(as_of)
        try:
            done = backfills.backfill(run, source, year, choice, Progress())
        except NoSuchSeason as error:
            if season != CURRENT:
                raise
            run.detail = f"{error} yet"
            print(run.detail)
            return
    print(f"{year}: {_summary(done)}, {run.fetcher.requests} requests")


def _choice_of_season(
    settings: Settings, rounds: frozenset[int] | None, resources: str, *, refresh: bool
) -> Choice:
    days = settings.ingest.refresh_days if refresh else 0
    every = timedelta(hours=settings.ingest.refresh_every_h)
    return Choice(rounds, _read_resources(resources), days, every)


def _read_resources(resources: str) -> frozenset[str] | None:
    names = [part.strip() for part in resources.split(",")]
    return None if names == ["all"] else frozenset(names)


def _year(season: str, as_of: str | None) -> int:
    if season == CURRENT:
        return (_moment(as_of) or datetime.now(UTC)).year
    if not (season.isdecimal() and 1950 <= int(season) <= 2999):
        raise WrongUsage(f"there is no season {season!r}: write a year from 1950 on, or current")
    return int(season)


def _moment(as_of: str | None) -> datetime | None:
    if as_of is None:
        return None
    moment = _usage(lambda: datetime.fromisoformat(as_of))
    if not 1950 <= moment.year <= 2999:
        raise WrongUsage(f"there is no season in {moment.year}: write a date from 1950 on")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _usage(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except ValueError as error:
        raise WrongUsage(str(error)) from error


def _summary(done: Done) -> str:
    parts = [f"{done.captured} captured", f"{done.existing} already present"]
    if done.not_yet:
        parts.append(f"{done.not_yet} not yet available")
    return ", ".join(parts)


def main() -> None:
    """The program."""
    # Until the settings are read, errors are logged in lines for people.
    logs.configure(LogSettings.model_construct(level="INFO", format="console"), "f1-ingest")
    _stop.install()
    app()
