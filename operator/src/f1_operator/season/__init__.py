"""The Season resource as typed values: spec, status, conditions, durations and events."""
