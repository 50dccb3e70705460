"""A private, real S3 server on the loopback address: versitygw over a folder.

versitygw (Apache 2.0, Go) was chosen over moto's server and MinIO: it is a real server that
supports `If-None-Match: *` and paged listings as S3 does, stores objects as plain files in a
folder, needs no extended attributes (`--sidecar`), and `make install` builds it from the Go module
proxy.
"""

import os
import secrets
import shutil
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

from pydantic import SecretStr

from f1_core.errors import F1Error
from f1_core.store.rawstore import RawStore, StoreSettings
from f1_devkit.servers.child import Child
from f1_devkit.servers.ports import LOOPBACK, free_port
from f1_devkit.servers.startable import Startable

_ACCESS_KEY = "f1-devkit"


class MissingServer(F1Error):
    """The S3 server's binary is missing."""


def find_versitygw() -> Path:
    """The binary: $F1_VERSITYGW, `.cache/bin` of the checkout, or on the PATH.

    Raises:
        MissingServer: it is in none of these places; has the command that builds it.
    """
    named = os.environ.get("F1_VERSITYGW")
    if named:
        if not os.access(named, os.X_OK):
            raise MissingServer(f"F1_VERSITYGW names {named}, which is not a program")
        return Path(named)
    for folder in (Path.cwd(), *Path(__file__).absolute().parents):
        candidate = folder / ".cache" / "bin" / "versitygw"
        if os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which("versitygw")
    if found is None:
        raise MissingServer(
            "the S3 server versitygw was not found in .cache/bin or on the PATH: run make install, "
            "which builds it, or set F1_VERSITYGW"
        )
    return Path(found)


class S3(Startable):
    """One server in one folder; buckets are folders under `objects`, objects are files.

    with S3(Path(".cache/demo/s3")) as s3:
        store = s3.store("f1-raw")
        store.put("raw/...", b"...")
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, certificate: Path | None = None
    ) -> None:
        """Prepare a server on `port`, by default a free one; nothing is started yet.

        Args:
            certificate: a PEM file with the server's certificate for `localhost` and its key, for
                TLS.
        """
        self.directory = directory.absolute()
        self.port = port or free_port()
        self._tls = certificate is not None
        self._secret = self._read_secret()
        self._child = Child(
            "versitygw",
            [
                find_versitygw(),
                *("--port", f"{LOOPBACK}:{self.port}", "--keep-alive", "--quiet"),
                *(("--cert", certificate, "--key", certificate) if certificate else ()),
                "posix",
                *("--sidecar", self._folder("sidecar"), self._folder("objects")),
            ],
            directory=self.directory,
            environment={"ROOT_ACCESS_KEY": _ACCESS_KEY, "ROOT_SECRET_KEY": self._secret},
        )

    @property
    def endpoint(self) -> str:
        """The server's URL."""
        return f"https://localhost:{self.port}" if self._tls else f"http://{LOOPBACK}:{self.port}"

    def settings(self, bucket: str, endpoint: str | None = None) -> StoreSettings:
        """The settings for a bucket, with a proxy's `endpoint` if given."""
        return StoreSettings(
            bucket=bucket,
            endpoint=endpoint or self.endpoint,
            access_key_id=_ACCESS_KEY,
            secret_access_key=SecretStr(self._secret),
        )

    def environment(self, bucket: str, endpoint: str | None = None) -> dict[str, str]:
        """The same as :meth:`settings`, as environment variables for a program."""
        return {
            "F1_S3_BUCKET": bucket,
            "F1_S3_ENDPOINT": endpoint or self.endpoint,
            "F1_S3_ACCESS_KEY_ID": _ACCESS_KEY,
            "F1_S3_SECRET_ACCESS_KEY": self._secret,
        }

    def store(self, bucket: str) -> RawStore:
        """A raw store on a bucket, which is created if it does not exist."""
        store = RawStore(self.settings(bucket))
        store.create()
        return store

    def start(self, timeout: float = 20.0) -> None:
        """Start the server and wait until it responds.

        Raises:
            ChildFailed: it ended, or did not respond in `timeout` seconds; shows its log.
        """
        self._child.start()
        deadline = time.monotonic() + timeout
        while not self._answers():
            if not self._child.running:
                raise self._child.failed("ended")
            if time.monotonic() > deadline:
                raise self._child.failed("did not respond")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server."""
        self._child.stop()

    def _answers(self) -> bool:
        try:
            # This checks that it runs, not its certificate.
            unverified = ssl._create_unverified_context() if self._tls else None  # noqa: S323, SLF001
            urllib.request.urlopen(self.endpoint, timeout=2, context=unverified).close()  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            return True  # "access denied" is a response
        except OSError:
            return False
        return True

    def _folder(self, name: str) -> Path:
        folder = self.directory / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _read_secret(self) -> str:
        self.directory.mkdir(parents=True, exist_ok=True)
        secret = self.directory / "secret"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(24))
        return secret.read_text()
