"""Packages in the images: SBOMs, licences, and scans for vulnerabilities."""
