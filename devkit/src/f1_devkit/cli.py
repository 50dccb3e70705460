"""The command `f1`: tools beside the programs. Exit codes: 0 done, 1 failed, 2 wrong usage or
settings.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from f1_core.postgres import database
from f1_core.program.commands import command_line
from f1_core.settings import DatabaseSettings, load
from f1_devkit.commands import demo as demos
from f1_devkit.commands import progress
from f1_devkit.commands.display import Display
from f1_devkit.commands.replay import replay as replay_all
from f1_devkit.servers.jolpica import ergast_csv
from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.faults import KINDS, Faults
from f1_devkit.servers.jolpica.limits import Limits
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.ports import LOOPBACK
from f1_ingest.synthetic import seasons
from f1_worker import cli as worker_cli

app = command_line("f1", "Migrations, the ledger, replay, a stand-in source, and the demo.")
ledger_app = typer.Typer(help="Captures and their state.", invoke_without_command=True)
app.add_typer(ledger_app, name="ledger")
ledger_app.command("list")(worker_cli.list_)
ledger_app.command("show")(worker_cli.show)


@app.command()
def migrate() -> None:
    """Upgrade the database's schema to the version of this program (F1_DATABASE_URL)."""
    (settings,) = load(DatabaseSettings)
    database.migrate(settings.url.get_secret_value())
    print(f"the database has schema {database.newest_revision()}")


@ledger_app.callback()
def ledger(context: typer.Context) -> None:
    """Count captures by state; `list` and `show` have the details."""
    if context.invoked_subcommand is not None:
        return
    (settings,) = load(DatabaseSettings)
    engine = database.connect(settings, "f1 ledger")
    try:
        counted = progress.ledger(engine)
    finally:
        engine.dispose()
    for state, count in sorted(counted.states.items()):
        print(f"{count:9,}  {state}")
    print(f"{counted.total:9,}  captures")


@app.command()
def replay(
    workers: Annotated[int, typer.Option(min=1, max=32, help="Workers side by side.")] = 1,
    ignore_unreadable: Annotated[
        bool, typer.Option("--ignore-unreadable", help="Exit with 0 if objects cannot be read.")
    ] = False,
) -> None:
    """Fill an empty database from S3 alone; sends no request to any source.

    Exits with 1 if objects in S3 cannot be read: all others are replayed.
    """
    (settings,) = load(DatabaseSettings)
    done, unreadable = replay_all(settings, Display(), workers)
    rest = f"; {unreadable}" if unreadable else ""
    print(f"replayed {done.total:,} captures: {done}{rest}")
    if unreadable and not ignore_unreadable:
        raise typer.Exit(1)


@app.command()
def jolpica(
    *,
    season: Annotated[str, typer.Option(help="Made-up seasons: 2024, or 2021-2024.")] = "2024",
    seed: Annotated[int, typer.Option(help="Another seed makes other seasons.")] = 1,
    archive: Annotated[
        Path | None, typer.Option("--csv", help="A folder of the Ergast archive, instead.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="A free one, if not given.")] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0: reached from other machines.")] = LOOPBACK,
    per_second: Annotated[int, typer.Option(help="Requests at most; 0: no limit.")] = 4,
    per_hour: Annotated[int, typer.Option(help="Requests at most; 0: no limit.")] = 500,
    fault: Annotated[
        list[str] | None,
        typer.Option(help=f"KIND=SHARE, repeatable; kinds: {', '.join(KINDS)}."),
    ] = None,
    edges: Annotated[float, typer.Option(help="Share of pages that lose a row.")] = 0.0,
) -> None:
    """Serve a stand-in for Jolpica, its dumps and OpenF1 on the loopback address."""
    data = ergast_csv.load(archive) if archive else seasons(_years(season), seed)
    server = JolpicaServer(
        data,
        limits=Limits(per_second=per_second or None, per_hour=per_hour or None),
        faults=Faults(rates=_shares(fault or [])),
        edges=PageEdges(rate=edges),
        port=port,
        host=host,
    )
    print(f"F1_SYNTHETIC_URL={server.url}")
    print(f"F1_JOLPICA_DUMPS_URL={server.dumps_url}")
    print(f"F1_OPENF1_URL={server.openf1_url}")
    print(f"control: {server.control_url}", flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        server.serve()
    except KeyboardInterrupt:
        server.stop()


@app.command()
def demo(
    *,
    source: Annotated[str, typer.Option(help="synthetic, or jolpica over the internet.")] = (
        "synthetic"
    ),
    season: Annotated[int, typer.Option(min=1950, max=2100, help="The year.")] = 2024,
    rounds: Annotated[
        str | None, typer.Option(help="1-5,7 or all; if not given: all, of a real source 1-3.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes another season.")] = 1,
    directory: Annotated[Path, typer.Option(help="For the database and the objects.")] = Path(
        ".cache/demo"
    ),
    api_port: Annotated[int, typer.Option(help="Another is taken if it is not free.")] = 8000,
    faults: Annotated[
        bool, typer.Option("--faults", help="Let the stand-in fail as the real source does.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier demos first.")] = False,
    exit_when_done: Annotated[
        bool, typer.Option("--exit-when-done", help="Do not keep running.")
    ] = False,
) -> None:
    """Fetch, process and serve a season on this machine, with the real programs."""
    if source not in ("synthetic", "jolpica"):
        raise typer.BadParameter("the demo supports the sources synthetic and jolpica")
    options = demos.Options(
        source=source,
        season=season,
        rounds=rounds or ("all" if source == "synthetic" else "1-3"),
        seed=seed,
        directory=directory,
        api_port=api_port,
        faults=faults,
        fresh=fresh,
        exit_when_done=exit_when_done,
    )
    demos.Demo(options, Display()).run()


def _years(written: str) -> range:
    first, _, last = written.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise typer.BadParameter(f"cannot read seasons {written!r}: write 2024, or 2021-2024")
    return range(int(first), int(last or first) + 1)


def _shares(written: list[str]) -> dict[str, float]:
    shares = {}
    for part in written:
        kind, _, share = part.partition("=")
        try:
            shares[kind] = float(share)
        except ValueError:
            shares[kind] = -1.0
        if kind not in KINDS or not 0 <= shares[kind] <= 1:
            raise typer.BadParameter(f"cannot read {part!r}: write KIND=SHARE, such as 504=0.1")
    return shares


def main() -> None:
    """Run the command; errors are messages on standard error."""
    try:
        app()
    except ValueError as error:
        print(f"f1: {error}", file=sys.stderr)
        sys.exit(1)
