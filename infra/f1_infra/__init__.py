"""Deploys infra/cloudformation by change sets, and renders the files that the cluster needs."""
