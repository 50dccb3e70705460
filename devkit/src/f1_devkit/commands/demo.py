"""The demo: fetches, processes and serves a season on this machine, with the real programs."""

import json
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import sqlalchemy as sa

from f1_core.errors import F1Error
from f1_core.rounds import parse_rounds
from f1_devkit.commands import progress
from f1_devkit.commands.display import Display
from f1_devkit.programs.processes import program
from f1_devkit.servers.child import Child
from f1_devkit.servers.jolpica.edges import PageEdges
from f1_devkit.servers.jolpica.faults import Faults
from f1_devkit.servers.jolpica.server import JolpicaServer
from f1_devkit.servers.ports import LOOPBACK, free_port, is_free
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3
from f1_ingest.synthetic import Dataset, cached_season

_BUCKET = "f1-raw"
_DATABASE = "f1"
_STAND_IN_SETTINGS = {
    # The stand-in has no limits: a season in a minute instead of two hours.
    "F1_BUDGET_PER_SECOND": "200",
    "F1_BUDGET_PER_HOUR": "1000000",
    "F1_HTTP_BACKOFF_S": "0.2",
}


@dataclass(frozen=True)
class Options:
    """The options of the demo.

    Attributes:
        rounds: `all`, or numbers and ranges such as 1-3.
        faults: let the stand-in source fail sometimes, as the real one does.
        fresh: remove the data of earlier demos.
        api_port: another one is used if it is not free.
    """

    source: str = "synthetic"
    season: int = 2024
    rounds: str = "all"
    seed: int = 1
    directory: Path = Path(".cache/demo")
    api_port: int = 8000
    faults: bool = False
    fresh: bool = False
    exit_when_done: bool = False

    @property
    def state(self) -> Path:
        """The folder of this source's database and objects, separate for synthetic data."""
        name = f"synthetic-{self.seed}" if self.source == "synthetic" else self.source
        return (self.directory / name).absolute()


class Stopped(F1Error):
    """The demo was stopped before it was done."""


class Demo:
    """One run; it stops everything that it started, in reverse order."""

    def __init__(self, options: Options, display: Display) -> None:
        self._rounds = parse_rounds(options.rounds)
        self._options = options
        self._display = display
        self._stack = ExitStack()
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._environment: dict[str, str] = {}

    def run(self) -> None:
        """Start all parts, fetch and process the season, print its addresses, wait for a signal.

        Raises:
            F1Error: a part failed.
            Stopped: SIGTERM or Ctrl-C before the season was done.
        """
        handlers = {
            sign: signal.signal(sign, lambda *_: self._stop.set())
            for sign in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            with self._stack:
                self._run()
        finally:
            for sign, handler in handlers.items():
                signal.signal(sign, handler)

    def _run(self) -> None:
        options, display = self._options, self._display
        if options.fresh:
            shutil.rmtree(options.state, ignore_errors=True)
        options.state.mkdir(parents=True, exist_ok=True)
        display.line(f"{options.source} season {options.season}, rounds {options.rounds}")
        engine = self._start_stores()
        self._start_source()
        self._write_environment()
        migrate = self._enter(self._program("f1", "migrate", title="migrate"))
        self._until(lambda: not migrate.running)
        if migrate.wait() != 0:
            raise migrate.failed("failed; f1 demo --fresh starts from nothing")
        worker = self._enter(self._program("f1-worker", "run"))
        display.line(f"  f1-worker  pid {worker.pid}")
        api, url = self._start_api()
        arguments = ["backfill", "--source", options.source, "--season", str(options.season)]
        arguments += ["--rounds", options.rounds]
        if options.source == "synthetic" and options.season >= datetime.now(UTC).year:
            arguments += ["--as-of", f"{options.season + 1}-01-01"]  # its end
        ingest = self._enter(self._program("f1-ingest", *arguments))
        display.line(f"  f1-ingest  {shlex.join(arguments)}")
        display.line()
        with display:
            self._follow(engine, ingest, [worker, api])
        self._summarize(engine, url)
        if not options.exit_when_done:
            display.line("Everything keeps running until Ctrl-C.")
            while not self._stop.wait(0.5):
                self._check([worker, api])
        display.line("stopping")

    def _start_stores(self) -> sa.Engine:
        state = self._options.state
        postgres = self._stack.enter_context(Postgres(state / "postgres"))
        self._display.line(f"  Postgres   {LOOPBACK}:{postgres.port}")
        s3 = self._stack.enter_context(S3(state / "s3"))
        s3.store(_BUCKET).close()
        self._display.line(f"  S3         {s3.endpoint}")
        url = postgres.ensure_database(_DATABASE)
        self._environment |= {"F1_DATABASE_URL": url, **s3.environment(_BUCKET)}
        engine = sa.create_engine(url, pool_pre_ping=True)
        self._stack.callback(engine.dispose)
        return engine

    def _start_source(self) -> None:
        options = self._options
        if options.source != "synthetic":
            self._display.line(f"  source     {options.source}, over the internet, with its limits")
            return
        faults = Faults(rates={"504": 0.02, "429": 0.02, "html": 0.01}) if options.faults else None
        edges = PageEdges(rate=0.3) if options.faults else None
        dataset: Dataset = cached_season(options.season, options.seed)
        server = JolpicaServer(dataset, faults=faults, edges=edges)
        self._stack.enter_context(server)
        self._environment |= {"F1_SYNTHETIC_URL": server.url, **_STAND_IN_SETTINGS}
        self._display.line(f"  source     {server.url} (a stand-in with made-up data)")

    def _start_api(self) -> tuple[Child, str]:
        chosen = self._options.api_port
        port = chosen if is_free(chosen) else free_port()
        metrics = free_port()
        self._environment |= {"F1_API_PORT": str(port), "F1_API_METRICS_PORT": str(metrics)}
        api = self._enter(self._program("f1-api"))
        url = f"http://{LOOPBACK}:{port}"

        def ready() -> bool:
            self._check([api])
            try:
                return httpx.get(f"{url}/readyz", timeout=2).status_code == 200
            except httpx.TransportError:
                return False

        self._until(ready)
        taken = "" if port == chosen else f" (port {chosen} is in use)"
        self._display.line(f"  f1-api     {url}{taken}")
        self._display.line(f"  metrics    http://{LOOPBACK}:{metrics}/metrics")
        return api, url

    def _follow(self, engine: sa.Engine, ingest: Child, others: list[Child]) -> None:
        """Show progress until everything is fetched and processed."""
        shown: set[int] = set()
        while True:
            fetching = ingest.running
            ledger = progress.ledger(engine)
            races = [
                race
                for race in progress.races(engine, self._options.season)
                if self._rounds is None or race.round in self._rounds
            ]
            for race in races:
                if race.round not in shown and race.laps is not None and race.results is not None:
                    shown.add(race.round)
                    stops = f", {race.pit_stops} pit stops" if race.pit_stops is not None else ""
                    self._display.line(
                        f"  round {race.round:2}  {race.name:32} {race.laps:5,} laps, "
                        f"{race.results} results{stops}"
                    )
            done, total = fetched(ingest)
            self._display.state(
                f"captures fetched, {ledger.done:,} processed, {len(shown)} of {len(races)} races"
                if total
                else "waiting for the schedule",
                done,
                total,
            )
            if not fetching:
                if ingest.exit_code != 0:
                    raise ingest.failed(f"ended with {ingest.exit_code}")
                if ledger.done == ledger.total:
                    return
            self._check(others)
            if self._stop.wait(0.3):
                raise Stopped("stopped; a second run continues")

    def _summarize(self, engine: sa.Engine, url: str) -> None:
        season, display = self._options.season, self._display
        # Including rounds that an earlier demo fetched.
        races = [race for race in progress.races(engine, season) if race.laps is not None]
        laps = sum(race.laps or 0 for race in races)
        display.line()
        display.line(
            f"{len(races)} races with {laps:,} laps, fetched with "
            f"{progress.requests(engine, season):,} requests and processed, "
            f"in {time.monotonic() - self._started:.0f} s: {progress.ledger(engine)}"
        )
        display.line()
        display.line(f"Status page: {url}/")
        for path in examples(url, season, progress.winner(engine, season)):
            display.line(f"  curl -s '{url}{path}'")
        display.line()
        display.line(f"Its settings, for f1 ledger and the other commands: . {self._env_file}")

    @property
    def _env_file(self) -> Path:
        return self._options.state / "env"

    def _write_environment(self) -> None:
        self._env_file.touch(mode=0o600)
        lines = [f"export {name}={shlex.quote(to)}" for name, to in self._environment.items()]
        self._env_file.write_text("\n".join([*lines, ""]))

    def _program(self, name: str, *arguments: str, title: str | None = None) -> Child:
        environment = {
            **self._environment,
            "F1_LOG_FORMAT": "json",
            "F1_WORKER_METRICS_HOST": LOOPBACK,
            "F1_WORKER_METRICS_PORT": str(free_port()),
        }
        return program(
            name, *arguments, directory=self._options.state, environment=environment, title=title
        )

    def _enter(self, child: Child) -> Child:
        # Progress is read from the log, which must be of this run only.
        child.log.unlink(missing_ok=True)
        return self._stack.enter_context(child)

    def _until(self, reached: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            if self._stop.wait(0.1):
                raise Stopped("stopped")
            if time.monotonic() > deadline:
                raise F1Error(f"a part did not become ready; logs are in {self._options.state}")

    def _check(self, children: list[Child]) -> None:
        for child in children:
            if not child.running:
                raise child.failed(f"ended with {child.exit_code}")


def fetched(ingest: Child) -> tuple[int, int]:
    """Captures fetched and expected, from f1-ingest's log; 0 of 0 before its first entry."""
    for line in reversed(ingest.tail(20).splitlines()):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("event") == "progress":
            return int(entry["done"]), int(entry["of"])
    return 0, 0


def examples(url: str, season: int, winner: tuple[int, str] | None) -> list[str]:
    """Three interesting paths, each of which was checked.

    Args:
        winner: round and driver of a race that was captured.

    Raises:
        F1Error: the response of one is an error.
    """
    paths = [f"/seasons/{season}"]
    if winner is not None:
        number, driver_id = winner
        laps = f"/races/{season}-{number}/lap-times?driver={driver_id}&format=csv"
        paths = [laps, f"/drivers/{driver_id}/stats", *paths]
    for path in paths:
        answer = httpx.get(url + path, timeout=30)
        if answer.status_code != 200:
            raise F1Error(f"{url}{path} answered {answer.status_code}: {answer.text[:500]}")
    return paths
