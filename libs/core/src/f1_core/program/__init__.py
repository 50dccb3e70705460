"""Parts of every program: start, logs, threads, listening sockets, certificates."""
