"""The time that one operation of a request may take."""

import httpcore
import pytest

from f1_ingest.fetch.deadline import Deadline


def test_an_operation_has_its_own_time_out_and_no_more_than_is_left() -> None:
    deadline = Deadline()
    deadline.start(30)
    assert deadline.left(2.5, httpcore.ReadTimeout) == 2.5
    assert 29 < deadline.left(60, httpcore.ReadTimeout) <= 30
    assert 29 < deadline.left(None, httpcore.ReadTimeout) <= 30


def test_without_time_left_no_operation_begins() -> None:
    deadline = Deadline()
    deadline.start(0)
    assert deadline.passed
    with pytest.raises(httpcore.WriteTimeout, match="the request took too long"):
        deadline.left(None, httpcore.WriteTimeout)
