"""The rows of each resource in the format of MRData."""
