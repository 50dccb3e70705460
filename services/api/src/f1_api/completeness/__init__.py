"""What an answer is made of: captured and missing resources, coverage, licence."""
