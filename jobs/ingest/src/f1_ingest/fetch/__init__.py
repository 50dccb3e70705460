"""From a request to a capture in S3: pages over HTTP, leases, one run of the program."""
