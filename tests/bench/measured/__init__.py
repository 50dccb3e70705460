"""Code of several parts: installations, captures, load, memory and the table of figures."""
