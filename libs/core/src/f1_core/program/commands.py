"""The command line of a program, and how an error ends a command."""

from typing import Any

import typer
from typer.core import TyperGroup

from f1_core.errors import ExitCode, F1Error, Stopped

_OF_POSTGRES = ("psycopg2", "sqlalchemy")


def command_line(name: str, about: str, **options: Any) -> typer.Typer:
    """A command line that reports errors by :func:`end`.

    Args:
        options: more of typer's, or others in place of those here.
    """
    defaults = {
        "add_completion": False,
        "no_args_is_help": True,
        "pretty_exceptions_enable": False,
    }
    return typer.Typer(name=name, help=about, cls=_Commands, **{**defaults, **options})


def end(program: str, error: BaseException) -> int:
    """Print an error of ours or of Postgres as one line on standard error; return the exit code.

    A signal that stopped the command counts, even if another error followed from it.

    Raises:
        BaseException: any other error.
    """
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, Stopped):
        behind = behind.__context__
    error = behind or error
    if isinstance(error, F1Error | Stopped):
        message, code = error.report, error.exit_code
    elif type(error).__module__.partition(".")[0] in _OF_POSTGRES:
        cause = getattr(error, "orig", None) or error
        message, code = f"the database failed: {' '.join(str(cause).split())}", ExitCode.FAILED
    else:
        raise error
    typer.echo(f"{program}: {message}", err=True)
    return code


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Exception, Stopped) as error:
            raise typer.Exit(end(self.name or "", error)) from error
