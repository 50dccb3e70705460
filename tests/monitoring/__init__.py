"""A package, so that pytest stops the programs under load after the last of its tests."""
