"""What the images contain: their packages as SBOMs, licences, and scans for vulnerabilities."""
