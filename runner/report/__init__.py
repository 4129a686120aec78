"""What people and programs read about a plan, a run and the problems of the definitions.

In: a plan, the results of a run, or the ledger's records. Out: a document of plain values, and from it each format.
`vocabulary.py` is the one table of outcomes and actions, `formats.py` the one list of formats.
"""
