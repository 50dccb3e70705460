"""Seasons for tests: a world in memory, a real apiserver with an operator, faulty proxies."""
