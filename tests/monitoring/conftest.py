"""The programs under load with their Prometheus, for the tests of this folder in a process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from monitored.load import Monitored, install_seasons, monitored

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3


@pytest.fixture(scope="package")
def system(  # noqa: PLR0917 - fixtures
    postgres: Postgres,
    template_database: str,
    s3: S3,
    kube_apiserver: ApiServer,
    monitoring_program: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Monitored]:
    """All programs, healthy. A test that causes a fault runs last, or repairs it."""
    program = monitoring_program("prometheus")
    folder = tmp_path_factory.mktemp("monitored")
    name = folder.name
    s3.store(name).close()
    place = {
        "F1_DATABASE_URL": postgres.create_database(name, template_database),
        **s3.environment(name),
    }
    kubectl = kube_apiserver.kubectl(name)
    install_seasons(kubectl)
    with monitored(place, kubectl.kubeconfig, kubectl.namespace, program, folder) as running:
        yield running
