"""Each image has everything that its program imports, and nothing large that is unused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from f1_devkit.kubernetes import programs

ROOT = programs.checkout()
LOCKED = ROOT / "tools" / "images" / "stage" / "locked"
FOLDERS = {
    "f1_api": "services/api",
    "f1_worker": "services/worker",
    "f1_ingest": "jobs/ingest",
    "f1_operator": "operator",
}
UNUSED = {
    "f1_api": {"boto3", "botocore", "pyyaml", "watchfiles", "websockets"},
    "f1_worker": {"kubernetes", "uvicorn"},
    "f1_ingest": {"kubernetes", "pyarrow", "uvicorn"},
    "f1_operator": {"alembic", "boto3", "botocore", "kubernetes", "psycopg2-binary", "sqlalchemy"},
}
# Imports every module of a program, as if only some distributions were installed.
IMPORT = """
import importlib, pkgutil, re, sys
from importlib.metadata import packages_distributions

program, *installed = sys.argv[1:]
def name(text):
    return re.sub("[-_.]+", "-", text).lower()
class Missing:
    owners = {top: {name(one) for one in by} for top, by in packages_distributions().items()}
    def find_spec(self, module, path=None, target=None):
        owners = self.owners.get(module.partition(".")[0])
        if owners and not owners & set(installed):
            raise ModuleNotFoundError(f"{module} is not in the image")
sys.meta_path.insert(0, Missing())
package = importlib.import_module(program)
for module in pkgutil.walk_packages(package.__path__, program + "."):
    importlib.import_module(module.name)
"""


def contents(program: str) -> set[str]:
    """The distributions that its Dockerfile installs."""
    dockerfile = (ROOT / FOLDERS[program] / "Dockerfile").read_text()
    found = re.search(r"/locked ([\w -]+) >/program.lock", dockerfile)
    assert found is not None
    names = found[1].split()
    command = [sys.executable, str(LOCKED), *names]
    lock = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {*names, *re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}


@pytest.mark.parametrize("program", FOLDERS)
def test_an_image_has_everything_that_its_program_imports(program: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", IMPORT, program, *contents(program)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", FOLDERS)
def test_an_image_has_nothing_that_its_program_does_not_use(program: str) -> None:
    assert contents(program) & UNUSED[program] == set()
