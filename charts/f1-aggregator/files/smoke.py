# ruff: noqa: INP001, S310, T201 - a script that runs in a pod
"""`helm test` runs this in a pod: the API is alive, ready, and responds to allowed clients."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

URL = os.environ["API_URL"]
FILE = Path(os.environ.get("F1_SECRETS_DIR", "")) / "F1_API_OPERATOR_KEY"
KEY = {"X-API-Key": FILE.read_text().strip()} if FILE.is_file() else {}


def ask(path: str, headers: Mapping[str, str]) -> tuple[int | str, bytes]:
    """The status, or why there is none, and the body."""
    request = urllib.request.Request(URL + path, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return str(error), b""


def expect(path: str, status: int, headers: Mapping[str, str] = KEY) -> bytes:
    """Request until the response has this status, for half a minute."""
    found, body = ask(path, headers)
    for _ in range(15):
        if found == status:
            print(f"ok: {path} answers {status}")
            return body
        time.sleep(2)
        found, body = ask(path, headers)
    sys.exit(f"{path} answers {found}, not {status}: {body[:500].decode(errors='replace')}")


expect("/livez", 200)
print("the schema is", json.loads(expect("/readyz", 200))["schema"])
if KEY or os.environ["API_KEYS"] != "required":
    expect("/seasons", 200)
if os.environ["API_KEYS"] == "required":
    expect("/seasons", 401, headers={})
