"""The program `f1`, and `python -m f1_devkit`."""

from f1_core.program.start import start


def main() -> None:
    """Run it."""
    start("f1_devkit.cli")


if __name__ == "__main__":
    main()
