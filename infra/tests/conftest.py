"""A stand-in for AWS, and environments that `make infra-up` deploys to it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aws_cloud import Cloud

from f1_devkit.servers.ports import free_port


@pytest.fixture(scope="session")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Cloud]]:
    """Starts empty accounts."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> Cloud:
        folder = tmp_path_factory.mktemp("cloud")
        port = free_port()
        record = folder / "record"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    str(Path(__file__).parent / "support" / "aws_server.py"),
                    str(port),
                    str(record),
                ],
                stdout=log,
                stderr=log,
            )
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while True:
            try:
                httpx.get(f"{url}/moto-api/", timeout=30)
                break
            except httpx.TransportError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        variables = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        cloud = Cloud(url, record, folder, variables)
        cloud.fill_in()
        return cloud

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def deployed(start_cloud: Callable[[], Cloud]) -> Cloud:
    """An account with the deployed dev and prod; tests only read it."""
    cloud = start_cloud()
    for name in ("dev", "prod"):
        done = cloud.make("infra-up", name, IMAGE_TAG="v0.2.0", CONFIRM=name)
        assert done.returncode == 0, done.stdout + done.stderr
    return cloud


@pytest.fixture(scope="session")
def scratch(start_cloud: Callable[[], Cloud]) -> Cloud:
    """An account that tests change."""
    return start_cloud()


@pytest.fixture
def empty(scratch: Cloud) -> Cloud:
    """An empty account, and the committed environments."""
    httpx.post(f"{scratch.url}/moto-api/reset", timeout=30).raise_for_status()
    scratch.fill_in()
    return scratch


@pytest.fixture(scope="session")
def rendered_once(
    deployed: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """The rendered files of `make infra-render` for an environment, rendered once."""
    folder = tmp_path_factory.mktemp("rendered")

    def render(name: str) -> Path:
        if not (folder / name).exists():
            done = deployed.make("infra-render", name)
            assert done.returncode == 0, done.stderr
            shutil.copytree(deployed.into / name, folder / name)
        return folder / name

    return render


@pytest.fixture
def rendered(rendered_once: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of these files for each test."""

    def render(name: str) -> Path:
        return Path(shutil.copytree(rendered_once(name), tmp_path / name, dirs_exist_ok=True))

    return render
