"""uvicorn with limits on what clients may send and keep; metrics, access log, proxies."""
