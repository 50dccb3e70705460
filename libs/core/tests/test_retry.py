"""Failed attempts are repeated while their error is temporary, until the patience ends."""

from itertools import islice

import pytest

from f1_core.errors import StoreUnavailable
from f1_core.retry import backoff, retry


def test_pauses_double_up_to_the_longest() -> None:
    assert list(islice(backoff(0.5, 3.0), 5)) == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_jitter_shortens_a_pause_by_its_share_at_most() -> None:
    pauses = list(islice(backoff(1.0, 1.0, jitter=0.5), 200))
    assert 0.5 <= min(pauses) < max(pauses) <= 1.0


@pytest.mark.parametrize(
    ("failures", "patience_s", "attempts"),
    [
        ([], 10, 1),
        ([StoreUnavailable("S3")] * 2, 10, 3),
        ([StoreUnavailable("S3")] * 2, 0, 1),
        ([ValueError("a bug")], 10, 1),
    ],
)
def test_attempts_end_with_success_patience_or_a_permanent_error(
    failures: list[Exception], patience_s: float, attempts: int
) -> None:
    left = list(failures)
    made: list[int] = []
    waited: list[float] = []

    def work() -> str:
        made.append(1)
        if left:
            raise left.pop(0)
        return "done"

    def attempt() -> str:
        return retry(
            work,
            "could not write",
            is_temporary=lambda error: isinstance(error, StoreUnavailable),
            patience_s=patience_s,
            pauses=backoff(1.0, 4.0),
            wait=waited.append,
        )

    if len(failures) < attempts:
        assert attempt() == "done"
    else:
        with pytest.raises(type(failures[0])):
            attempt()
    assert len(made) == attempts
    assert waited == [1.0, 2.0][: attempts - 1]
