"""Provenance and signatures of a release, and their verification."""
