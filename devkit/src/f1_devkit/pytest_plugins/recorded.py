"""Fixture: responses and archives of the real sources, which are not part of the repository.

Enabled in a root conftest, like f1_devkit.pytest_plugins.servers.

============= ========= ==========================================================================
`shared_data` session   the folder that F1_SHARED_DATA names, or `shared/data` beside the checkout
============= ========= ==========================================================================
"""

import os
from pathlib import Path

import pytest

from f1_devkit.kubernetes.programs import checkout


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Its folder. Skips if it is missing; if F1_SHARED_DATA is set, that is an error."""
    named = os.environ.get("F1_SHARED_DATA")
    folder = Path(named) if named else checkout().parent / "shared" / "data"
    if not folder.is_dir():
        message = f"no recorded data in {folder}: F1_SHARED_DATA names its folder"
        assert not named, message
        pytest.skip(message)
    return folder
