"""A stand-in for the sources of ingest: Jolpica, its dumps, and OpenF1.

It serves a dataset on the loopback address, with the real limits, and with every fault that the
real services have had. `f1 jolpica` runs it for people, the fixture `jolpica_server` for tests.
"""
