"""The command line of a program, and how an error ends a command."""

from typing import Any

import typer
from typer.core import TyperGroup

from f1_core.errors import ExitCode, F1Error, Stopped

_OF_POSTGRES = ("psycopg2", "sqlalchemy")


def command_line(name: str, about: str, **options: Any) -> typer.Typer:
    """A command line that reports errors with :func:`end`.

    Args:
        options: of typer, added to the defaults here or instead of them.
    """
    defaults = {
        "add_completion": False,
        "no_args_is_help": True,
        "pretty_exceptions_enable": False,
    }
    return typer.Typer(name=name, help=about, cls=_Commands, **{**defaults, **options})


def end(program: str, error: BaseException) -> int:
    """Print our own or Postgres' error as one line on standard error; return the exit code.

    If a signal stopped the command, it determines both, even if another error followed.

    Raises:
        BaseException: any other error.
    """
    context: BaseException | None = error
    while context is not None and not isinstance(context, Stopped):
        context = context.__context__
    error = context or error
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
