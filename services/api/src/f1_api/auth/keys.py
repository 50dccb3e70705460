"""API keys: ``f1_{id}_{secret}``. The database has the secret's SHA-256, never the secret.

The secret is 32 random bytes, so that a plain hash is enough: there is nothing to guess. Keys are
read into memory every second and whenever a command changed one; several are live at once, so
that a new one can be handed out before the old one is revoked.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from f1_api.auth.rate_limits import Limit
from f1_api.http.problems import Unauthorized, Unavailable

_KEY = re.compile(rb"f1_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_PREFIX = b"f1_"
_NOBODY = hashlib.sha256(b"").digest()


class NewKey(NamedTuple):
    """A key that was just made. `text` is shown once and kept nowhere."""

    key_id: str
    text: str
    secret_sha256: bytes


class LiveKey(NamedTuple):
    """A key as it is checked."""

    secret_sha256: bytes
    expires_at: datetime | None
    revoked_at: datetime | None
    limit: Limit | None = None


def new_key() -> NewKey:
    """Make a key."""
    key_id = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"f1_{key_id}_{secret}", _hash(secret.encode()))


def read_key(text: str) -> tuple[str, LiveKey]:
    """A key that stands in the settings: its id, and the key as it is checked.

    Raises:
        ValueError: it does not look like one; does not show it.
    """
    match = _KEY.fullmatch(text.encode())
    if match is None:
        raise ValueError("is not an API key: write f1_, 12 characters, _ and 43 characters")
    return match[1].decode(), LiveKey(_hash(match[2]), None, None)


class KeyRing:
    """The keys that are accepted, and whether one is needed.

    Args:
        required: whether one is needed.
        standing: a key beside those of the database, as :func:`read_key` makes it; the operator's,
            who asks from the first minute on, and after a database was made anew.

    Attributes:
        limits: those of the keys that have one, by the key's id.
    """

    def __init__(self, *, required: bool, standing: tuple[str, LiveKey] | None = None) -> None:
        self._required = required
        self._standing = dict([standing] if standing else [])
        self._keys: dict[str, LiveKey] | None = None
        self.limits: dict[str, Limit] = {}

    def load(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the rows of the query ``api_keys`` as the truth."""
        self._keys = {
            key_id: LiveKey(
                bytes(secret_sha256),
                expires_at,
                revoked_at,
                Limit(number, window_s) if number else None,
            )
            for key_id, _, secret_sha256, _, expires_at, revoked_at, number, window_s in rows
        } | self._standing
        self.limits = {key_id: key.limit for key_id, key in self._keys.items() if key.limit}

    def check(self, given: bytes | None, authorization: bytes | None) -> str | None:
        """Who asks: the key's id, or None if no key is needed and none was given.

        Args:
            given: the X-API-Key header.
            authorization: the Authorization header; it counts only if it holds a key of ours, since
                a proxy in front of the API may pass on its own.

        Raises:
            Unauthorized: no key, or one that is wrong, expired or revoked.
            Unavailable: the keys were not read yet.
        """
        text = given if given is not None else _from_authorization(authorization)
        if text is None:
            if self._required:
                raise Unauthorized(
                    "an API key is required: send it as X-API-Key or as "
                    "Authorization: Bearer; f1-api keys create creates one"
                )
            return None
        if self._keys is None:
            raise Unavailable(
                "the API keys have not been loaded from the database yet", retry_after_s=2
            )
        match = _KEY.fullmatch(text)
        key = self._keys.get(match[1].decode()) if match else None
        # The same work whether or not the id exists.
        same = hmac.compare_digest(
            _hash(match[2] if match else b""), key.secret_sha256 if key else _NOBODY
        )
        if match is None or key is None or not same:
            raise Unauthorized("the API key is not known")
        if key.revoked_at is not None:
            raise Unauthorized("the API key was revoked")
        if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
            raise Unauthorized("the API key has expired")
        return match[1].decode()


def _from_authorization(header: bytes | None) -> bytes | None:
    scheme, _, value = (header or b"").strip().partition(b" ")
    value = value.strip()
    if scheme.lower() == b"basic":  # a browser's way: the key as the password
        try:
            value = base64.b64decode(value, validate=True).partition(b":")[2]
        except binascii.Error:
            return None
    elif scheme.lower() != b"bearer":
        return None
    return value if value.startswith(_PREFIX) else None


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
