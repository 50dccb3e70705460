"""The client of this project's API, for the progress of a season."""
