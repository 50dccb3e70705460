"""The error for users."""


class ReleaseError(Exception):
    """A step failed. The message says what is wrong, where, and what to do."""
