"""Fire a set: select and plan it, check the guards, ask, send, and publish the report.

In: a request, and the display of the command. Out: the exit code; the ledger, the report and the metrics are written.
"""
