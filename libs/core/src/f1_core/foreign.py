"""Data from outside: which texts are accepted, how they are shown, how data are decoded.

The limits are several times what the sources have: their longest id has 25 characters (Jolpica
stores 32), their longest name 60, their longest URL 120.
"""

import re
from typing import TypeVar

from msgspec import Struct, json

AnyStruct = TypeVar("AnyStruct", bound=Struct)

MAX_ID = 80
MAX_TEXT = 300
MAX_URL = 2000

_ID = re.compile(rf"[\w-]{{1,{MAX_ID}}}")
_NUMBERED = re.compile(r".*-\d+")
RESERVED = frozenset({"current", "last", "next", "none"})
"""Words with another meaning in the sources' URLs, and a word for null."""

_URL = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
# Postgres rejects NUL and surrogates; the others control a terminal. Tabs and line ends are
# accepted.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def id_fault(value: str) -> str | None:
    """Why a text cannot be the id of a driver, constructor or circuit; None: it can.

    >>> id_fault("max_verstappen")
    >>> id_fault("..")
    'which is not an id: letters, digits, _ and -, 80 at most'
    >>> id_fault("1")
    'which is not an id: a number has another meaning'
    """
    if not _ID.fullmatch(value):
        return f"which is not an id: letters, digits, _ and -, {MAX_ID} at most"
    if value.casefold() in RESERVED:
        return "which is not an id: the word has another meaning"
    if not any(character.isalpha() for character in value):
        return "which is not an id: a number has another meaning"
    return None


def circuit_fault(value: str) -> str | None:
    """The same for a circuit, whose id becomes part of the ids of its races.

    >>> circuit_fault("silverstone-2")
    "which is not a circuit's id: 2020-silverstone-2 is the second race at silverstone"
    """
    fault = id_fault(value)
    if fault is None and _NUMBERED.fullmatch(value):
        return "which is not a circuit's id: 2020-silverstone-2 is the second race at silverstone"
    return fault


def text_fault(value: str, most: int = MAX_TEXT) -> str | None:
    """Why a text is not accepted; None: it is."""
    if len(value) > most:
        return f"which is longer than {most} characters"
    if _UNFIT.search(value):
        return "which has characters that are not allowed in text"
    return None


def url_fault(value: str) -> str | None:
    """Why a text is not accepted as the URL of a page; None: it is."""
    if _URL.fullmatch(value) is None:
        return "which is not a URL with http:// or https://"
    return text_fault(value, MAX_URL)


def shown(value: str, most: int = MAX_TEXT) -> str:
    """A text as one line of a message: truncated, and without control characters.

    >>> shown("a" * 400, 10)
    'aaaaaaaaaa...'
    """
    line = "".join(map(_shown, value[:most]))
    return line if len(value) <= most else f"{line}..."


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\ufffd"


def built(struct: type[AnyStruct]) -> type[AnyStruct]:
    """Decorate a Struct that `msgspec.convert` or `msgspec.json.decode` creates.

    msgspec (0.22) builds the fields' types when a Struct is first decoded. A second thread that
    decodes it at the same time reads a null pointer, and the process ends with SIGSEGV. A
    `msgspec.json.Decoder` of a module is built when the module is imported, and needs no decorator.
    """
    json.Decoder(struct)
    return struct
