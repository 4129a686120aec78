"""Check a whole ledger, and move one: its rows go out as JSON lines, and come in again without being counted twice."""
