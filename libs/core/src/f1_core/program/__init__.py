"""What every program needs: start, logs, threads, listening sockets, certificates."""
