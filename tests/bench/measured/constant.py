"""The reference: an ASGI application whose answer is always the same: /72000 is 72,000 bytes."""

from functools import cache
from typing import Any


@cache
def _answer(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    size = int(path.removeprefix("/") or "2")
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(size).encode()),
    ]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": b"x" * size}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Send the constant answer."""
    if scope["type"] == "http":
        for message in _answer(scope["path"]):
            await send(message)
