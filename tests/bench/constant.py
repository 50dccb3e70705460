"""The reference: an ASGI application whose answer is always the same."""

import os
from typing import Any

BODY = b"x" * int(os.environ.get("SIZE", "1000"))
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer at once."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})
