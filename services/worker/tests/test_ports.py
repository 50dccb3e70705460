"""A port in use is reported in one line with the setting, without a traceback."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from f1_core.errors import F1Error
from f1_devkit.servers.http_thread import Handler, HttpThread
from f1_devkit.servers.ports import LOOPBACK

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    ("program", "setting"),
    [(("f1-worker", "run"), "F1_WORKER_METRICS"), (("f1-api",), "F1_API")],
)
def test_a_port_in_use_is_reported_with_the_setting(
    program: tuple[str, ...], setting: str, f1_environment: dict[str, str]
) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [BIN / program[0], *program[1:]],
            env={**f1_environment, f"{setting}_HOST": LOOPBACK, f"{setting}_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 2
    [line] = [line for line in ran.stderr.splitlines() if not line.startswith("{")]
    assert f"cannot listen at {LOOPBACK}:{port}: Address already in use" in line
    assert f"{setting}_PORT" in line


def test_a_port_in_use_is_reported_by_the_stand_in_server() -> None:
    with (
        socket.create_server((LOOPBACK, 0)) as taken,
        pytest.raises(F1Error, match="Address already in use: choose another --port"),
    ):
        HttpThread(Handler, taken.getsockname()[1])
