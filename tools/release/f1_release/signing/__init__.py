"""Who made a release and of what: provenance, signatures, and the verification of both."""
