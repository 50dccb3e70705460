"""The programs under load with their Prometheus, for the tests of this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from monitoring.load import Monitored, know_seasons, monitored

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.servers.postgres import Postgres
from f1_devkit.servers.s3 import S3


@pytest.fixture(scope="session")
def system(  # noqa: PLR0917 - fixtures
    postgres: Postgres,
    template_database: str,
    s3: S3,
    kube_apiserver: ApiServer,
    monitoring_program: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Monitored]:
    """All of it, healthy. A test that breaks something comes last, or mends it."""
    program = monitoring_program("prometheus")
    bucket = "f1-monitored"
    s3.store(bucket).close()
    place = {
        "F1_DATABASE_URL": postgres.create_database("f1_monitored", template_database),
        **s3.environment(bucket),
    }
    kubectl = kube_apiserver.kubectl("monitored")
    know_seasons(kubectl)
    folder = tmp_path_factory.mktemp("monitored")
    with monitored(place, kubectl.kubeconfig, kubectl.namespace, program, folder) as running:
        yield running
