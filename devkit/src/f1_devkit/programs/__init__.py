"""The programs of the aggregator as processes, their tables, and their memory under attack."""
