"""What can go wrong while fetching, and the exit code that each ends the command with.

F1Error
├── IngestFailed           a capture could not be made; exit 1
│   ├── NoSuchSeason       the source has no races of that year, perhaps not yet
│   ├── SourceRefused      the source refused (4xx) and will refuse again; its message is shown
│   └── BadArchive         an archive is not one, does not match its checksum, or is too large
├── SourceUnavailable      the source did not respond in time; try again later; exit 3
│   └── ResourceUnavailable  only one resource is known to be; the run continues with the rest
├── WrongUsage             a command or setting that cannot work; exit 2
├── BadAnswer              a response that is none (HTML, garbage, another page); tried again
├── TotalChanged           the source was corrected while being read; the capture starts anew
└── LeaseLost              another process took this fetch over; it is left to that one
"""

from f1_core.errors import ExitCode, F1Error


class IngestFailed(F1Error):
    """A capture could not be made."""


class NoSuchSeason(IngestFailed):
    """The source has no races of a year."""


class SourceRefused(IngestFailed):
    """The source refused a request for good (4xx)."""


class BadArchive(IngestFailed):
    """An archive is not one, does not match its checksum, or is larger than allowed."""


class SourceUnavailable(F1Error):
    """The source did not respond within the time limit."""

    exit_code = ExitCode.SOURCE_UNAVAILABLE

    @property
    def report(self) -> str:
        """With what it means."""
        return f"the source is unavailable: {self}"


class ResourceUnavailable(SourceUnavailable):
    """One of the source's resources could not be read; others may be."""


class WrongUsage(F1Error):
    """A command or setting that cannot work, however often it is tried."""

    exit_code = ExitCode.SETTINGS


class BadAnswer(F1Error):
    """A response with status 200 is not one to the request."""


class TotalChanged(F1Error):
    """Two pages of one capture promise different totals."""


class LeaseLost(F1Error):
    """The fetch lease was taken over by another process."""
