"""The command f1-operator.

Exit codes: 0 stopped by a signal, 1 failed, 2 settings, 4 another replica took the Lease.
"""

import signal
from types import FrameType
from typing import Annotated

import typer

from f1_core.errors import F1Error
from f1_core.program import logs
from f1_core.settings import LogSettings, load
from f1_operator.kube.client import Kubernetes
from f1_operator.kube.connection import connect
from f1_operator.runtime import Operator
from f1_operator.settings import OperatorSettings, Settings
from f1_operator.uninstall import release_seasons, stop_deployment, stop_jobs

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Runs Jobs for Seasons and reports progress in their status.",
    pretty_exceptions_enable=False,
)


@app.callback()
def program() -> None:
    """Runs Jobs for Seasons and reports progress in their status."""


@app.command()
def run() -> None:
    """Watch Seasons until SIGTERM or Ctrl-C."""
    try:
        settings = Settings.from_environment()
        logs.configure(settings.log, "f1-operator")
        operator = Operator(settings)

        def stop(_number: int, _frame: FrameType | None) -> None:
            operator.stop.set()

        # They end the wait for the Lease; later the event loop handles these signals.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        operator.run()
    except F1Error as error:
        raise _failed(error) from error


@app.command()
def release(
    deployment: Annotated[str, typer.Option(help="The operator's Deployment.")],
    patience_s: Annotated[float, typer.Option(help="Seconds to wait for its pods to end.")] = 120.0,
) -> None:
    """Before an uninstall: stop the operator and its Jobs, remove the finalizer of all Seasons."""
    try:
        settings, log_settings = load(OperatorSettings, LogSettings)
        logs.configure(log_settings, "f1-operator")
        kubernetes = Kubernetes(connect(1), settings.request_timeout_s)
        stop_deployment(kubernetes, settings.namespace, deployment, patience_s=patience_s)
        stopped = stop_jobs(kubernetes, settings)
        released = release_seasons(kubernetes, settings)
    except F1Error as error:
        raise _failed(error) from error
    typer.echo(f"stopped {stopped} Jobs; released {released} Seasons, whose rows are kept")


def _failed(error: F1Error) -> typer.Exit:
    typer.echo(f"f1-operator: {error}", err=True)
    return typer.Exit(error.exit_code)


def main() -> None:
    """The program."""
    app()
