"""Parts of the commands for people: queries of the ledger, acceptance, tables."""
