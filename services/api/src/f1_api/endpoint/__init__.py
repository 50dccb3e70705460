"""Declaration of endpoints; the responder writes their answers as JSON, CSV or HTML."""
