"""Where kubectl, helm, kind, etcd and kube-apiserver are, once make has put them there."""

import os
from pathlib import Path

from f1_core.errors import F1Error


class MissingProgram(F1Error):
    """A program is not there; says which command builds it."""


def checkout() -> Path:
    """The root of the checkout that this code runs from.

    Raises:
        MissingProgram: it does not run from one.
    """
    for folder in (Path.cwd(), *Path(__file__).absolute().parents):
        if (folder / "charts" / "f1-aggregator" / "Chart.yaml").is_file():
            return folder
    raise MissingProgram("there is no checkout of the repository around here")


def find(name: str, command: str) -> Path:
    """A program in $F1_KUBE_BIN, or else in `.cache/kube/bin` of the checkout.

    Args:
        command: what to run if it is not there, for the message.

    Raises:
        MissingProgram: it is in neither.
    """
    named = os.environ.get("F1_KUBE_BIN")
    program = (Path(named) if named else checkout() / ".cache" / "kube" / "bin") / name
    if not os.access(program, os.X_OK):
        raise MissingProgram(f"{name} is not built yet: run {command}")
    return program
