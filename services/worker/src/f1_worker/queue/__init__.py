"""From the ledger to a worker: claims, leases, sweeps, reading ahead, and transactions."""
