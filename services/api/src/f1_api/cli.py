"""The command ``f1-api``: serve, and create, list, revoke and rotate API keys."""

import contextlib
import json
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import SecretStr

from f1_api.app import create_app
from f1_api.auth.keys import NewKey, new_key
from f1_api.auth.rate_limits import Limit
from f1_api.postgres import sql
from f1_api.postgres.pool import connect
from f1_api.server.server import configuration, listen
from f1_api.settings import ApiSettings
from f1_core.errors import F1Error
from f1_core.program import logs
from f1_core.program.commands import command_line
from f1_core.settings import DatabaseSettings, LogSettings, load

app = command_line(
    "f1-api",
    "The REST API and the status page. Settings come from the environment (F1_API_...).",
    no_args_is_help=False,
    invoke_without_command=True,
)
keys = typer.Typer(help="API keys: shown once, stored as hashes.", no_args_is_help=True)
app.add_typer(keys, name="keys")

_DURATION = re.compile(r"(\d{1,5})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}

ExpiresIn = Annotated[
    str | None, typer.Option(help="90d, 12h or 30m from now; never, if not given")
]


def _named(name: str) -> str:
    name = name.strip()
    if not name:
        raise typer.BadParameter("the name is empty: write the key's owner, such as newsroom")
    if len(name) > 100 or not name.isprintable():
        raise typer.BadParameter("write at most 100 characters, none of them a control character")
    return name


def _limited(written: str | None) -> str | None:
    if written not in (None, NO_LIMIT):
        try:
            Limit.read(written)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return written


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="owner of the key, for display", callback=_named)
]
NO_LIMIT = "none"
KeyLimit = Annotated[
    str, typer.Argument(metavar="LIMIT", help="500/hour, or none", callback=_limited)
]
NewLimit = Annotated[
    str | None,
    typer.Option("--limit", help="requests: 500/hour (second, minute, day)", callback=_limited),
]
KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="as f1-api keys list shows it")]


@app.callback()
def default(context: typer.Context) -> None:
    """Serve, unless another command is given."""
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve() -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the current requests."""
    settings, database, log_settings = load(ApiSettings, DatabaseSettings, LogSettings)
    logs.configure(log_settings, "f1-api")
    config = configuration(create_app(settings, database, log_settings), settings)
    server = uvicorn.Server(config)
    # uvicorn raises the signal again at its end, which would look like a kill.
    signal.signal(signal.SIGTERM, lambda *_: None)
    # If it cannot listen, it logs why and exits with its own code.
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        server.run([listen(config)])
    if not server.started:
        raise typer.Exit(1)


@keys.command("create")
def create(name: Name, expires_in: ExpiresIn = None, limit: NewLimit = None) -> None:
    """Create a key for NAME and print it: it cannot be shown again."""
    expires_at = _expiry(expires_in)
    with _database() as cursor:
        made = _insert(cursor, name, expires_at, _limit(limit))
    _print_key(made, name, expires_at)


@keys.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """List all keys, also expired and revoked ones."""
    with _database() as cursor:
        cursor.execute(sql.query("api_keys"))
        rows = cursor.fetchall()
    if not as_json and not rows:
        print("there are no keys: f1-api keys create NAME makes one")
    for key_id, name, _, created_at, expires_at, revoked_at, requests, window_s in rows:
        limit = str(Limit(requests, window_s)) if requests else None
        state = _state(expires_at, revoked_at)
        if as_json:
            times = {"created_at": created_at, "expires_at": expires_at, "revoked_at": revoked_at}
            at = {key: time and time.isoformat() for key, time in times.items()}
            print(json.dumps({"id": key_id, "name": name, "state": state, "limit": limit, **at}))
        else:
            until = f"until {expires_at:%Y-%m-%d %H:%M}" if expires_at else "no end"
            may = limit or "no limit"
            print(f"{key_id}  {state:8}  {created_at:%Y-%m-%d}  {until:22}  {may:14}  {name}")


@keys.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Refuse a key from now on, everywhere within seconds."""
    with _database() as cursor:
        _change(cursor, "revoke_key", key_id)
    print(f"{key_id} is revoked")


@keys.command("limit")
def change_limit(key_id: KeyId, limit: KeyLimit) -> None:
    """Change the rate limit of KEY_ID, everywhere within seconds."""
    with _database() as cursor:
        (name,) = _change(cursor, "limit_key", key_id, **_columns(_limit(limit)))
    print(f"{key_id} for {name}: {'no limit' if limit == NO_LIMIT else _limit(limit)}")


@keys.command("rotate")
def rotate(
    key_id: KeyId,
    overlap: Annotated[
        str, typer.Option(help="how long the old key still works: 7d, 12h, 30m; 0m: not at all")
    ] = "7d",
    expires_in: ExpiresIn = None,
) -> None:
    """Create a key with the limit of KEY_ID, which expires after the overlap."""
    ends_at = datetime.now(UTC) + _duration(overlap)
    expires_at = _expiry(expires_in)
    with _database() as cursor:
        name, *limit = _change(cursor, "end_key", key_id, ends_at=ends_at)
        made = _insert(cursor, name, expires_at, Limit(*limit) if limit[0] else None)
    _print_key(made, name, expires_at)
    print(f"the old key, {key_id}, works until {ends_at:%Y-%m-%d %H:%M} UTC", file=sys.stderr)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    nowhere = DatabaseSettings(url=SecretStr("postgresql://localhost/none"))
    document = create_app(ApiSettings(), nowhere).document()
    print(json.dumps(document, indent=2))


def _insert(cursor: Any, name: str, expires_at: datetime | None, limit: Limit | None) -> NewKey:
    made = new_key()
    columns = {"name": name, "expires_at": expires_at, **_columns(limit)}
    cursor.execute(sql.query("insert_key"), {**made._asdict(), **columns})
    cursor.execute(sql.query("keys_changed"))
    return made


def _change(cursor: Any, query: str, key_id: str, **parameters: Any) -> tuple[Any, ...]:
    """Change an active key; returns the row of the query.

    Raises:
        F1Error: there is no active key with this id.
    """
    cursor.execute(sql.query(query), {"key_id": key_id, **parameters})
    found: tuple[Any, ...] | None = cursor.fetchone()
    if found is None:
        raise F1Error(f"there is no active key {key_id}: f1-api keys list shows them")
    cursor.execute(sql.query("keys_changed"))
    return found


def _limit(written: str | None) -> Limit | None:
    return None if written in (None, NO_LIMIT) else Limit.read(written)


def _columns(limit: Limit | None) -> dict[str, int | None]:
    requests, window_s = limit or (None, None)
    return {"requests": requests, "window_s": window_s}


def _print_key(made: NewKey, name: str, expires_at: datetime | None) -> None:
    until = f", until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else ""
    print(f"key {made.key_id} for {name}{until}; it is not shown again:", file=sys.stderr)
    print(made.text)


def _state(expires_at: datetime | None, revoked_at: datetime | None) -> str:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= datetime.now(UTC) else "live"


def _expiry(written: str | None) -> datetime | None:
    return None if written is None else datetime.now(UTC) + _duration(written)


def _duration(written: str) -> timedelta:
    match = _DURATION.fullmatch(written.strip().lower())
    if match is None:
        raise typer.BadParameter(f"{written!r} is not a duration: write 90d, 12h or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


@contextlib.contextmanager
def _database() -> Iterator[Any]:
    """A cursor in one transaction."""
    (database,) = load(DatabaseSettings)
    connection = connect(database.url.get_secret_value(), "f1-api keys", timeout_s=10)
    connection.autocommit = False
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def main() -> None:
    """Run the command. Exit codes: 0 done, 1 failed, 2 wrong usage or settings."""
    app()
