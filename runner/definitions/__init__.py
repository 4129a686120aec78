"""What the files under `bulletins.d/` say. YAML and CSV files come in, from a folder or from a commit.

Accounts, business events and bulletins go out as frozen values, or problems with file, line, column and fix. Nothing
here knows a ledger or sends anything. `load.py` is the whole way for one set.
"""
