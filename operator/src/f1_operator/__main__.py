"""The program `f1-operator`, and `python -m f1_operator`."""

from f1_core.program.start import start


def main() -> None:
    """Run the command line."""
    start("f1_operator.cli")


if __name__ == "__main__":
    main()
