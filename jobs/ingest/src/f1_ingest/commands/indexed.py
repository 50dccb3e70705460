"""The round of a pod of an Indexed Job: the operator sets the map from index to round."""

import json
from collections.abc import Mapping

from f1_ingest.errors import WrongUsage

INDEX, ROUNDS = "JOB_COMPLETION_INDEX", "F1_ROUNDS_BY_INDEX"


def round_of_this_pod(environment: Mapping[str, str]) -> int | None:
    """The round at this pod's index; None: it is not in an Indexed Job of the operator.

    Raises:
        WrongUsage: the map or the index cannot be read.
    """
    if ROUNDS not in environment:
        return None
    try:
        rounds = json.loads(environment[ROUNDS])
        index = int(environment[INDEX])
        chosen = rounds[index] if index >= 0 else None
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise WrongUsage(
            f"{ROUNDS} has to be a JSON list of rounds with one at {INDEX}: "
            f"got {environment[ROUNDS]!r} and {environment.get(INDEX)!r}"
        ) from error
    if not isinstance(chosen, int) or not 1 <= chosen <= 99:
        raise WrongUsage(f"{ROUNDS} has {chosen!r} at index {environment[INDEX]}, no round")
    return chosen
