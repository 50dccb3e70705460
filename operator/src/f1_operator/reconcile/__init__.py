"""From a Season, its Jobs and its data to actions and a status: pure decisions, and their loop."""
