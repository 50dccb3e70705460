"""The kube-apiserver of the operator's tests: real rules, real RBAC, real outages."""

import pytest

from f1_devkit.kubernetes.apiserver import ApiServer
from f1_devkit.kubernetes.kubectl import Kubectl, KubectlFailed

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: laps.test.f1.telemetry.dev}
spec:
  group: test.f1.telemetry.dev
  names: {kind: Lap, plural: laps}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {number: {type: integer}}
              x-kubernetes-validations:
                - {rule: self.number > 0, message: laps are counted from 1}
"""


def lap(name: str, number: int) -> dict[str, object]:
    return {
        "apiVersion": "test.f1.telemetry.dev/v1",
        "kind": "Lap",
        "metadata": {"name": name},
        "spec": {"number": number},
    }


def test_a_custom_resource_is_kept_and_its_rules_are_enforced(kubectl: Kubectl) -> None:
    kubectl.apply(CRD)
    kubectl("wait", "--for=condition=Established", "crd/laps.test.f1.telemetry.dev")

    kubectl.apply(lap("first", 1))
    assert kubectl.get("lap", "first")["spec"] == {"number": 1}
    with pytest.raises(KubectlFailed, match="laps are counted from 1"):
        kubectl.apply(lap("zeroth", 0))


def test_a_service_account_has_only_the_permissions_of_its_role(
    kube_apiserver: ApiServer, kubectl: Kubectl
) -> None:
    kubectl("create", "serviceaccount", "reader")
    kubectl("create", "role", "read", "--verb=get,list", "--resource=jobs")
    kubectl(
        "create",
        "rolebinding",
        "read",
        "--role=read",
        f"--serviceaccount={kubectl.namespace}:reader",
    )
    token = kubectl("create", "token", "reader").strip()

    as_reader = f"--token={token}"
    kubectl("get", "jobs", as_reader)
    with pytest.raises(KubectlFailed, match="cannot list resource"):
        kubectl("get", "pods", as_reader)


def test_data_survive_an_outage(kube_apiserver: ApiServer, kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "kept", "--from-literal=lap=1")

    kube_apiserver.stop_server()
    with pytest.raises(KubectlFailed, match="refused"):
        kubectl.get("configmap", "kept")
    kube_apiserver.start_server()

    assert kubectl.get("configmap", "kept")["data"] == {"lap": "1"}
