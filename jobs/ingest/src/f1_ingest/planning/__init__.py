"""Plans a season: its schedule, its existing captures, and the expected ones."""
