"""A stand-in for the services that ingest asks: Jolpica, its dumps, and OpenF1.

On the loopback address, from a dataset, with the real limits, and with every fault that the real
ones have shown. `f1 jolpica` runs it for people, the fixture `jolpica_server` for tests.
"""
