"""A Season's status as it is sent to Kubernetes and read back."""

from typing import Any

from seasons.world import World, ready_world

from f1_operator.season.resource import Season


def nothing_in(value: Any) -> bool:
    """Whether there is a null somewhere."""
    if isinstance(value, dict | list):
        return any(
            nothing_in(one) for one in (value.values() if isinstance(value, dict) else value)
        )
    return value is None


def test_unknown_values_are_left_out() -> None:
    """The schema does not accept null."""
    failed = World()
    failed.reconcile()
    failed.run_plan()
    failed.reconcile()
    failed.fetch(1, 2, 3)
    failed.give_up(4)
    failed.reconcile()
    for world in (World(), failed, ready_world()):
        assert not nothing_in(world.status.as_json())


def test_written_plans_are_parsed() -> None:
    world = ready_world()
    assert Season.read({**world.body, "status": world.status.as_json()}).status == world.status


def test_a_status_of_another_version_is_replaced() -> None:
    world = ready_world()
    world.body["status"] = {"phase": ["no", "text"]}
    world.reconcile()
    assert world.phase == "Ready"
