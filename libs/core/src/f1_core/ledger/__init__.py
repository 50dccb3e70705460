"""The ledger: captures in S3, their index in Postgres, their states, orders and decisions."""
