"""Releases: versions, images, chart, SBOMs, provenance, signatures and their verification.

`make release` and the other targets of tools/release/targets.mk run this package.
docs/releases.md describes the order of the steps.
"""
