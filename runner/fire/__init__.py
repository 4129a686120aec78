"""Send the due firings of a plan, each at most once. A plan, a ledger and the credentials of its accounts come in.

A result for each firing goes out. The claim is committed before a request leaves, and the outcome is recorded before
the firing is forgotten. `outcome.py` is the one table that decides what an answer means.
"""
