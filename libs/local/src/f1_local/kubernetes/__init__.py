"""Kubernetes for tests: an apiserver alone (`make kube`), or a cluster (`make cluster-up`)."""
