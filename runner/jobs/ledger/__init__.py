"""Work on a ledger: open it, notice a rollback, check and move it, resolve what is in doubt, show what it holds."""
