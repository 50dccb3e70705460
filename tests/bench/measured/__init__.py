"""What the parts share: installations, captures, load, memory and the table of figures."""
