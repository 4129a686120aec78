"""Notice that a ledger was rolled back. The runs that this machine saw come in; those that the ledger lacks go out."""
