"""What the command `f1` does: the demo, a replay, and how they show their progress."""
