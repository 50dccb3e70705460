"""Changes to a Season in progress, and their effects."""

import re
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from f1_devkit.cluster import charts
from f1_devkit.cluster.comparison import Comparison
from f1_devkit.cluster.outside import Outside
from f1_devkit.cluster.seasons import Season
from f1_devkit.kubernetes.helm import Helm
from f1_devkit.kubernetes.kubectl import Kubectl, eventually

Capture = tuple[int, str]
"""Round and resource."""


@pytest.fixture(scope="module", autouse=True)
def release(helm: Helm, outside: Outside) -> Iterator[None]:
    """The release that all Seasons of this file share, each with another year."""
    charts.install(helm, outside)
    yield
    helm.uninstall(charts.RELEASE)


@pytest.fixture
def slowly(outside: Outside) -> Iterator[Outside]:
    """The source takes half a second for each answer, so a round takes several seconds."""
    outside.control({"faults": {"outage": "slow", "slow_s": 0.5}})
    yield outside
    outside.control({"faults": {"outage": None}})


def requests_for(outside: Outside, year: int) -> list[Capture]:
    """Rounds and resources of a year that were requested from the source, in order."""
    found = (re.search(rf"/{year}/(\d+)/(\w+)", one["path"]) for one in outside.requests())
    return [(int(one[1]), one[2]) for one in found if one]


def captured(outside: Outside, year: int) -> list[Capture]:
    """The captures of a year's rounds."""
    query = "SELECT round, resource FROM captures WHERE season = :year AND round IS NOT NULL"
    with outside.engine() as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), {"year": year})]


def laps(outside: Outside, year: int) -> int:
    """Rows of a year's laps."""
    query = "SELECT count(*) FROM lap_times JOIN races USING (race_id) WHERE season = :year"
    with outside.engine() as engine, engine.connect() as connection:
        return int(connection.execute(sa.text(query), {"year": year}).scalar_one())


def is_left_alone(outside: Outside) -> bool:
    """Whether no request arrives in three seconds, in which one pod would send six."""
    before = len(outside.requests())
    time.sleep(3)
    return len(outside.requests()) == before


def test_suspend_stops_within_seconds_and_resume_continues(
    kubectl: Kubectl, slowly: Outside, comparison: Comparison
) -> None:
    season = Season(kubectl, 2015, rounds="1-6")
    season.apply()
    season.until_progress(1)

    season.edit(suspend=True)
    eventually("no more requests are sent", lambda: is_left_alone(slowly), timeout=15)
    season.until("Suspended")
    assert season.condition("Ready")["reason"] == "Suspended"
    eventually("its pods are deleted", lambda: season.pods(phase="Running") == [])
    there, before_retry = captured(slowly, 2015), len(requests_for(slowly, 2015))
    assert {number for number, _ in there} < {1, 2, 3, 4, 5, 6}

    season.edit(suspend=False)
    season.until_ready()
    assert not set(requests_for(slowly, 2015)[before_retry:]) & set(there), "fetched again"
    assert len(captured(slowly, 2015)) == len(set(captured(slowly, 2015)))
    comparison.assert_exact(season)


def test_more_rounds_fetch_only_missing_ones(kubectl: Kubectl, outside: Outside) -> None:
    season = Season(kubectl, 2016, rounds="1-2")
    season.apply()
    season.until_ready()
    assert season.status["progress"] == "2/2"
    before = len(requests_for(outside, 2016))

    season.edit(rounds="1-4")
    season.until_ready()
    assert season.status["progress"] == "4/4"
    assert {number for number, _ in requests_for(outside, 2016)[before:]} == {3, 4}


def test_fewer_rounds_stop_the_others(kubectl: Kubectl, slowly: Outside) -> None:
    season = Season(kubectl, 2017, rounds="1-20")
    season.apply()
    eventually("it fetches", lambda: requests_for(slowly, 2017), timeout=120)

    season.spec["rounds"] = "1-3"
    season.apply()
    season.until_ready()
    assert season.status["progress"] == "3/3"
    assert len({number for number, _ in requests_for(slowly, 2017)}) < 10
    eventually("no Job is running", lambda: season.pods(phase="Running") == [])
    assert is_left_alone(slowly)


def test_a_failed_round_is_named_and_retried_on_request(
    kubectl: Kubectl, outside: Outside, comparison: Comparison
) -> None:
    season = Season(kubectl, 2018, rounds="1-4", backoffLimitPerRound=1)
    # Refused at the first attempt, and at the only retry that the Season allows.
    outside.control({"script": [{"kind": "403", "path": "/2018/2/laps", "times": 2}]})
    season.apply()
    season.until("Degraded", timeout=300)

    rounds = season.status["rounds"]
    assert (rounds["processed"], rounds["failed"]) == (3, 1)
    (failure,) = rounds["failures"]
    assert (failure["round"], failure["reason"]) == (2, "FetchFailed")
    assert "laps" in failure["message"]
    assert "403" in failure["message"]
    stalled = season.condition("Stalled")
    assert stalled["status"] == "True"
    assert "rounds 2 not ready: round 2 (2018-" in stalled["message"]
    assert f"kubectl annotate season -n {kubectl.namespace} season-2018" in stalled["message"]
    before_retry = len(requests_for(outside, 2018))

    season.annotate("f1.telemetry.dev/retry", "now")
    season.until_ready()
    assert set(requests_for(outside, 2018)[before_retry:]) == {(2, "laps")}
    comparison.assert_exact(season)


def test_a_second_season_of_a_year_waits_until_the_first_is_deleted(
    kubectl: Kubectl, outside: Outside
) -> None:
    first = Season(kubectl, 2019, rounds="1")
    first.apply()
    first.until_ready()
    before_retry = len(requests_for(outside, 2019))

    second = Season(kubectl, 2019, name="another", rounds="1")
    second.apply()
    second.until("Pending")
    ready = second.condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", "YearTaken")
    assert f"Season {kubectl.namespace}/season-2019 owns the year 2019" in ready["message"]
    assert second.jobs() == []

    first.delete()
    second.until_ready()
    assert len(requests_for(outside, 2019)) == before_retry


@pytest.mark.parametrize(("policy", "year"), [("Retain", 2020), ("Purge", 2021)])
def test_a_season_deleted_in_progress_leaves_no_objects(
    kubectl: Kubectl, slowly: Outside, policy: str, year: int
) -> None:
    """Rows are kept or deleted by its policy; raw objects always stay."""
    season = Season(kubectl, year, rounds="1-8", deletionPolicy=policy)
    season.apply()
    season.until_progress(1)
    with slowly.store() as store:
        before = set(store.keys("raw/"))
    eventually("a pod fetches", lambda: season.pods(phase="Running"))
    assert laps(slowly, year) > 0

    season.delete(timeout=120)
    eventually("no Job, no pod", lambda: season.jobs() == [] == season.pods(), timeout=90)
    assert is_left_alone(slowly)
    assert (laps(slowly, year) > 0) == (policy == "Retain")
    with slowly.store() as store:
        assert before <= set(store.keys("raw/"))
