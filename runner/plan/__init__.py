"""What would be done with each firing, and why. Definitions, the ledger's history and the present time come in.

A plan goes out: one action with a reason for every firing. Pure functions: nothing here opens a file, reads a clock or
knows SQL.
"""
