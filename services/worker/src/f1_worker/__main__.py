"""The program `f1-worker`, and `python -m f1_worker`."""

from f1_core.program.start import start


def main() -> None:
    """Run it."""
    start("f1_worker.cli")


if __name__ == "__main__":
    main()
