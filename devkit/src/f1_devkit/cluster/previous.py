"""The version before this one, from the repository's history: its chart and images."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from f1_core.errors import F1Error
from f1_devkit.kubernetes import programs

PROGRAMS = ("services/api", "services/worker", "jobs/ingest", "operator")
_CHART = "charts/f1-aggregator"


class NoPreviousVersion(F1Error):
    """The history has no other version of the chart."""


@dataclass(frozen=True)
class PreviousVersion:
    """A commit with another version of the chart than this checkout.

    previous = find()
    previous.check_out(folder)
    previous.build(folder)
    """

    version: str
    commit: str

    def check_out(self, folder: Path) -> Path:
        """Check out its files into an empty folder; return the chart's folder."""
        _git("clone", "--quiet", "--shared", "--no-checkout", ".", str(folder))
        _git("-C", str(folder), "checkout", "--quiet", self.commit)
        return folder / _CHART

    def build(self, folder: Path) -> list[str]:
        """Build its images with its own tools, from its checkout; return their names.

        Raises:
            subprocess.CalledProcessError: one cannot be built; its output was shown.
        """
        environment = {**os.environ, "VERSION": self.version}
        build = str(folder / "tools" / "images" / "build")

        def image(program: str) -> str:
            subprocess.run([build, program], cwd=folder, env=environment, check=True)  # noqa: S603
            return f"f1-{Path(program).name}:{self.version}"

        with ThreadPoolExecutor(2) as executor:
            return list(executor.map(image, PROGRAMS))


def find() -> PreviousVersion:
    """The newest commit of another version.

    Raises:
        NoPreviousVersion: there is none, or this is a shallow clone.
    """
    chart = programs.checkout() / _CHART / "Chart.yaml"
    today = yaml.safe_load(chart.read_text())["version"]
    touched = _git("log", "--format=%H", "--", f"{_CHART}/Chart.yaml").split()
    for commit in ("HEAD", *(f"{commit}^" for commit in touched)):
        try:
            found = yaml.safe_load(_git("show", f"{commit}:{_CHART}/Chart.yaml"))["version"]
        except subprocess.CalledProcessError:
            break  # the first commit, or the end of a shallow clone
        if found != today:
            return PreviousVersion(found, _git("rev-parse", commit).strip())
    raise NoPreviousVersion(f"no commit here has a chart of another version than {today}")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=programs.checkout(), capture_output=True, text=True, check=True
    )
    return done.stdout
