"""What a run holds in the ledger: its lease, its claims, and the records that it makes before and after a request."""
