"""The errors that people see.

F1Error
├── SettingsError       settings are missing or wrong; lists all of them
├── SchemaMismatch      this program does not work with the database's schema
├── StoreUnavailable    S3 did not respond; try again later
├── BadCapture          an object or response cannot be read
│   ├── TooLarge        it is larger than the limit, and was not read
│   └── Suspect         it can be read but is inconsistent; a person may release it
└── NotYet              something else has to be processed first
Stopped                 a signal; exit 128 and its number
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all programs; 128 and more are signals."""

    FAILED = 1
    SETTINGS = 2
    SOURCE_UNAVAILABLE = 3
    LEASE_LOST = 4


class F1Error(Exception):
    """Base of all errors this project raises on purpose; the message is for a person."""

    exit_code: int = ExitCode.FAILED
    """Of a program that ends with this error."""

    @property
    def report(self) -> str:
        """The message of a program that ends with this error."""
        return str(self)


class Stopped(BaseException):
    """A signal stops the program. Not an Exception, so that error handlers do not catch it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.exit_code = 128 + signal_number
        self.report = str(self)


class SettingsError(F1Error):
    """Settings are missing or wrong."""

    exit_code = ExitCode.SETTINGS


class SchemaMismatch(F1Error):
    """The database's schema is older or newer than this program can work with."""


class StoreUnavailable(F1Error):
    """S3 did not respond, or responded with a temporary error."""


class BadCapture(F1Error):
    """An object cannot be read as a capture, an archive or a decision."""


class TooLarge(BadCapture):
    """An object is larger than the limit for its kind."""


class Suspect(BadCapture):
    """A capture can be read but is inconsistent; a person can release it."""


class NotYet(F1Error):
    """Processing has to wait for something else, such as the season's schedule."""
