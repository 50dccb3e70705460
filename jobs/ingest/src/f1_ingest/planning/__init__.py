"""What a season lacks: its schedule, what the ledger has, and the captures that are expected."""
