"""The commands of `f1`: the demo, a replay, and the display of their progress."""
