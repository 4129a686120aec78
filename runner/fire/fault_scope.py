"""What an exception means for a run: whom it concerns, and what reports say of it."""

from __future__ import annotations

import traceback

from runner.errors import UserError
from runner.ledger.database.database_errors import Unstorable


def concerns_ledger(error: Exception) -> bool:
    """Whether every other firing would meet the same: the ledger as a whole can't do its part."""
    return isinstance(error, UserError) and not isinstance(error, Unstorable)


def is_internal(error: Exception) -> bool:
    """Whether it is a fault of the program, and not of a value or of the ledger."""
    return not isinstance(error, UserError)


def fault_text(error: Exception) -> str:
    """The message of an error that a user can fix. Of any other its kind and place: its text could hold a secret."""
    if isinstance(error, UserError):
        return error.message
    places = [
        f" in {name}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (name := frame.f_globals.get("__name__", "")).startswith("runner.")
    ]
    return f"internal error: {type(error).__name__}{places[-1] if places else ''}"
