"""The report of a game day, as Markdown."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from f1_devkit.cluster.monitoring import Notification
from gameday.run import Outcome

_COLUMNS = (
    "fault",
    "began (UTC)",
    "alert",
    "condition",
    "`for`",
    "notified after",
    "beyond both",
    "notifications",
    "runbook",
    "resolved after its end",
)
_HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"
_TEXT = """\
# Game day of {day:%Y-%m-%d}

`make gameday` wrote this report on a kind cluster with the chart, prometheus-operator, Prometheus,
Alertmanager with the routes of `charts/kube-prometheus-stack/values.yaml`, and a receiver that
validates payloads like PagerDuty and Slack.

Durations of rules: {windows}. Scrapes and evaluations: every {interval}. Before the first fault the
installation was healthy for {healthy_s:.0f} s, and no alert was sent. After each fault all rows
were compared with those of an undisturbed database, and were equal. *Condition* is the time for
which a fault must last before the alert's expression is true: failed scheduled polls, one a
minute, or a minimum age.

{table}
## Notifications, and the runbooks' commands

{runbooks}"""


def render(outcomes: Sequence[Outcome], *, divisor: float, interval: str, healthy_s: float) -> str:
    """All faults in one table, then notifications and results of each runbook's commands."""
    day = datetime.fromtimestamp(outcomes[0].began, UTC)
    windows = "as installed" if divisor == 1 else f"divided by {divisor:g}"
    return _TEXT.format(
        day=day,
        windows=windows,
        interval=interval,
        healthy_s=healthy_s,
        table=_HEAD + "".join(map(_line, outcomes)),
        runbooks="".join(map(_runbook, outcomes)),
    )


def _line(one: Outcome) -> str:
    began = datetime.fromtimestamp(one.began, UTC)
    sent = Counter(f"{note.receiver} {note.status}" for note in one.notifications)
    notes = ", ".join(f"{number} {name}" for name, number in sorted(sent.items()))
    codes = " ".join(str(ran.exit_code) for ran in one.ran)
    cells = (
        one.fault.name,
        f"{began:%H:%M:%S}",
        one.fault.alert,
        f"{one.condition_s:.0f} s",
        f"{one.fires_after:.0f} s",
        f"{one.notified_after:.0f} s",
        f"{one.beyond_for:.0f} s",
        notes,
        f"{len(one.ran)} blocks, exit codes {codes}",
        f"{one.resolved_after:.0f} s",
    )
    return f"| {' | '.join(cells)} |\n"


def _runbook(one: Outcome) -> str:
    sent = "\n".join(map(_notification, one.notifications))
    blocks = "\n".join(f"{ran.commands.strip()}\n# exit code {ran.exit_code}" for ran in one.ran)
    return f"### {one.fault.name}\n\n```text\n{sent}\n```\n\n```console\n{blocks}\n```\n\n"


def _notification(note: Notification) -> str:
    at = datetime.fromtimestamp(note.at, UTC)
    return f"{at:%H:%M:%S} {note.receiver} {note.status}: {_text(note)}"


def _text(note: Notification) -> str:
    """The summary text of a notification."""
    if note.receiver == "slack":
        text: str = note.payload["attachments"][0]["text"]
        return text.partition("\n")[0]
    return str(note.payload.get("payload", {}).get("summary", note.alert))
