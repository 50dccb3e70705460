"""The program `f1-api`, and `python -m f1_api`."""

from f1_core.program.start import start


def main() -> None:
    """Run it."""
    start("f1_api.cli")


if __name__ == "__main__":
    main()
