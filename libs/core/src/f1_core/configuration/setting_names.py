"""The names of all programs' settings, to detect misspelt ones.

setting_names.txt and the chart's files/setting-names.txt contain the same list;
charts/tests/inputs/test_setting_names.py compares both with the programs.
"""

import difflib
import importlib.resources
import re
from collections.abc import Collection, Iterable, Iterator

_LIST = importlib.resources.files(__package__) / "setting_names.txt"
NAMES = frozenset(_LIST.read_text(encoding="ascii").split())
_PREFIXES = tuple({"_".join(name.split("_")[:2]) + "_" for name in NAMES})
# What Kubernetes sets for a Service named f1-api: F1_API_SERVICE_HOST, F1_API_PORT_80_TCP, ...
_OF_SERVICES = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)")
_SIMILAR = 0.8


def misspelt(variables: Iterable[str], known: Collection[str] = ()) -> Iterator[str]:
    """Yield a message for each variable that resembles a setting but is not one.

    A variable that begins with F1_ and resembles no setting, such as F1_RACING_TEAM, may be of
    another program.

    Args:
        known: more valid names.
    """
    names = NAMES | set(known)
    for variable in sorted(variables):
        if not variable.startswith("F1_") or variable in names or _OF_SERVICES.search(variable):
            continue
        near = difflib.get_close_matches(variable, names, n=1, cutoff=_SIMILAR)
        if near:
            yield f"{variable} is not a setting: did you mean {near[0]}?"
        elif variable.startswith(_PREFIXES):
            yield f"{variable} is not a setting of any program: remove it"
