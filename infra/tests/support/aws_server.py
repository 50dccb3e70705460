"""`python aws_server.py PORT RECORD`: moto's server as a stand-in for AWS.

aws_resources.py adds the types that its CloudFormation lacks. Requests to the buckets are recorded
in RECORD.
"""

import json
import sys
from pathlib import Path
from typing import Any, TextIO

from aws_resources import PORT, register
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import EmptyResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


def update_termination_protection(response: Any) -> Any:
    name = response._get_param("StackName")
    enabled = str(response._get_param("EnableTerminationProtection")).lower() == "true"
    response.cloudformation_backend.get_stack(name).enable_termination_protection = enabled
    return EmptyResult()


response_class: Any = CloudFormationResponse
response_class.update_termination_protection = update_termination_protection


def execute_change_set(backend: Any, change_set_name: str, stack_name: str | None = None) -> None:
    """moto lacks exports and outputs of a stack that a change set creates."""
    change_set = backend.describe_change_set(change_set_name)
    given = {"parameters": change_set.parameters, "tags": change_set.tags}
    if change_set.change_set_type == "CREATE":
        del backend.stacks[change_set.stack_id]
        backend.create_stack(change_set.stack_name, change_set.template, **given)
    else:
        backend.get_stack(change_set.stack_name).update(change_set.template, **given)
    del backend.change_sets[change_set.change_set_id]


backend_class: Any = CloudFormationBackend
backend_class.execute_change_set = execute_change_set


CLUSTER_VERSIONS = {
    "clusterVersions": [
        {"clusterVersion": version, "clusterType": "eks", "status": "STANDARD_SUPPORT"}
        for version in ("1.33", "1.34", "1.35")
    ]
}
"""The answer of EKS' DescribeClusterVersions, which eksctl calls first and moto does not have."""


class Recorded:
    """Records each request to a bucket in a file, one JSON object a line, and forwards it."""

    def __init__(self, application: Any, file: TextIO) -> None:
        self.application = application
        self.file = file

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/cluster-versions":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(CLUSTER_VERSIONS).encode()]
        if path.startswith("/f1-telemetry-"):
            request = {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "query": environ["QUERY_STRING"],
                "if_none_match": environ.get("HTTP_IF_NONE_MATCH"),
                "signed": environ.get("HTTP_AUTHORIZATION", ""),
            }
            self.file.write(json.dumps(request) + "\n")
            self.file.flush()
        return self.application(environ, start)


register()
with Path(sys.argv[2]).open("a") as record:
    application = Recorded(DomainDispatcherApplication(create_backend_app), record)
    run_simple("127.0.0.1", PORT, application, threaded=True)
