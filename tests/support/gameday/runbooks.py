"""Runs the commands of a runbook page unchanged."""

import os
import re
import subprocess
from dataclasses import dataclass

from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.kubectl import Kubectl

_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """A block of commands, and its result."""

    commands: str
    exit_code: int
    output: str


def blocks(alert: str, section: str) -> list[str]:
    """The blocks marked bash of a section of an alert's page, such as Diagnosis, in order."""
    page = programs.checkout() / "docs" / "runbooks" / f"{alert}.md"
    _, _, rest = page.read_text().partition(f"\n## {section}\n")
    return _BLOCK.findall(rest.partition("\n## ")[0])


def run(
    alert: str, section: str, kubectl: Kubectl, release: str, timeout: float = 300
) -> list[Ran]:
    """Run each block of a section by bash, with NAMESPACE and RELEASE set."""
    binaries = programs.find("kubectl", "make cluster-up").parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "KUBECONFIG": str(kubectl.kubeconfig),
        "NAMESPACE": kubectl.namespace,
        "RELEASE": release,
    }
    ran = []
    for commands in blocks(alert, section):
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", commands],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        ran.append(Ran(commands, done.returncode, done.stdout))
    return ran
