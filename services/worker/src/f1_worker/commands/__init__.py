"""What the commands for people need: queries of the ledger, acceptance, tables."""
