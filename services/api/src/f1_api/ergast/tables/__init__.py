"""The rows of each resource: which table or list of MRData has them, and in what form."""
