"""What `make bench` measures: a module a part, each yields figures with their references."""
