"""Rounds as people write them: `all`, `5`, `1-5,7`."""

from collections.abc import Iterable

ALL = "all"


def parse_rounds(text: str) -> frozenset[int] | None:
    """The rounds of `1-5,7`; None means all.

    Raises:
        ValueError: with a message about what to write.

    >>> sorted(parse_rounds("1-3,7") or ())
    [1, 2, 3, 7]
    """
    if text.strip().lower() == ALL:
        return None
    rounds: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        try:
            low = int(first)
            high = int(last) if dash else low
        except ValueError:
            raise ValueError(
                f"invalid rounds {text!r}: write all, or numbers and ranges such as 1-5,7"
            ) from None
        if not 1 <= low <= high <= 99:
            raise ValueError(
                f"invalid rounds {text!r}: {part.strip()} is not a range of rounds from 1 to 99"
            )
        rounds.update(range(low, high + 1))
    return frozenset(rounds)


def format_rounds(rounds: Iterable[int]) -> str:
    """The shortest way to write rounds.

    >>> format_rounds([1, 2, 3, 7])
    '1-3,7'
    """
    parts: list[list[int]] = []
    for number in sorted(set(rounds)):
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
