"""Gives every test the real Postgres, S3, source and kube-apiserver of f1_local's plugins.

Here and not as `-p` in pyproject.toml, so that coverage measures what the plugins import, too.
"""

pytest_plugins = ["f1_local.pytest_plugin", "f1_local.kubernetes.pytest_plugin"]
