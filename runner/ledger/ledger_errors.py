"""How a database refuses, for callers that need no database: the types of error that a ledger raises."""

from __future__ import annotations

from runner.errors import UserError


class LedgerAway(UserError):
    """The ledger can't be reached or written now. Whether the last write arrived is unknown."""


class Unstorable(UserError):
    """The ledger refuses these values and stored nothing. It may accept other values."""
