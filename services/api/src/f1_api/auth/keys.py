"""API keys: ``f1_{id}_{secret}``. The database stores only the SHA-256 of the secret.

The secret is 32 random bytes, which cannot be guessed, so a plain hash is enough. Keys are loaded
into memory every second and after each change. Several keys can be valid at the same time, so that
a new one can be distributed before the old one is revoked.
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
_NO_KEY = hashlib.sha256(b"").digest()


class NewKey(NamedTuple):
    """A new key. `text` is shown once and not stored."""

    key_id: str
    text: str
    secret_sha256: bytes


class LiveKey(NamedTuple):
    """A stored key, for checks."""

    secret_sha256: bytes
    expires_at: datetime | None
    revoked_at: datetime | None
    limit: Limit | None = None


def new_key() -> NewKey:
    """Create a key."""
    key_id = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    secret = secrets.token_urlsafe(32)
    return NewKey(key_id, f"f1_{key_id}_{secret}", _hash(secret.encode()))


def read_key(text: str) -> tuple[str, LiveKey]:
    """The id and the key of a text from the settings.

    Raises:
        ValueError: invalid; the message does not have the text.
    """
    match = _KEY.fullmatch(text.encode())
    if match is None:
        raise ValueError("is not an API key: write f1_, 12 characters, _ and 43 characters")
    return match[1].decode(), LiveKey(_hash(match[2]), None, None)


class KeyRing:
    """The valid keys, and whether one is required.

    Args:
        required: requests need a key.
        configured: a key besides those of the database, from :func:`read_key`: the operator's,
            which must be valid before keys are created and after the database is created again.

    Attributes:
        limits: rate limits by the id of the key.
    """

    def __init__(self, *, required: bool, configured: tuple[str, LiveKey] | None = None) -> None:
        self._required = required
        self._configured = dict([configured] if configured else [])
        self._keys: dict[str, LiveKey] | None = None
        self.limits: dict[str, Limit] = {}

    def load(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Replace the keys by the rows of the query ``api_keys``."""
        self._keys = {
            key_id: LiveKey(
                bytes(secret_sha256),
                expires_at,
                revoked_at,
                Limit(number, window_s) if number else None,
            )
            for key_id, _, secret_sha256, _, expires_at, revoked_at, number, window_s in rows
        } | self._configured
        self.limits = {key_id: key.limit for key_id, key in self._keys.items() if key.limit}

    def check(self, given: bytes | None, authorization: bytes | None) -> str | None:
        """The id of the request's key; None: it has none and needs none.

        Args:
            given: the X-API-Key header.
            authorization: the Authorization header; ignored without an API key, since a proxy
                may pass on its own credentials.

        Raises:
            Unauthorized: the key is missing, unknown, expired or revoked.
            Unavailable: the keys are not loaded yet.
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
            _hash(match[2] if match else b""), key.secret_sha256 if key else _NO_KEY
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
    if scheme.lower() == b"basic":  # from browsers: the key is the password
        try:
            value = base64.b64decode(value, validate=True).partition(b":")[2]
        except binascii.Error:
            return None
    elif scheme.lower() != b"bearer":
        return None
    return value if value.startswith(_PREFIX) else None


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
