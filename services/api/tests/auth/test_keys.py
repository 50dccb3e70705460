"""API keys: accepted and refused requests, and how soon changes apply."""

import base64
import hashlib
from typing import Any

import pytest

from f1_api.auth.keys import KeyRing, new_key
from f1_api.http.problems import Unauthorized, Unavailable
from f1_api.settings import ApiSettings


def _row(made: Any, *, expires_at: Any = None, revoked_at: Any = None) -> tuple[Any, ...]:
    return (made.key_id, "a name", made.secret_sha256, None, expires_at, revoked_at, None, None)


def _add(season: Any, made: Any, expires: str = "NULL") -> None:
    season.execute(
        "INSERT INTO api_keys (key_id, name, secret_sha256, expires_at)"
        f" VALUES (:id, 'test', :hash, {expires})",
        id=made.key_id,
        hash=made.secret_sha256,
    )
    season.execute("NOTIFY f1_api_keys")


def test_a_key_is_shown_once_and_stored_as_a_hash() -> None:
    made = new_key()
    secret = made.text.removeprefix(f"f1_{made.key_id}_")
    assert made.secret_sha256 == hashlib.sha256(secret.encode()).digest()
    assert new_key().text != made.text


def test_several_keys_are_valid_at_once() -> None:
    ring = KeyRing(required=True)
    one, two = new_key(), new_key()
    ring.load([_row(one), _row(two)])
    assert ring.check(one.text.encode(), None) == one.key_id
    for scheme in (b"Bearer ", b" bearer   "):
        assert ring.check(None, scheme + two.text.encode()) == two.key_id
    browser = base64.b64encode(f"anyone:{two.text}".encode())
    assert ring.check(None, b"Basic " + browser) == two.key_id


@pytest.mark.parametrize("wrong", [b"", b"x", b"f1_aaaaaaaaaaaa_" + b"A" * 43])
def test_a_wrong_key_is_refused(wrong: bytes) -> None:
    ring = KeyRing(required=False)
    ring.load([_row(new_key())])
    with pytest.raises(Unauthorized):
        ring.check(wrong, None)


def test_the_secret_of_another_key_is_refused() -> None:
    ring = KeyRing(required=False)
    one, two = new_key(), new_key()
    ring.load([_row(one), _row(two)])
    secret_of_two = two.text.removeprefix(f"f1_{two.key_id}_")
    with pytest.raises(Unauthorized, match="is not known"):
        ring.check(f"f1_{one.key_id}_{secret_of_two}".encode(), None)


def test_a_key_of_another_length_is_refused() -> None:
    ring = KeyRing(required=False)
    made = new_key()
    ring.load([_row(made)])
    for text in (made.text + "A", made.text[:-1], made.text + "\n", " " + made.text):
        with pytest.raises(Unauthorized, match="is not known"):
            ring.check(text.encode(), None)


@pytest.mark.parametrize(
    "foreign", [b"Bearer eyJhbGciOi.e30.x", b"Basic " + base64.b64encode(b"user:pass"), b"Basic %"]
)
def test_an_authorization_header_of_a_proxy_is_ignored(foreign: bytes) -> None:
    """As oauth2-proxy and load balancers with OIDC pass it on."""
    made = new_key()
    optional, required = KeyRing(required=False), KeyRing(required=True)
    for ring in (optional, required):
        ring.load([_row(made)])
        assert ring.check(made.text.encode(), foreign) == made.key_id
    assert optional.check(None, foreign) is None
    with pytest.raises(Unauthorized, match="an API key is required"):
        required.check(None, foreign)


def test_no_key_is_refused_before_the_keys_are_loaded() -> None:
    with pytest.raises(Unavailable):
        KeyRing(required=True).check(b"f1_x", None)


def test_required_optional_off(serve: Any, season: Any, eventually: Any) -> None:
    made = new_key()
    _add(season, made)
    required, optional, off = (serve(keys=mode) for mode in ("required", "optional", "off"))
    for api, without, wrong in ((required, 401, 401), (optional, 200, 401), (off, 200, 200)):
        assert api.get("/races").status_code == without
        assert api.get("/races", x_api_key="f1_wrong").status_code == wrong
        assert api.get("/races", x_api_key=made.text).status_code == 200
        assert api.get("/races", authorization=f"Bearer {made.text}").status_code == 200
    answer = required.get("/")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert "Basic" in answer.headers["www-authenticate"]
    assert "X-API-Key" in answer.json()["detail"]
    for path in ("/healthz", "/livez", "/readyz", "/docs", "/openapi.json"):
        assert required.get(path).status_code == 200


def test_a_cached_answer_needs_a_key_too(serve: Any, season: Any) -> None:
    made = new_key()
    _add(season, made)
    api = serve(keys="required")
    answer = api.get("/races", x_api_key=made.text)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "X-API-Key" in answer.headers["vary"]
    assert api.get("/races").status_code == 401


def test_keys_are_added_and_revoked_within_seconds(
    serve: Any, season: Any, eventually: Any
) -> None:
    api = serve(keys="required")
    made, brief = new_key(), new_key()
    _add(season, made)
    eventually(lambda: api.get("/races", x_api_key=made.text).status_code == 200, 10)
    season.execute("UPDATE api_keys SET revoked_at = now()")  # without a notification
    eventually(lambda: api.get("/races", x_api_key=made.text).status_code == 401, 10)
    assert "revoked" in api.get("/races", x_api_key=made.text).json()["detail"]
    _add(season, brief, "now() + interval '3 seconds'")
    eventually(lambda: api.get("/races", x_api_key=brief.text).status_code == 200, 10)
    eventually(lambda: api.get("/races", x_api_key=brief.text).status_code == 401, 10)
    assert "expired" in api.get("/races", x_api_key=brief.text).json()["detail"]


@pytest.mark.parametrize(
    ("host", "keys", "used"),
    [
        ("127.0.0.1", "auto", "off"),
        ("::1", "auto", "off"),
        ("localhost", "auto", "off"),
        ("0.0.0.0", "auto", "required"),
        ("::", "auto", "required"),
        ("api.internal", "auto", "required"),
        ("0.0.0.0", "off", "off"),
        ("127.0.0.1", "required", "required"),
    ],
)
def test_a_public_address_requires_keys_by_default(host: str, keys: Any, used: str) -> None:
    assert ApiSettings(host=host, keys=keys).keys_used == used
