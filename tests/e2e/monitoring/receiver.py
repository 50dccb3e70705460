"""PagerDuty's Events API v2, Slack's incoming webhooks and a heartbeat service, for one day.

It refuses the same requests as they do, and stores what it receives::

    POST /v2/enqueue   an event of PagerDuty: 202, or 400 with the errors
    POST /slack        a message of Slack: 200 ok, or 400 invalid_payload
    POST /heartbeat    the dead man's switch: 200
    GET  /log          everything as JSON, with the time of arrival and errors

Shapes: developer.pagerduty.com/docs/events-api-v2/trigger-events,
api.slack.com/messaging/webhooks.
"""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ACTIONS = {"trigger", "acknowledge", "resolve"}
_SEVERITIES = {"critical", "error", "warning", "info"}

_log: list[dict[str, Any]] = []
_lock = threading.Lock()


def pagerduty(event: dict[str, Any]) -> dict[str, Any]:
    """An event, with the errors that PagerDuty would report."""
    problems = []
    if not re.fullmatch(r"\w{32}", str(event.get("routing_key", ""))):
        problems.append("routing_key is not of 32 characters")
    if event.get("event_action") not in _ACTIONS:
        problems.append(f"event_action is none of {sorted(_ACTIONS)}")
    key = event.get("dedup_key")
    if not isinstance(key, str) or not 0 < len(key) <= 255:
        problems.append("dedup_key is not of 1 to 255 characters")
    payload = event.get("payload") or {}
    if event.get("event_action") == "trigger":
        if not 0 < len(str(payload.get("summary", ""))) <= 1024:
            problems.append("payload.summary is not of 1 to 1024 characters")
        if not payload.get("source"):
            problems.append("payload.source is missing")
        if payload.get("severity") not in _SEVERITIES:
            problems.append(f"payload.severity is none of {sorted(_SEVERITIES)}")
        problems += [
            f"links: no href in {link}"
            for link in event.get("links", [])
            if not str(link.get("href", "")).startswith("http")
        ]
    status = "resolved" if event.get("event_action") == "resolve" else "firing"
    alert = payload.get("class") or str(payload.get("summary", "")).partition(":")[0]
    return {"status": status, "alert": alert, "key": key, "problems": problems}


def slack(message: dict[str, Any]) -> dict[str, Any]:
    """A message, with the errors that Slack would report."""
    problems = []
    attachments = message.get("attachments")
    if not message.get("text") and not attachments:
        problems.append("no_text")
    problems += [
        "attachment without text or fallback"
        for one in attachments or []
        if not isinstance(one, dict) or not (one.get("text") or one.get("fallback"))
    ]
    if not str(message.get("channel", "#")).startswith(("#", "@")):
        problems.append("channel_not_found")
    title = str((attachments or [{}])[0].get("title", ""))
    found = re.match(r"\[(\w+).*?\] (\S+)", title)
    status, alert = (found[1].lower(), found[2]) if found else ("firing", title)
    return {"status": status, "alert": alert, "key": alert, "problems": problems}


class Receiver(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Check, store and answer as the real service does."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = {"/v2/enqueue": pagerduty, "/slack": slack}.get(self.path)
        name = {"/v2/enqueue": "pagerduty"}.get(self.path, self.path.strip("/"))
        entry: dict[str, Any] = {"at": time.time(), "receiver": name}
        try:
            payload = json.loads(body)
            entry |= (kind(payload) if kind else {"problems": []}) | {"payload": payload}
        except (ValueError, AttributeError, TypeError) as error:
            entry |= {"problems": [f"no JSON object: {error}"], "payload": body.decode("latin-1")}
        with _lock:
            if name == "heartbeat":  # Only the newest one, since it arrives every minute.
                _log[:] = [one for one in _log if one["receiver"] != "heartbeat"]
            _log.append(entry)
        if entry["problems"]:
            refused = {"status": "invalid event", "errors": entry["problems"]}
            self._answer(400, refused if name == "pagerduty" else "invalid_payload")
        elif name == "pagerduty":
            accepted = {"status": "success", "message": "Event processed"}
            self._answer(202, accepted | {"dedup_key": entry["key"]})
        else:
            self._answer(200, "ok")

    def do_GET(self) -> None:
        """Send the received notifications."""
        with _lock:
            self._answer(200, list(_log))

    def _answer(self, status: int, content: Any) -> None:
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Receiver).serve_forever()
