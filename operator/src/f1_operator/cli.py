"""The command f1-operator.

Exit codes: 0 stopped by a signal, 1 failed, 2 settings, 4 another replica took the Lease.
"""

import signal
from types import FrameType
from typing import Annotated

import typer

from f1_core.program import logs
from f1_core.program.commands import command_line
from f1_core.settings import LogSettings, load
from f1_operator.kube.client import Kubernetes
from f1_operator.kube.connection import connect
from f1_operator.runtime import Operator
from f1_operator.settings import OperatorSettings, Settings
from f1_operator.uninstall import release_seasons, stop_deployment, stop_jobs

app = command_line("f1-operator", "Runs Jobs for Seasons and reports progress in their status.")


@app.callback()
def program() -> None:
    """Runs Jobs for Seasons and reports progress in their status."""


@app.command()
def run() -> None:
    """Watch Seasons until SIGTERM or Ctrl-C."""
    settings = Settings.from_environment()
    logs.configure(settings.log, "f1-operator")
    operator = Operator(settings)

    def stop(_number: int, _frame: FrameType | None) -> None:
        operator.stop.set()

    # They end the wait for the Lease; later the event loop handles these signals.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    operator.run()


@app.command()
def release(
    deployment: Annotated[str, typer.Option(help="The operator's Deployment.")],
    patience_s: Annotated[float, typer.Option(help="Seconds to wait for its pods to end.")] = 120.0,
) -> None:
    """Before an uninstall: stop the operator and its Jobs, remove the finalizer of all Seasons."""
    settings, log_settings = load(OperatorSettings, LogSettings)
    logs.configure(log_settings, "f1-operator")
    kubernetes = Kubernetes(connect(1), settings.request_timeout_s)
    stop_deployment(kubernetes, settings.namespace, deployment, patience_s=patience_s)
    stopped = stop_jobs(kubernetes, settings)
    released = release_seasons(kubernetes, settings)
    typer.echo(f"stopped {stopped} Jobs; released {released} Seasons, whose rows are kept")


def main() -> None:
    """The program."""
    app()
