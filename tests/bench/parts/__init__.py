"""The parts of `make bench`: one module each, which yields figures with their references."""
