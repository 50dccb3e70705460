"""What `helm test` runs in a pod of its own: the API is alive, ready, and answers those who may ask."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

URL = os.environ["API_URL"]
KEY = {"X-API-Key": os.environ["API_KEY"]} if "API_KEY" in os.environ else {}


def ask(path, headers):
    """The status and the answer."""
    request = urllib.request.Request(URL + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def expect(path, status, headers=KEY):
    """Ask until the answer has this status, for half a minute."""
    for _ in range(15):
        try:
            found, body = ask(path, headers)
        except OSError as error:
            found, body = str(error), b""
        if found == status:
            print(f"ok: {path} answers {status}")
            return body
        time.sleep(2)
    sys.exit(f"{path} answers {found}, not {status}: {body[:500].decode(errors='replace')}")


expect("/livez", 200)
print("the schema is", json.loads(expect("/readyz", 200))["schema"])
if KEY or os.environ["API_KEYS"] != "required":
    expect("/seasons", 200)
if os.environ["API_KEYS"] == "required":
    expect("/seasons", 401, headers={})
