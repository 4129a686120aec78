"""The documents from which every format is made.

In: a plan, the results of a run, or the ledger's records. Out: plain values as in `schemas/plan.schema.json` and
`schemas/report.schema.json`, and facts about their entries. Files with documents are read here again.
"""
