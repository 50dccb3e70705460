"""The program `f1-ingest`, and `python -m f1_ingest`."""

from f1_core.program.start import start


def main() -> None:
    """Run it."""
    start("f1_ingest.cli")


if __name__ == "__main__":
    main()
