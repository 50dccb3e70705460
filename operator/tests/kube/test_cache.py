"""The cache of the cluster: the newest version of each object, and no deleted one."""

from typing import Any

from seasons.world import World, season_body

from f1_operator.jobs.observed import ObservedJob
from f1_operator.kube.cache import Blind, Cache
from f1_operator.season.resource import Season


def season(name: str = "one", version: int = 1, **metadata: Any) -> Season:
    body = season_body(name)
    body["metadata"] |= {"resourceVersion": str(version), **metadata}
    return Season.read(body)


def version_of(cache: Cache, name: str = "one") -> str:
    found = cache.season(f"f1/{name}")
    assert found is not None
    return found.metadata.resource_version


def test_late_events_do_not_replace_newer_objects() -> None:
    cache = Cache()
    assert cache.observe(season(version=5), deleted=False)
    cache.wrote(season(version=7))
    assert not cache.observe(season(version=6), deleted=False)
    assert version_of(cache) == "7"


def test_the_echo_of_an_own_write_is_ignored() -> None:
    cache = Cache()
    cache.wrote(season(version=7))
    assert not cache.observe(season(version=7), deleted=False)


def test_deleted_objects_do_not_return() -> None:
    cache = Cache()
    cache.observe(season(version=5), deleted=False)
    cache.observe(season(version=8), deleted=True)
    assert not cache.observe(season(version=7), deleted=False)
    assert cache.season("f1/one") is None


def test_a_full_list_corrects_what_was_missed() -> None:
    cache = Cache()
    cache.observe(season("gone", 3), deleted=False)
    cache.observe(season("changed", 3), deleted=False)
    cache.replace(Season, [season("changed", 9), season("new", 8)], version=10)
    assert sorted(one.metadata.name for one in cache.seasons()) == ["changed", "new"]
    assert version_of(cache, "changed") == "9"


def test_a_full_list_keeps_newer_objects() -> None:
    cache = Cache()
    cache.observe(season("newer", 12), deleted=False)
    cache.replace(Season, [], version=10)
    assert cache.season("f1/newer") is not None


def test_seasons_are_counted_by_their_phase() -> None:
    cache = Cache()
    for number, phase in enumerate(("Ready", "Planning", "Ready", "Suspended")):
        body = season_body(f"season-{number}")
        cache.observe(Season.read({**body, "status": {"phase": phase}}), deleted=False)
    phases = ("Ready", "Planning", "Suspended", "Failed")
    assert [cache.count(phase) for phase in phases] == [2, 1, 1, 0]


class TestBlindness:
    def test_is_a_change_in_two_lists_without_a_watch_event(self) -> None:
        cache = Cache()
        assert cache.replace(Season, [season(version=5)], version=6) == []
        assert cache.replace(Season, [season(version=5)], version=8) == [Blind("Season", "f1/one")]

    def test_is_over_after_the_watch_event(self) -> None:
        cache = Cache()
        cache.replace(Season, [season(version=5)], version=6)
        cache.observe(season(version=5), deleted=False)
        assert cache.replace(Season, [season(version=5)], version=8) == []

    def test_is_none_while_a_watch_event_may_arrive(self) -> None:
        cache = Cache()
        cache.observe(season(version=5), deleted=False)
        for version in range(6, 20):
            assert cache.replace(Season, [season(version=version)], version=version) == []
            cache.observe(season(version=version), deleted=False)

    def test_is_none_of_an_object_deleted_since(self) -> None:
        cache = Cache()
        cache.replace(Season, [season(version=5)], version=6)
        assert cache.replace(Season, [], version=8) == []


class TestYear:
    def test_belongs_to_the_oldest_season(self) -> None:
        cache = Cache()
        first = season("b-first", creationTimestamp="2030-01-01T00:00:00Z")
        second = season("a-second", creationTimestamp="2030-01-02T00:00:00Z")
        cache.replace(Season, [first, second], version=2)
        assert cache.rival_of(first) is None
        assert cache.rival_of(second) == first

    def test_one_of_two_seasons_of_the_same_age_owns_the_year(self) -> None:
        cache = Cache()
        cache.replace(Season, [season("b"), season("a")], version=2)
        assert cache.rival_of(season("a")) is None
        assert cache.rival_of(season("b")) == season("a")


def test_jobs_are_found_by_their_season() -> None:
    world = World()
    world.reconcile()
    cache = Cache()
    cache.replace(ObservedJob, [world.observed_job("plan")], version=5)
    assert [job.task for job in cache.jobs_of(world.season)] == ["plan"]
    assert cache.jobs_of(season("other")) == ()


def test_a_recreated_season_does_not_have_the_jobs_of_the_old_one() -> None:
    """Same name, same year, another uid."""
    world = World()
    world.reconcile()
    cache = Cache()
    cache.replace(ObservedJob, [world.observed_job("plan")], version=5)
    world.body["metadata"]["uid"] = "uid-of-the-new-one"
    assert cache.jobs_of(world.season) == ()
