"""`python -m f1_release`."""

from f1_release.cli import app

app()
