"""The command f1-worker.

Exit codes: 0 done, or stopped by a signal; 1 failed, or refused; 2 wrong usage or settings.
"""

import getpass
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import structlog
import typer
from sqlalchemy import Engine

from f1_core.capture import decode
from f1_core.errors import F1Error
from f1_core.ledger import decisions, index, states, unreadable
from f1_core.postgres import database
from f1_core.postgres.ledger import CAPTURE_STATES
from f1_core.program import logs
from f1_core.program.commands import command_line
from f1_core.settings import DatabaseSettings, LogSettings, SourceSettings, load
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_worker import runtime as running
from f1_worker.apply import reprocess
from f1_worker.commands import acceptance, ledger_queries
from f1_worker.commands.tables import table
from f1_worker.loop import Worker
from f1_worker.publish import snapshot
from f1_worker.settings import WorkerSettings

log = structlog.get_logger()
app = command_line("f1-worker", "Turns raw captures in S3 into rows and aggregates in Postgres.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Key = Annotated[str, typer.Argument(help="The capture's key, raw/....json.")]
By = Annotated[
    str | None,
    typer.Option("--by", help="Name of the person who decides; default: the current user."),
]
OfSeason = Annotated[int | None, typer.Option("--season", help="Only captures of this season.")]
Why = Annotated[str | None, typer.Option("--why", help="Reason, kept in the ledger.")]


class Refused(F1Error):
    """The command does not apply to this capture."""


def main() -> None:
    """Run the command."""
    app()


@contextmanager
def _opened(patience_s: float = 0.0) -> Iterator[tuple[Engine, RawStore]]:
    """Postgres and S3 as configured; waits `patience_s` for an unavailable Postgres."""
    to_database, to_store, to_logs = load(DatabaseSettings, StoreSettings, LogSettings)
    logs.configure(to_logs, "f1-worker")
    engine = database.connect(to_database, "f1-worker")
    try:
        database.transaction(engine, database.check_schema, patience_s=patience_s)
        with RawStore(to_store) as store:
            yield engine, store
    finally:
        engine.dispose()


@app.command()
def run(
    drain: Annotated[
        bool, typer.Option("--drain", help="Exit when no capture is pending, instead of waiting.")
    ] = False,
) -> None:
    """Process captures as they come, until SIGTERM or Ctrl-C."""
    settings, sources = load(WorkerSettings, SourceSettings)
    with _opened(settings.database_patience_s) as (engine, store):
        worker = Worker(engine, store, settings, source_order=sources.order)
        done = running.run(worker, engine, store, settings, drain=drain)
        log.info("stopped" if worker.stop.is_set() else "drained", **done)


@app.command()
def sweep(
    full: Annotated[
        bool, typer.Option("--full", help="Sweep all of S3 instead of the last days.")
    ] = False,
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit with 0 if objects cannot be read.")
    ] = False,
) -> None:
    """Enter captures and decisions that lie in S3 and are not in the ledger.

    Exits with 1 if objects cannot be read: all others are entered.
    """
    (settings,) = load(WorkerSettings)
    since = None if full else timedelta(hours=settings.sweep_back_h)
    with _opened() as (engine, store):
        if since is not None:
            with engine.connect() as connection:
                if index.swept_at(connection) is None:
                    typer.echo("no full sweep has been made yet: starting one", err=True)
                    since = None
        found = index.sweep(engine, store, since=since)
        with engine.connect() as connection:
            passed_over = unreadable.sentence(connection)
    typer.echo(f"{found} found that were not in the ledger")
    if passed_over:
        typer.echo(f"f1-worker: {passed_over}", err=True)
        raise typer.Exit(0 if ignore_unreadable else 1)


@app.command("list")
def list_(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help=f"Only captures in this state: {', '.join(CAPTURE_STATES)}."),
    ] = None,
    season: OfSeason = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Maximum number of captures.")] = 50,
    as_json: Json = False,
) -> None:
    """List captures, newest first."""
    unknown = sorted(set(state or ()) - set(CAPTURE_STATES))
    if unknown:
        raise typer.BadParameter(f"no state {unknown[0]}: there are {', '.join(CAPTURE_STATES)}")
    with _opened() as (engine, _):
        rows = ledger_queries.captures(engine, state or (), season, limit + 1)
    if as_json:
        _print_json(rows[:limit])
        return
    if not rows:
        typer.echo(_none(state or (), season), err=True)
        return
    columns = ("state", "rows", "expected", "attempts", "fetched_at", "capture_key", "reason")
    typer.echo(table(columns, [[row[name] for name in columns] for row in rows[:limit]]))
    if len(rows) > limit:
        typer.echo(f"and more: --limit {limit * 10} shows more of them", err=True)


@app.command()
def show(key: Key, as_json: Json = False) -> None:
    """Show a capture: its header, what became of it and why, and what its slices have now."""
    with _opened() as (engine, store):
        row = _capture(engine, key)
        slices = ledger_queries.slices(engine, key)
        header: Any
        try:
            header = decode(store.get(key)).header
        except KeyError:
            header = "the object is not in S3"
        except F1Error as error:
            header = f"cannot be read: {error}"
    if not isinstance(header, str):
        header = {name: getattr(header, name) for name in header.__struct_fields__}
    if as_json:
        _print_json({"capture": row, "header": header, "slices": slices})
        return
    typer.echo(_list_of(row))
    typer.echo("\nheader in S3")
    typer.echo(_list_of(header) if isinstance(header, dict) else f"  {header}")
    if slices:
        columns = (
            *("race_id", "session", "resource", "state", "rows", "applied_rows", "applied"),
            "reason",
        )
        typer.echo("\nslices, each with the capture that its rows come from")
        typer.echo(table(columns, [[row[name] for name in columns] for row in slices]))


@app.command()
def confirm(key: Key, by: By = None, why: Why = None) -> None:
    """Confirm a held capture: its rows replace those before it."""
    with _opened() as (engine, store):
        row = _capture(engine, key)
        held = [
            piece
            for piece in ledger_queries.slices(engine, key)
            if piece["state"] == "held" or (piece["reason"] or "").startswith("dismissed")
        ]
        if not held:
            raise Refused(f"{key} is {row['state']}, not held: there is nothing to confirm")
        _decide(engine, store, decisions.CONFIRM, by, why, capture_key=key)
    typer.echo("confirmed: a worker applies it now")


@app.command()
def accept(key: Key, by: By = None, why: Why = None) -> None:
    """Process a quarantined capture despite the reason, if its rows can be read."""
    _accept(key, by, why)


@app.command("release", hidden=True, deprecated=True)
def release(key: Key, by: By = None, why: Why = None) -> None:
    """The name of `accept` until 0.2; it goes in 0.3."""
    _accept(key, by, why)


def _accept(key: str, by: str | None, why: str | None) -> None:
    with _opened() as (engine, store):
        unread = acceptance.check(store, _capture(engine, key), ledger_queries.slices(engine, key))
        _decide(engine, store, decisions.RELEASE, by, why, capture_key=key)
    rest = f"; {unread} slices with rows that cannot be read stay quarantined" if unread else ""
    typer.echo(f"accepted: a worker processes it now{rest}")


@app.command()
def dismiss(
    key: Key,
    by: By = None,
    why: Annotated[
        str | None, typer.Option("--reason", "--why", help="Reason, kept in the ledger.")
    ] = None,
) -> None:
    """Keep a held or quarantined capture refused, so that it needs no further attention."""
    with _opened() as (engine, store):
        row = _capture(engine, key)
        parts = {piece["state"] for piece in ledger_queries.slices(engine, key)}
        waits = row["state"] == "pending" and row["reason"]
        if not waits and not {row["state"], *parts} & {"held", "quarantined"}:
            raise Refused(
                f"{key} is {row['state']}, neither held nor quarantined: there is nothing to "
                "dismiss"
            )
        _decide(engine, store, decisions.DISMISS, by, why, capture_key=key)
    typer.echo("dismissed: it needs no further attention; accept or confirm reverses that")


@app.command()
def retry(
    key: Annotated[str | None, typer.Argument(help="The capture's key, raw/....json.")] = None,
    all_quarantined: Annotated[
        bool, typer.Option("--all-quarantined", help="All quarantined captures.")
    ] = False,
) -> None:
    """Process a capture once more, or all that are quarantined."""
    if (key is None) != all_quarantined:
        raise typer.BadParameter("set a capture key or --all-quarantined")
    with _opened() as (engine, _):
        keys = [_capture(engine, key)["capture_key"]] if key else ledger_queries.quarantined(engine)
        with engine.begin() as connection:
            sent = states.reopen(connection, keys)
    typer.echo(f"{sent} queued for the worker")


@app.command()
def purge(
    season: Annotated[int, typer.Argument(help="Season, such as 2024.", min=1950, max=2999)],
    by: By = None,
    why: Why = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove a season's rows. What was captured up to now stays in S3 and is not applied again."""
    if not yes:
        typer.confirm(f"Remove all rows of {season}?", abort=True)
    with _opened() as (engine, store):
        _decide(engine, store, decisions.PURGE, by, why, season=season)
    typer.echo(f"{season} is purged; captures fetched from now on are applied again")


@app.command("reprocess")
def reprocess_(
    season: OfSeason = None,
) -> None:
    """Process all captures once more, for example because F1_SOURCE_ORDER was changed."""
    with _opened() as (engine, _):
        sent = reprocess.reopen_all(engine, season)
    typer.echo(f"{sent} queued for the worker")


@app.command("snapshot")
def snapshot_(
    season: OfSeason = None,
    all_seasons: Annotated[bool, typer.Option("--all", help="Captures of all seasons.")] = False,
) -> None:
    """Write the Parquet files in S3 from the tables now; run does it by itself."""
    if (season is None) != all_seasons:
        raise typer.BadParameter("set --season, such as --season 2024, or --all")
    with _opened() as (engine, store):
        known = snapshot.seasons(engine)
        if season is not None and season not in known:
            raise Refused(f"there is nothing of {season}: f1-worker list shows what was captured")
        for year in known if season is None else [season]:
            done = snapshot.write(engine, store, year, wait=True)
            assert done is not None  # None only without `wait`
            summary = ", ".join(f"{done[action]} {action}" for action in _ACTIONS if done[action])
            typer.echo(f"{year}: {summary or 'nothing to write'}")


_ACTIONS = ("written", "unchanged", "removed")


def _capture(engine: Engine, key: str) -> ledger_queries.Row:
    found = ledger_queries.capture(engine, key)
    if found is None:
        raise Refused(f"the ledger has no capture {key}: f1-worker list shows what it has")
    return found


def _none(states: Sequence[str], season: int | None) -> str:
    what = f"no captures are {' or '.join(states)}" if states else "there are no captures"
    return what + (f" of {season}" if season is not None else "")


def _decide(
    engine: Engine, store: RawStore, kind: str, by: str | None, why: str | None, **about: Any
) -> None:
    with engine.connect() as connection:
        swept = index.swept_at(connection)
    if swept is None:  # a new ledger could issue an order that is older than those in S3
        typer.echo("no full sweep has been made yet: sweeping first", err=True)
        index.sweep(engine, store)
    decisions.decide(engine, store, kind, by=by or _user(), why=why, **about)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"


def _list_of(row: dict[str, Any]) -> str:
    width = max(map(len, row))
    shown = ((name, "-" if value is None else value) for name, value in row.items())
    return "\n".join(f"  {name.ljust(width)}  {value}" for name, value in shown)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, default=str, indent=2))
