"""The kind cluster of the e2e tests: started by make, reused while it runs."""

import subprocess

from f1_core.errors import F1Error
from f1_devkit.kubernetes import programs
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl

NAME = "f1-e2e"
NODE = f"{NAME}-control-plane"
_NODE_PORT = 30080


class ClusterFailed(F1Error):
    """A command on the cluster, its images or its node failed."""


class Cluster:
    """One node, reached through `.cache/kube/config`, never through the user's own kubeconfig.

    cluster = Cluster()
    cluster.up()
    cluster.load("f1-api:dev")
    cluster.on_node("systemctl", "restart", "kubelet")
    """

    def __init__(self) -> None:
        """Prepare; nothing is started yet."""
        self.root = programs.checkout()
        self.kubeconfig = self.root / ".cache" / "kube" / "config"

    def up(self) -> None:
        """Start the cluster unless it runs. The first time takes a quarter of an hour.

        Raises:
            ClusterFailed: it did not start.
        """
        self.make("cluster-up")

    def make(self, *arguments: str) -> None:
        """Run make, and show its output.

        Raises:
            ClusterFailed: it failed.
        """
        command = ["make", "--no-print-directory", *arguments]
        if subprocess.run(command, cwd=self.root, check=False).returncode:  # noqa: S603
            raise ClusterFailed(f"make {' '.join(arguments)} failed: see above")

    def load(self, *images: str) -> None:
        """Copy images from Docker to the node, unless it has them.

        Raises:
            ClusterFailed: Docker does not have one.
        """
        kind = programs.find("kind", "make cluster-up")
        _run(str(kind), "load", "docker-image", "--name", NAME, *images)

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """A kubectl with all permissions."""
        return Kubectl(self.kubeconfig, namespace)

    def helm(self, namespace: str) -> Helm:
        """A helm with all permissions."""
        return Helm(self.kubeconfig, namespace)

    def on_node(self, *command: str, stdin: str | None = None) -> str:
        """Run a command on the node, as root, and return its output.

        Raises:
            ClusterFailed: it failed.
        """
        return _run("docker", "exec", "--interactive", NODE, *command, stdin=stdin)

    @property
    def node_port(self) -> str:
        """The address of the NodePort 30080 on this machine, such as `127.0.0.1:32768`."""
        return _run("docker", "port", NODE, f"{_NODE_PORT}/tcp").split()[0]

    def images(self) -> list[str]:
        """The names of the images that `make images` builds."""
        return [
            f"f1-{dockerfile.parent.name}:dev"
            for folder in ("jobs/*", "services/*", "operator", "devkit")
            for dockerfile in sorted(self.root.glob(f"{folder}/Dockerfile"))
        ]


def _run(*command: str, stdin: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ClusterFailed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
