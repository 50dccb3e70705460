"""The errors that end a command; each message says what is wrong, where, and what to do."""


class InfraError(Exception):
    """A command cannot continue."""
