"""Rebuilds a database from S3 alone."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from f1_core.errors import F1Error
from f1_core.ledger import unreadable
from f1_core.postgres import database
from f1_core.settings import DatabaseSettings
from f1_devkit.commands import progress
from f1_devkit.commands.display import Display
from f1_devkit.programs.processes import program


def replay(
    settings: DatabaseSettings, display: Display, workers: int = 1
) -> tuple[progress.Ledger, str | None]:
    """Apply migrations to an empty database, sweep S3, and process all captures.

    It runs `f1-worker run --drain`, which reads its settings from the environment.

    Returns:
        Captures by state, and a message about unreadable objects; None: there are none.

    Raises:
        F1Error: the database already has captures.
        ChildFailed: a worker failed; shows its log.
    """
    database.migrate(settings.url.get_secret_value())
    engine = database.connect(settings, "f1 replay")
    before = progress.ledger(engine)
    if before.total:
        raise F1Error(
            f"the database is not empty: its ledger has {before.total:,} captures. A replay fills "
            "an empty database; drop this one, or name another in F1_DATABASE_URL"
        )
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="f1-replay-")))
        # Metrics of several workers would otherwise use the same port.
        environment = {"F1_WORKER_METRICS_PORT": "0"}
        running = [
            stack.enter_context(
                program(
                    "f1-worker",
                    "run",
                    "--drain",
                    directory=folder,
                    environment=environment,
                    title=f"f1-worker-{number}",
                )
            )
            for number in range(1, workers + 1)
        ]
        stack.enter_context(display)
        while any(worker.running for worker in running):
            ledger = progress.ledger(engine)
            description = f"captures: {ledger}" if ledger.total else "sweeping S3"
            display.state(description, ledger.done, ledger.total)
            time.sleep(0.3)
        for worker in running:
            if worker.exit_code != 0:
                raise worker.failed(f"ended with {worker.exit_code}")
        with engine.connect() as connection:
            return progress.ledger(engine), unreadable.sentence(connection)
