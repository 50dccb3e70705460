"""Gives every test the real Postgres, S3 and source of f1_local.pytest_plugin.

Here and not as `-p` in pyproject.toml, so that coverage measures what the plugin imports, too.
"""

pytest_plugins = ["f1_local.pytest_plugin"]
