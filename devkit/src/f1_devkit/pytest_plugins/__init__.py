"""Fixtures with real servers, a real kube-apiserver and real monitoring programs."""
