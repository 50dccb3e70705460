"""A registry on the loopback address, in which images are assembled and dry runs end."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from f1_release.commands import tool
from f1_release.errors import ReleaseError


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the blobs in `folder`; yields the address, 127.0.0.1:PORT."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [tool("crane"), "registry", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(  # noqa: S603
        [*command, "--disk", str(folder)], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            seen = ""
            for line in server.stderr:
                seen += line
                if port := re.search(r"serving on port (\d+)", line):
                    # It logs one line for each request: a full pipe would block the server.
                    Thread(target=server.stderr.read, daemon=True).start()
                    yield f"127.0.0.1:{port[1]}"
                    return
            raise ReleaseError(f"crane's registry did not start:\n{seen}")
        finally:
            server.terminate()
