"""The error that a person sees."""


class ReleaseError(Exception):
    """A step failed. The message says what is wrong, where, and what to do."""
