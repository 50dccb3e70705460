"""Fixtures: a real kube-apiserver for the operator's tests.

Enabled in a root conftest, like f1_devkit.pytest_plugins.servers.

================== ========= ====================================================================
`kube_apiserver`   session   etcd and kube-apiserver; skips if they are not built (`make kube`)
`kubectl`          test      kubectl for it, in the test's own namespace
================== ========= ====================================================================
"""

import itertools
import os
import re
from collections.abc import Iterator

import pytest

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl
from f1_devkit.kubernetes.programs import MissingProgram
from f1_devkit.pytest_plugins.folders import server_folder

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kube_apiserver() -> Iterator[ApiServer]:
    """A kube-apiserver that the tests of this process share.

    Skips if it is not built; with F1_REQUIRE_KUBE, that is an error.
    """
    with server_folder("kube-") as folder:
        try:
            server = ApiServer(folder)
        except MissingProgram as missing:
            if os.environ.get("F1_REQUIRE_KUBE"):
                raise
            pytest.skip(str(missing))
        with server:
            yield server


@pytest.fixture
def kubectl(kube_apiserver: ApiServer, request: pytest.FixtureRequest) -> Kubectl:
    """A kubectl with all permissions, in a fresh namespace named after the test."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    namespace = f"{name}-{next(_numbers)}"
    kubectl = kube_apiserver.kubectl(namespace)
    kubectl("create", "namespace", namespace)
    return kubectl
