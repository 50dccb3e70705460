"""The programs as forks of processes that have imported them."""
