"""Gives every test the real Postgres, S3 and source of f1_local.pytest_plugin.

Here and not as `-p` in pyproject.toml, so that coverage is measuring before the plugin imports what is measured.
"""

from importlib.util import find_spec

pytest_plugins = ["f1_local.pytest_plugin"] if find_spec("f1_local.pytest_plugin") else []
