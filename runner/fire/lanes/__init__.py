"""Send the firings of each account in a lane of its own. Claimed firings come in; recorded outcomes go out.

A lane keeps to the account's slots, waits before a retry, and stops where the account refuses everything.
"""
