"""How commands end: one line on standard error, and an exit code."""

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from f1_core.errors import F1Error, SettingsError, Stopped
from f1_core.program.commands import command_line


def refused() -> sa.exc.DBAPIError:
    return sa.exc.OperationalError("SELECT 1", {}, Exception("connection\n  refused"))


def interrupted() -> F1Error:
    error = F1Error("the lease could not be released")
    error.__context__ = Stopped(15)
    return error


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (F1Error("no capture"), 1, "f1-x: no capture\n"),
        (SettingsError("F1_X is not set"), 2, "f1-x: F1_X is not set\n"),
        (refused(), 1, "f1-x: the database failed: connection refused\n"),
        (Stopped(2), 130, "f1-x: stopped by signal 2\n"),
        (interrupted(), 143, "f1-x: stopped by signal 15\n"),
    ],
)
def test_an_error_ends_a_command_with_a_line_and_a_code(
    error: BaseException, code: int, message: str
) -> None:
    app = command_line("f1-x", "An example.")

    @app.callback()
    def program() -> None: ...

    @app.command()
    def fail() -> None:
        raise error

    ended = CliRunner().invoke(app, ["fail"])
    assert (ended.exit_code, ended.stderr) == (code, message)


def test_without_arguments_the_help_is_printed() -> None:
    app = command_line("f1-x", "An example.")

    @app.callback()
    def program() -> None: ...

    @app.command()
    def work() -> None: ...

    assert "An example." in CliRunner().invoke(app, []).output


def test_a_bug_keeps_its_traceback() -> None:
    app = command_line("f1-x", "An example.")

    @app.callback()
    def program() -> None: ...

    @app.command()
    def fail() -> None:
        raise LookupError("a bug")

    assert isinstance(CliRunner().invoke(app, ["fail"]).exception, LookupError)
