"""helm from Python."""

from f1_devkit.kubernetes.programs import ClusterProgram, ProgramFailed


class HelmFailed(ProgramFailed):
    """helm ended with an error."""


class Helm(ClusterProgram):
    """helm for one cluster and the releases of one namespace.

    helm("rollback", "f1", "1", "--wait")
    """

    name = "helm"
    failed = HelmFailed
    timeout_s = 600

    def uninstall(self, release: str, wait_s: int = 120) -> None:
        """Remove a release and wait until it is gone; no error if it does not exist."""
        self(
            *("uninstall", release, "--ignore-not-found", "--wait", "--timeout", f"{wait_s}s"),
            timeout=wait_s + 60,
        )
