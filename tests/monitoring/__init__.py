"""A package, so that pytest ends its system, which is under load, after the last of its tests."""
