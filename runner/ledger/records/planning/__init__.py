"""What a plan reads from the ledger, at one moment."""
