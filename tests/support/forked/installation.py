"""An installation whose programs are forks of processes with their imports."""

from f1_devkit.programs.installation import Installation, Running
from forked.process import ForkedProcess, run


class ForkedInstallation(Installation):
    """Runs and starts forks of processes that have imported the programs."""

    def run(self, program: str, *arguments: str) -> None:
        """Run a program to its end.

        Raises:
            AssertionError: it failed; the message has its output.
        """
        done = run([program, *arguments], env=self.environment)
        output = f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
        assert done.returncode == 0, f"{program} {arguments} failed:\n{output}"

    def start(self, program: str, *arguments: str) -> Running:
        """Start a program without waiting for its end."""
        process = ForkedProcess([program, *arguments], env=self.environment)
        self.started.append(process)
        return process
