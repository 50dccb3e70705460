"""From a request to a response: middleware, cache, representations, problems, paging."""
