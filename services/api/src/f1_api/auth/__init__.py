"""Who may send how many requests: API keys, rate limits and quotas."""
