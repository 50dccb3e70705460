"""Errors of fetching, and the exit codes of the command.

F1Error
├── IngestFailed           a capture could not be made; exit 1
│   ├── NoSuchSeason       the source has no races of that year, perhaps not yet
│   ├── SourceRefused      the source refused (4xx) and will refuse again; its message is shown
│   └── BadArchive         an archive is not one, does not match its checksum, or is too large
├── SourceUnavailable      the source did not respond in time; try again later; exit 3
│   └── ResourceUnavailable  only one resource is unavailable; the run continues with the rest
├── WrongUsage             a command or setting that cannot work; exit 2
├── BadResponse              an invalid response (HTML, garbage, another page); retried
├── TotalChanged           the source changed during a reading, which is repeated
└── LeaseLost              another process took over this fetch
"""

from f1_core.errors import ExitCode, F1Error


class IngestFailed(F1Error):
    """A capture could not be made."""


class NoSuchSeason(IngestFailed):
    """The source has no races of a year."""


class SourceRefused(IngestFailed):
    """The source refused a request permanently (4xx)."""


class BadArchive(IngestFailed):
    """An archive is not one, does not match its checksum, or is larger than allowed."""


class SourceUnavailable(F1Error):
    """The source did not respond within the time limit."""

    exit_code = ExitCode.SOURCE_UNAVAILABLE

    @property
    def report(self) -> str:
        """The message, with its meaning."""
        return f"the source is unavailable: {self}"


class ResourceUnavailable(SourceUnavailable):
    """One of the source's resources could not be read; others may be readable."""


class WrongUsage(F1Error):
    """A command or setting that cannot work, even if it is repeated."""

    exit_code = ExitCode.SETTINGS


class BadResponse(F1Error):
    """A response with status 200 does not match the request."""


class TotalChanged(F1Error):
    """Two pages of one capture have different totals."""


class LeaseLost(F1Error):
    """Another process took over the fetch lease."""
