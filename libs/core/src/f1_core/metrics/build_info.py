"""Which version of a program runs, as a metric."""

from importlib.metadata import version

from prometheus_client import REGISTRY, CollectorRegistry, Gauge


def show_build(program: str, registry: CollectorRegistry = REGISTRY) -> None:
    """Show the version of a program, such as `f1-worker`, in a registry's /metrics."""
    Gauge(
        "f1_build_info",
        "1; the labels are the program and its version.",
        ["program", "version"],
        registry=registry,
    ).labels(program, version(program)).set(1)
