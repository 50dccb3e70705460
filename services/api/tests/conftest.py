"""A small season in a real database, and the real server in front of it.

Three races in 2024: monaco (everything captured), spa (a sprint weekend, laps missing), and one in
2099's calendar that nobody has run. Season 2023 has one race, so that a career spans two.
"""

import contextlib
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from pydantic import SecretStr

from f1_api.app import create_app
from f1_api.server.server import configuration, listen
from f1_api.service import Service
from f1_api.settings import ApiSettings
from f1_core.postgres import schema
from f1_core.program import logs
from f1_core.settings import DatabaseSettings, LogSettings
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.postgres import Postgres

_numbers = itertools.count(1)
FETCHED = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
LAPS: dict[str, list[int | None]] = {
    "ada": [90_000, 85_000, 84_000],
    "bruno": [91_000, None, 84_500],
    "cleo": [92_000],
}
"""Lap times at monaco, in milliseconds."""


class Running:
    """A server in a thread, a client of it, and what is inside."""

    def __init__(
        self, client: httpx.Client, service: Service, url: str, stop: Callable[[], None]
    ) -> None:
        self.client = client
        self.service = service
        self.url = url
        self.stop = stop

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named)

    @property
    def metrics(self) -> str:
        """What Prometheus reads at the port of the metrics."""
        return self.service.metrics.render().decode()

    def json(self, path: str) -> Any:
        """The answer's body; fails the test if it is an error."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Database:
    """Writes rows as the worker would, and announces them."""

    def __init__(self, engine: sa.Engine, order: int = 0) -> None:
        self.engine = engine
        self._order = order

    def execute(self, statement: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), parameters)

    def insert(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            connection.execute(table.insert(), list(rows))

    def notify(self) -> None:
        """What the worker says when it has committed."""
        self.execute("NOTIFY f1_processed")

    def capture(
        self,
        resource: str,
        *,
        season: int = 2024,
        round: int | None = None,  # noqa: A002
        state: str = "processed",
        reason: str | None = None,
        requests: int = 1,
    ) -> str:
        """A capture in the ledger; its key."""
        self._order += 1
        name = f"{season}-{round or 0:02d}-{resource}-{self._order:012d}"
        key = f"raw/2024-06-01/synthetic/20240601T120000Z-{name}.json"
        self.insert(
            schema.captures,
            {
                "capture_key": key,
                "source": "synthetic",
                "resource": resource,
                "season": season,
                "round": round,
                "capture_order": self._order,
                "fetched_at": FETCHED,
                "state": state,
                "reason": reason,
                "requests": requests,
            },
        )
        return key

    def slice(
        self,
        resource: str,
        race_id: str,
        rows: int,
        *,
        session: str = "race",
        round: int | None = None,  # noqa: A002
        expected: int | None = None,
        lines: str = "",
    ) -> str:
        """Say that a resource of a race is captured, with so many rows; the capture's key."""
        season = int(race_id[:4])
        key = self.capture(resource, season=season, round=round)
        shared = {
            "season": season,
            "race_id": race_id if round else "",
            "session": session,
            "resource": resource,
            "capture_key": key,
            "source": "synthetic",
            "capture_order": self._order,
            "fetched_at": FETCHED,
            "rows": rows,
            "content_hash": hashlib.sha256(lines.encode()).digest(),
        }
        self.insert(
            schema.slice_captures,
            {**shared, "lines": lines, "state": "processed", "applied": key},
        )
        self.insert(
            schema.slices,
            {**shared, "seen_at": FETCHED, "expected": expected, "parser_version": 1},
        )
        return key

    def content(
        self,
        resource: str,
        race_id: str,
        round: int,  # noqa: A002
        lines: str,
        *,
        replaced: str | None = None,
        state: str = "processed",
        reason: str | None = None,
    ) -> str:
        """A capture that says `lines`, and `replaced` that other one; its key."""
        season = int(race_id[:4])
        key = self.capture(resource, season=season, round=round, state=state, reason=reason)
        if replaced:
            self.execute(
                "UPDATE slice_captures SET state = 'superseded' WHERE capture_key = :key",
                key=replaced,
            )
        self.insert(
            schema.slice_captures,
            {
                "season": season,
                "race_id": race_id if round else "",
                "session": "race",
                "resource": resource,
                "capture_key": key,
                "source": "synthetic",
                "capture_order": self._order,
                "fetched_at": FETCHED,
                "rows": lines.count("\n") + bool(lines),
                "content_hash": hashlib.sha256(lines.encode()).digest(),
                "lines": lines,
                "state": state,
                "reason": reason,
                "applied": key if state == "processed" else None,
                "replaced": replaced,
            },
        )
        return key

    def apply(self, resource: str, race_id: str, capture: str) -> None:
        """Say that a resource's rows are made of a capture."""
        self.execute(
            "INSERT INTO slices (season, race_id, session, resource, capture_key, source,"
            " capture_order, fetched_at, seen_at, rows, content_hash, parser_version)"
            " SELECT season, race_id, session, resource, capture_key, source, capture_order,"
            " fetched_at, fetched_at, rows, content_hash, 2 FROM slice_captures"
            " WHERE resource = :resource AND race_id = :race_id AND capture_key = :capture",
            resource=resource,
            race_id=race_id,
            capture=capture,
        )

    def pages(self, capture: str, pages: list[dict[str, Any]]) -> None:
        """Say what pages a capture has."""
        self.execute(
            "UPDATE captures SET pages = CAST(:pages AS jsonb) WHERE capture_key = :key",
            pages=json.dumps(pages),
            key=capture,
        )


def _result(race_id: str, driver: str, position: int, **more: Any) -> dict[str, Any]:
    return {
        "race_id": race_id,
        "driver_id": driver,
        "number": str(position),
        "position_text": str(position),
        "constructor_id": "north",
        "position": position,
        "points": {1: 25, 2: 18, 3: 15.5}[position],
        "grid": position,
        "laps": 3,
        "status": "Finished",
        "time_ms": 259_000 + position,
        "time": "4:19.001",
        "fastest_lap_rank": position,
        "fastest_lap": 3,
        "fastest_lap_time_ms": 84_000,
        "fastest_lap_speed_kph": 180.5,
        **more,
    }


def _aggregation(race_id: str, driver: str, times: list[int | None], **more: Any) -> dict[str, Any]:
    timed = [time for time in times if time is not None]
    return {
        "race_id": race_id,
        "session": "race",
        "driver_id": driver,
        "laps": len(times),
        "timed_laps": len(timed),
        "total_ms": sum(timed),
        "average_lap_ms": sum(timed) / len(timed),
        "fastest_lap_ms": min(timed),
        "fastest_lap": times.index(min(timed)) + 1,
        "pit_stops": 0,
        "pit_time_ms": 0,
        **more,
    }


def fill(database: Database) -> None:
    """The small season."""
    add = database.insert
    people = [("ada", "Falk", "Norwegian"), ("bruno", "Keller", "Swiss"), ("cleo", "Ames", "Swiss")]
    add(schema.installation, {"synthetic": True, "swept_at": FETCHED})
    add(
        schema.drivers,
        *(
            {
                "driver_id": driver,
                "number": number,
                "code": driver[:3].upper(),
                "given_name": driver.title(),
                "family_name": family,
                "date_of_birth": date(1990, 1, number),
                "nationality": nationality,
                "url": f"https://example.org/{driver}",
            }
            for number, (driver, family, nationality) in enumerate(people, 1)
        ),
    )
    add(schema.drivers, {"driver_id": "stub"})
    add(
        schema.constructors,
        {
            "constructor_id": "north",
            "name": "North",
            "nationality": "Norwegian",
            "url": "https://n",
        },
    )
    add(
        schema.circuits,
        *(
            {
                "circuit_id": circuit,
                "name": circuit.title(),
                "locality": "Here",
                "country": "There",
                "latitude": 43.5,
                "longitude": 7.25,
                "url": "https://c",
            }
            for circuit in ("monaco", "spa", "oslo")
        ),
    )
    add(
        schema.seasons, *({"season": year, "url": f"https://{year}"} for year in (2023, 2024, 2099))
    )
    sprint = {"Sprint": {"date": "2024-07-27", "time": "10:00:00Z"}}
    quali = {"Qualifying": {"date": "2024-05-25", "time": "14:00:00Z"}}
    add(
        schema.races,
        *(
            {
                "race_id": f"{season}-{circuit}",
                "season": season,
                "round": round_,
                "name": f"{circuit.title()} Grand Prix",
                "circuit_id": circuit,
                "date": on,
                "time": "13:00:00Z",
                "url": "https://r",
                "sessions": sessions,
            }
            for season, circuit, round_, on, sessions in (
                (2023, "monaco", 1, date(2023, 5, 28), quali),
                (2024, "monaco", 1, date(2024, 5, 26), quali),
                (2024, "spa", 2, date(2024, 7, 28), sprint),
                (2099, "oslo", 1, date(2099, 9, 9), {}),
            )
        ),
    )
    add(
        schema.lap_times,
        *(
            {
                "race_id": "2024-monaco",
                "session": "race",
                "driver_id": driver,
                "lap": lap,
                "position": None if driver == "cleo" else 1,
                "time_ms": time_ms,
            }
            for driver, times in LAPS.items()
            for lap, time_ms in enumerate(times, 1)
        ),
    )
    add(
        schema.pit_stops,
        {
            "race_id": "2024-monaco",
            "session": "race",
            "driver_id": "bruno",
            "stop": 1,
            "lap": 2,
            "local_time": "15:20:01",
            "duration_ms": 23_456,
            "duration": "23.456",
        },
    )
    add(
        schema.aggregations,
        _aggregation("2024-monaco", "ada", LAPS["ada"]),
        _aggregation("2024-monaco", "bruno", LAPS["bruno"], pit_stops=1, pit_time_ms=23_456),
        _aggregation("2024-monaco", "cleo", LAPS["cleo"]),
        # 2023: laps were captured, pit stops were not.
        _aggregation("2023-monaco", "ada", [80_000], pit_stops=None, pit_time_ms=None),
    )
    add(
        schema.results,
        _result("2024-monaco", "ada", 1),
        _result("2024-monaco", "bruno", 2),
        _result("2024-monaco", "cleo", 3, position_text="R", points=0, grid=0, status="Engine"),
        _result("2024-spa", "ada", 2),
        _result("2024-spa", "bruno", 1),
    )
    add(schema.sprint_results, _result("2024-spa", "ada", 1, points=8))
    add(
        schema.qualifying,
        {
            "race_id": "2024-monaco",
            "driver_id": "ada",
            "number": "1",
            "constructor_id": "north",
            "position": 1,
            "q1_ms": 80_000,
            "q2_ms": 79_000,
            "q3_ms": None,
        },
    )
    standing = {"position": 1, "position_text": "1", "points": 25, "wins": 1}
    add(
        schema.driver_standings,
        {"race_id": "2024-monaco", "driver_id": "ada", "constructor_ids": ["north"], **standing},
    )
    add(
        schema.constructor_standings,
        {"race_id": "2024-monaco", "constructor_id": "north", **standing},
    )
    database.slice("schedule", "2023-", 1)
    database.slice("schedule", "2024-", 2)
    database.slice("schedule", "2099-", 1)
    database.slice("laps", "2023-monaco", 1, round=1)
    database.slice("laps", "2024-monaco", 7, round=1, expected=7)
    database.slice("pitstops", "2024-monaco", 1, round=1)
    database.slice("results", "2024-monaco", 3, round=1, expected=3)
    database.slice("qualifying", "2024-monaco", 1, round=1, session="qualifying")
    database.slice("driverstandings", "2024-monaco", 1, round=1)
    database.slice("constructorstandings", "2024-monaco", 1, round=1)
    database.slice("results", "2024-spa", 2, round=2, expected=2)
    database.slice("sprint", "2024-spa", 1, round=2, session="sprint")


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """As in production: the default would draw tracebacks with boxes, for seconds."""
    logs.configure(LogSettings(level="WARNING"), "f1-api")


@pytest.fixture(scope="session")
def season_template(postgres: Postgres, template_database: str) -> str:
    """The name of a database with the small season, to be copied."""
    name = "f1_api_season"
    engine = sa.create_engine(postgres.create_database(name, template_database))
    fill(Database(engine))
    engine.dispose()
    return name


@pytest.fixture
def season_url(postgres: Postgres, season_template: str) -> Iterator[str]:
    """A database with the small season, of the test's own."""
    name = f"f1_api_{next(_numbers)}"
    yield postgres.create_database(name, season_template)
    postgres.drop_database(name)


@pytest.fixture
def season(season_url: str) -> Iterator[Database]:
    """The same, to write to."""
    engine = sa.create_engine(season_url)
    yield Database(engine, order=1000)
    engine.dispose()


@contextlib.contextmanager
def running(url: str, **settings: Any) -> Iterator[Running]:
    """The real server on a free port, in a thread."""
    port = free_port()
    chosen = ApiSettings(host=LOOPBACK, port=port, **settings)
    app = create_app(chosen, DatabaseSettings(url=SecretStr(url)), LogSettings(level="WARNING"))
    config = configuration(app, chosen)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listen(config)],))
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()

    try:
        wait_for(lambda: server.started)
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as client:
            yield Running(client, app.service, f"http://{LOOPBACK}:{port}", stop)
    finally:
        stop()


def wait_for(condition: Callable[[], Any], seconds: float = 15) -> None:
    """Wait until something is so; fail if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def serve(season_url: str) -> Iterator[Callable[..., Running]]:
    """Start servers on the test's database, with settings; they end with the test."""
    with contextlib.ExitStack() as stack:

        def start(url: str = season_url, **settings: Any) -> Running:
            started = stack.enter_context(running(url, **settings))
            wait_for(lambda: started.service.watcher.alive)
            return started

        yield start


@pytest.fixture
def fresh_api(serve: Callable[..., Running]) -> Running:
    """A server on the test's own database, that reads it for each answer."""
    return serve(cache_mb=0)


@pytest.fixture(scope="session")
def api(postgres: Postgres, season_template: str) -> Iterator[Running]:
    """The server on the small season, shared by all tests that only read."""
    with running(postgres.create_database("f1_api_shared", season_template)) as shared:
        wait_for(lambda: shared.service.watcher.alive)
        yield shared


FIRST = "ada\t1\t1\t90000\nada\t2\t1\t85000\nbruno\t1\t2\t91000"
CORRECTED = "ada\t1\t1\t90000\nada\t2\t1\t84999\ncleo\t1\t2\t\\N"


@pytest.fixture
def corrected(season: Database) -> dict[str, str]:
    """Laps of spa that were corrected once; the correction is followed by a held capture."""
    first = season.content("laps", "2024-spa", 2, FIRST)
    second = season.content("laps", "2024-spa", 2, CORRECTED, replaced=first)
    held = season.content("laps", "2024-spa", 2, "", state="held", reason="it is empty")
    season.execute("UPDATE installation SET bucket = 'f1-raw'")
    season.apply("laps", "2024-spa", second)
    return {"first": first, "second": second, "held": held}


@pytest.fixture
def eventually() -> Callable[..., None]:
    """:func:`wait_for`."""
    return wait_for
